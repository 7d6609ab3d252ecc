//! Dice, and what they do to a sample.

/// Longest input made; of a file of several parts, longest part.
const BYTES_MAX: usize = 1 << 16;

/// Small repeatable dice (splitmix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n.max(1) as u64).unwrap_or_default()
    }

    pub(crate) fn small(&mut self, n: u32) -> f64 {
        f64::from(u32::try_from(self.next() % u64::from(n)).unwrap_or_default())
    }

    pub(crate) fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Bits turned, counts made huge, pieces cut, doubled, moved.
pub(crate) fn damage(dice: &mut Dice, bytes: &mut Vec<u8>) {
    const COUNTS: [u32; 10] =
        [0, 1, 2, 0xff, 0xffff, 0x00ff_ffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];
    for _ in 0..=dice.below(5) {
        let at = dice.below(bytes.len() + 1);
        let end = (at + dice.below(200)).min(bytes.len());
        // Headers and indexes stand at the ends of a file.
        let near = match dice.below(3) {
            0 => dice.below(bytes.len().min(128)),
            1 => bytes.len() - dice.below(bytes.len().min(400)),
            _ => at,
        };
        let count = *dice.pick(&COUNTS);
        match dice.below(8) {
            0 => {
                bytes.drain(at..end);
            }
            1 if dice.below(3) == 0 => bytes.truncate(at),
            2 => {
                let piece = bytes[at..end].to_vec();
                let to = dice.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            3 if near + 4 <= bytes.len() => {
                bytes[near..near + 4].copy_from_slice(&count.to_le_bytes());
            }
            4 if near + 4 <= bytes.len() => {
                bytes[near..near + 4].copy_from_slice(&count.to_be_bytes());
            }
            5 if near + 8 <= bytes.len() => {
                let odd = *dice.pick(&[f64::NAN, f64::INFINITY, 1e308, -1e-320, 181.0]);
                bytes[near..near + 8].copy_from_slice(&odd.to_le_bytes());
            }
            6 if near < bytes.len() => {
                bytes[near] = u8::try_from(dice.below(256)).unwrap_or_default();
            }
            _ if near < bytes.len() => bytes[near] ^= 1 << dice.below(8),
            _ => {}
        }
        bytes.truncate(BYTES_MAX * 4);
    }
}

/// One of the samples with some bytes changed, cut, doubled or joined with another.
pub(crate) fn mutated(dice: &mut Dice, samples: &[&[u8]]) -> Vec<u8> {
    const WORDS: &[&[u8]] = &[
        b"(",
        b")",
        b",",
        b"[",
        b"]",
        b"{",
        b"}",
        b"\"",
        b"\\u0000",
        b"NaN",
        b"-",
        b"1e999",
        b"\xff",
        b"\0",
        b"EMPTY",
        b" ",
        b"\n",
        b"null",
        b"9007199254740993",
        b"0x10",
        b"\xe4\xb8\x80",
        b"'",
        b";",
    ];
    let mut bytes = dice.pick(samples).to_vec();
    for _ in 0..=dice.below(6) {
        let at = dice.below(bytes.len() + 1);
        let end = (at + dice.below(40)).min(bytes.len());
        match dice.below(7) {
            0 => {
                bytes.drain(at..end);
            }
            1 => bytes.truncate(at),
            2 => {
                bytes.splice(at..at, dice.pick(WORDS).iter().copied());
            }
            3 => {
                let piece = bytes[at..end].repeat(1 + dice.below(200));
                bytes.splice(at..at, piece);
            }
            4 => {
                let other = *dice.pick(samples);
                bytes.splice(at..end, other[dice.below(other.len() + 1)..].iter().copied());
            }
            5 if at < bytes.len() => bytes[at] = u8::try_from(dice.below(256)).unwrap_or_default(),
            _ if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            _ => {}
        }
        bytes.truncate(BYTES_MAX);
    }
    bytes
}

/// A text in pieces of few bytes or many.
pub(crate) fn pieces<'a>(dice: &mut Dice, text: &'a [u8]) -> Vec<&'a [u8]> {
    let longest = *dice.pick(&[1, 3, 40, 4_000]);
    let (mut found, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at((1 + dice.below(longest)).min(rest.len()));
        found.push(piece);
        rest = behind;
    }
    found
}
