//! A quick hash for grid points and pairs of them.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// Folds words by multiplication: a few cycles where the standard hash takes dozens. Nothing here is
/// stored or told, and lists are sorted before they leave.
#[derive(Clone, Default)]
pub(super) struct Fold(u64);

impl Fold {
    fn fold(&mut self, word: u64) {
        let wide = u128::from(self.0 ^ word ^ 0x9E37_79B9_7F4A_7C15)
            * u128::from(0xD6E8_FEB8_6659_FD93_u64);
        #[expect(clippy::cast_possible_truncation, reason = "the two halves are wanted")]
        let folded = (wide as u64) ^ ((wide >> 64) as u64);
        self.0 = folded;
    }
}

impl Hasher for Fold {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.fold(byte.into());
        }
    }

    fn write_i32(&mut self, n: i32) {
        self.fold(n.cast_unsigned().into());
    }

    fn write_u32(&mut self, n: u32) {
        self.fold(n.into());
    }

    fn write_i64(&mut self, n: i64) {
        self.fold(n.cast_unsigned());
    }
}

/// A map under the quick hash.
pub(super) type FoldMap<K, V> = HashMap<K, V, BuildHasherDefault<Fold>>;
/// A set under the quick hash.
pub(super) type FoldSet<K> = HashSet<K, BuildHasherDefault<Fold>>;
