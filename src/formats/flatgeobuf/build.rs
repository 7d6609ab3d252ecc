//! `FlatBuffers` written, forwards: a table stands before what it leads to.

use std::cmp::Reverse;

/// A field of a table.
#[derive(Clone, Copy, Debug)]
pub(super) enum Field {
    U8(u8),
    U16(u16),
    I32(i32),
    U64(u64),
    /// An offset to what is written later.
    Later,
}

impl Field {
    fn size(self) -> u16 {
        match self {
            Self::U8(_) => 1,
            Self::U16(_) => 2,
            Self::I32(_) | Self::Later => 4,
            Self::U64(_) => 8,
        }
    }

    fn put(self, out: &mut Vec<u8>) {
        match self {
            Self::U8(value) => out.push(value),
            Self::U16(value) => out.extend(value.to_le_bytes()),
            Self::I32(value) => out.extend(value.to_le_bytes()),
            Self::U64(value) => out.extend(value.to_le_bytes()),
            Self::Later => out.extend([0; 4]),
        }
    }
}

/// A buffer with its size before it.
pub(super) struct Builder {
    bytes: Vec<u8>,
}

impl Builder {
    /// Where the offset to the first table stands, behind the size.
    pub(super) const ROOT: usize = 4;

    pub(super) fn new() -> Self {
        Self { bytes: vec![0; 8] }
    }

    /// A table, to which the offset at `slot` leads; where each of its fields stands.
    pub(super) fn table(&mut self, slot: usize, fields: &[(usize, Field)]) -> Vec<usize> {
        let slots = fields.iter().map(|(n, _)| n + 1).max().unwrap_or(0);
        let vtable_bytes = 4 + 2 * slots;
        // Fields of eight bytes come first, behind the four that lead to the vtable.
        while (self.bytes.len() + vtable_bytes) % 8 != 4 {
            self.bytes.push(0);
        }
        let mut order: Vec<usize> = (0..fields.len()).collect();
        order.sort_by_key(|at| Reverse(fields[*at].1.size()));
        let mut offsets = vec![0_u16; slots];
        let mut size = 4_u16;
        for at in &order {
            let (n, field) = fields[*at];
            offsets[n] = size;
            size += field.size();
        }
        let vtable = self.bytes.len();
        for number in [u16::try_from(vtable_bytes).unwrap_or(u16::MAX), size] {
            self.bytes.extend(number.to_le_bytes());
        }
        for offset in offsets {
            self.bytes.extend(offset.to_le_bytes());
        }
        let table = self.bytes.len();
        self.link(slot, table);
        self.count(table - vtable);
        let mut places = vec![0; fields.len()];
        for at in order {
            places[at] = self.bytes.len();
            fields[at].1.put(&mut self.bytes);
        }
        places
    }

    pub(super) fn text(&mut self, slot: usize, text: &str) {
        self.vector(slot, text.len(), 1, text.as_bytes());
        self.bytes.push(0);
    }

    /// A vector of `count` elements, each of `size` bytes.
    pub(super) fn vector(&mut self, slot: usize, count: usize, size: usize, elements: &[u8]) {
        while !(self.bytes.len() + 4).is_multiple_of(size.max(4)) {
            self.bytes.push(0);
        }
        self.link(slot, self.bytes.len());
        self.count(count);
        self.bytes.extend(elements);
    }

    /// A vector of tables that are written later; where the offset of each stands.
    pub(super) fn tables(&mut self, slot: usize, count: usize) -> Vec<usize> {
        self.vector(slot, count, 4, &vec![0; 4 * count]);
        let first = self.bytes.len() - 4 * count;
        (0..count).map(|n| first + 4 * n).collect()
    }

    /// The bytes, with their size before them.
    pub(super) fn finish(mut self) -> Vec<u8> {
        while !self.bytes.len().is_multiple_of(8) {
            self.bytes.push(0);
        }
        let size = short(self.bytes.len() - 4);
        self.bytes[..4].copy_from_slice(&size);
        self.bytes
    }

    fn link(&mut self, slot: usize, target: usize) {
        let offset = short(target - slot);
        self.bytes[slot..slot + 4].copy_from_slice(&offset);
    }

    fn count(&mut self, count: usize) {
        self.bytes.extend(short(count));
    }
}

/// Everything that is counted stays below 2^32: layers are limited.
fn short(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}
