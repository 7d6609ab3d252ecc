//! Bytes packed as gzip (RFC 1952) and unpacked.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

/// How much time packing may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// While somebody waits: level 1.
    Quick,
    /// For what is kept and sent many times: level 6, some eight times as long.
    Thorough,
}

/// Packs bytes.
#[must_use]
pub fn packed(bytes: &[u8], effort: Effort) -> Vec<u8> {
    let level = match effort {
        Effort::Quick => Compression::new(1),
        Effort::Thorough => Compression::new(6),
    };
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 2 + 64), level);
    // Memory does not refuse to be written to.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// Unpacks what [`packed`] packed; as far as it goes where something else is given, and no more than `max` bytes.
#[must_use]
pub fn unpacked(bytes: &[u8], max: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() * 2);
    let _ = GzDecoder::new(bytes).take(max).read_to_end(&mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked_and_a_bomb_is_cut_off() {
        let text = "责任区 ".repeat(2_000);
        for effort in [Effort::Quick, Effort::Thorough] {
            let small = packed(text.as_bytes(), effort);
            assert!(small.len() < text.len() / 10);
            assert_eq!(unpacked(&small, 1 << 20), text.as_bytes());
            assert_eq!(unpacked(&small, 100).len(), 100);
        }
        assert!(unpacked(b"not packed", 100).is_empty());
    }
}
