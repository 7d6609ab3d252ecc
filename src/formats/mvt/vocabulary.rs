//! The keys and values that features are told with, each once.

use std::collections::HashMap;

use crate::formats::mvt::wire::{bytes, number, zigzag_long};

/// A value of a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value<'a> {
    /// A text.
    Text(&'a str),
    /// A whole number.
    Whole(i64),
    /// True or false.
    Flag(bool),
}

/// A key and a value of a vocabulary, by their numbers in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tag {
    pub(super) key: u32,
    pub(super) value: u32,
}

/// Keys and values, numbered in the order in which they came.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    pub(super) keys: Words<String>,
    /// As a tile holds them.
    pub(super) values: Words<Vec<u8>>,
}

#[derive(Clone, Debug)]
pub(super) struct Words<T> {
    list: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T> Default for Words<T> {
    fn default() -> Self {
        Self { list: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Words<T> {
    fn number(&mut self, word: T) -> u32 {
        if let Some(number) = self.numbers.get(&word) {
            return *number;
        }
        let number = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.list.push(word.clone());
        self.numbers.insert(word, number);
        number
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn at(&self, number: u32) -> Option<&T> {
        self.list.get(number as usize)
    }
}

impl Vocabulary {
    /// The tag of a key with a value.
    pub fn tag(&mut self, key: &str, value: Value<'_>) -> Tag {
        let mut encoded = Vec::new();
        match value {
            Value::Text(text) => bytes(&mut encoded, 1, text.as_bytes()),
            Value::Whole(whole) => match u64::try_from(whole) {
                Ok(whole) => number(&mut encoded, 5, whole),
                Err(_) => number(&mut encoded, 6, zigzag_long(whole)),
            },
            Value::Flag(flag) => number(&mut encoded, 7, u64::from(flag)),
        }
        Tag { key: self.keys.number(key.to_owned()), value: self.values.number(encoded) }
    }
}
