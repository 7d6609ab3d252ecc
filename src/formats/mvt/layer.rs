//! A layer of a tile, feature by feature.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::formats::mvt::vocabulary::{Tag, Vocabulary, Words};
use crate::formats::mvt::wire::{bytes, number, varint, zigzag};
use crate::geom::tile::grid::{EXTENT, Unit};
use crate::geom::tile::rings::Rings;

/// Of the specification.
const VERSION: u64 = 2;
const POINT: u64 = 1;
const LINE: u64 = 2;
const POLYGON: u64 = 3;
/// Commands of a geometry.
const MOVE_TO: u64 = 1;
const LINE_TO: u64 = 2;
const CLOSE: u64 = 7;

/// A layer being written.
pub struct Layer<'a> {
    name: &'a str,
    words: &'a Vocabulary,
    keys: Local,
    values: Local,
    features: Vec<u8>,
    feature: Vec<u8>,
    tags: Vec<u8>,
    geometry: Pen,
}

/// Which words of a vocabulary a layer uses, and how it numbers them.
struct Local {
    numbers: Numbers,
    used: Vec<u32>,
    /// How many words the vocabulary has.
    known: u32,
}

/// The layer's number of each word.
enum Numbers {
    /// By word.
    Dense(Vec<u32>),
    /// Of a vocabulary so large that to clear a list takes longer than to look things up.
    Sparse(HashMap<u32, u32, BuildHasherDefault<Mix>>),
}

/// Not used yet.
const NONE: u32 = u32::MAX;
/// Most words that are listed.
const DENSE_MAX: usize = 1 << 14;

/// A quick hash of one word: the list that it serves lives as long as a layer.
#[derive(Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u32(byte.into());
        }
    }

    fn write_u32(&mut self, word: u32) {
        // The upper bits are the well mixed ones, and the table looks at both ends.
        let mixed = (self.0 ^ u64::from(word)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ (mixed >> 32);
    }
}

impl Local {
    fn of<T: Clone + Eq + std::hash::Hash>(words: &Words<T>) -> Self {
        let numbers = if words.len() <= DENSE_MAX {
            Numbers::Dense(vec![NONE; words.len()])
        } else {
            Numbers::Sparse(HashMap::default())
        };
        let known = u32::try_from(words.len()).unwrap_or(u32::MAX);
        Self { numbers, used: Vec::new(), known }
    }

    /// The layer's number of a word; `None` for one that the vocabulary does not have.
    fn number(&mut self, word: u32) -> Option<u64> {
        if word >= self.known {
            return None;
        }
        let next = u32::try_from(self.used.len()).ok()?;
        let number = match &mut self.numbers {
            Numbers::Dense(list) => list.get_mut(word as usize)?,
            Numbers::Sparse(map) => map.entry(word).or_insert(NONE),
        };
        if *number == NONE {
            *number = next;
            self.used.push(word);
        }
        Some(u64::from(*number))
    }
}

/// A geometry being drawn, each place told from the one before.
#[derive(Default)]
struct Pen {
    drawn: Vec<u8>,
    at: [i32; 2],
}

impl Pen {
    fn begin(&mut self) {
        self.drawn.clear();
        self.at = [0, 0];
    }

    fn command(&mut self, command: u64, count: usize) {
        varint(&mut self.drawn, (u64::try_from(count).unwrap_or(0) << 3) | command);
    }

    fn go(&mut self, to: Unit) {
        varint(&mut self.drawn, zigzag(to.x - self.at[0]));
        varint(&mut self.drawn, zigzag(to.y - self.at[1]));
        self.at = [to.x, to.y];
    }

    fn line(&mut self, points: &[Unit]) {
        let Some((&first, rest)) = points.split_first() else { return };
        self.command(MOVE_TO, 1);
        self.go(first);
        self.command(LINE_TO, rest.len());
        for &p in rest {
            self.go(p);
        }
    }
}

impl<'a> Layer<'a> {
    /// An empty layer, whose features are told with words of a vocabulary.
    #[must_use]
    pub fn new(name: &'a str, words: &'a Vocabulary) -> Self {
        Self {
            name,
            words,
            keys: Local::of(&words.keys),
            values: Local::of(&words.values),
            features: Vec::new(),
            feature: Vec::new(),
            tags: Vec::new(),
            geometry: Pen::default(),
        }
    }

    /// Adds a point.
    pub fn point(&mut self, id: u64, tags: &[Tag], at: Unit) {
        self.geometry.begin();
        self.geometry.command(MOVE_TO, 1);
        self.geometry.go(at);
        self.finish(id, tags, POINT);
    }

    /// Adds lines as one feature; lines of fewer than two places are left out.
    pub fn lines(&mut self, id: u64, tags: &[Tag], lines: &[Vec<Unit>]) {
        self.geometry.begin();
        for line in lines.iter().filter(|line| line.len() > 1) {
            self.geometry.line(line);
        }
        self.finish(id, tags, LINE);
    }

    /// Adds polygons as one feature, their rings turned as [`Rings`] are; a polygon whose shell has fewer than
    /// three places is left out, and so is such a hole.
    pub fn polygons(&mut self, id: u64, tags: &[Tag], polygons: &[Rings]) {
        self.geometry.begin();
        let drawn = |rings: &&Rings| rings.first().is_some_and(|shell| shell.len() > 2);
        for ring in polygons.iter().filter(drawn).flatten().filter(|ring| ring.len() > 2) {
            self.geometry.line(ring);
            self.geometry.command(CLOSE, 1);
        }
        self.finish(id, tags, POLYGON);
    }

    fn finish(&mut self, id: u64, tags: &[Tag], kind: u64) {
        if self.geometry.drawn.is_empty() {
            return;
        }
        self.tags.clear();
        for tag in tags {
            if let (Some(key), Some(value)) =
                (self.keys.number(tag.key), self.values.number(tag.value))
            {
                varint(&mut self.tags, key);
                varint(&mut self.tags, value);
            }
        }
        self.feature.clear();
        number(&mut self.feature, 1, id);
        if !self.tags.is_empty() {
            bytes(&mut self.feature, 2, &self.tags);
        }
        number(&mut self.feature, 3, kind);
        bytes(&mut self.feature, 4, &self.geometry.drawn);
        bytes(&mut self.features, 2, &self.feature);
    }

    /// Writes the layer behind those of a tile that are there; one without features is no layer.
    pub fn write_to(self, tile: &mut Vec<u8>) {
        if self.features.is_empty() {
            return;
        }
        let mut layer = Vec::with_capacity(self.features.len() + 1_024);
        number(&mut layer, 15, VERSION);
        bytes(&mut layer, 1, self.name.as_bytes());
        layer.extend_from_slice(&self.features);
        for key in self.keys.used.iter().filter_map(|&key| self.words.keys.at(key)) {
            bytes(&mut layer, 3, key.as_bytes());
        }
        for value in self.values.used.iter().filter_map(|&value| self.words.values.at(value)) {
            bytes(&mut layer, 4, value);
        }
        number(&mut layer, 5, u64::from(EXTENT.unsigned_abs()));
        bytes(tile, 3, &layer);
    }
}
