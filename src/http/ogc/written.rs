//! Features that were written lately, many at once: an atlas never changes, so what was written of one stays right.

use std::collections::HashMap;
use std::mem::take;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::app::ogc::select;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::CityId;
use crate::domain::ogc::collection::Collection;
use crate::domain::ogc::schema::Schema;
use crate::geom::crs::wire::WireCrs;
use crate::http::json::Json;
use crate::http::ogc::write::Pen;

/// Features of one block.
pub const BLOCK: usize = 256;
/// How many bytes are kept.
const BYTES_MAX: usize = 48 << 20;
/// What stands before each feature.
const BETWEEN: &str = ",\n";

/// Features of an atlas that follow one another.
pub struct Block {
    text: Bytes,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Block {
    /// Writes the block of this number, of the atlas's features of a collection in their order.
    fn new(atlas: &Atlas, schema: &Schema, crs: WireCrs, number: usize) -> Self {
        let pen = Pen::new(schema, crs);
        let mut json = Json::with_capacity(BLOCK * 512);
        let mut ends = Vec::with_capacity(BLOCK);
        for rank in number * BLOCK..(number + 1) * BLOCK {
            let Some(feature) = select::ranked(atlas, schema.collection, rank) else { break };
            json.raw(BETWEEN);
            pen.open(&mut json, &feature);
            json.raw("}");
            ends.push(json.len());
        }
        Self { text: Bytes::from(json.into_bytes()), ends }
    }

    /// The features from one to before another; `is_first` where nothing stands before them.
    #[must_use]
    pub fn part(&self, from: usize, to: usize, is_first: bool) -> Bytes {
        let end = |number: usize| number.checked_sub(1).and_then(|at| self.ends.get(at)).copied();
        let begins = end(from).unwrap_or(0) + usize::from(is_first);
        let ends = end(to).unwrap_or(0);
        if begins < ends { self.text.slice(begins..ends) } else { Bytes::new() }
    }

    fn size(&self) -> usize {
        self.text.len() + self.ends.len() * size_of::<usize>()
    }
}

/// Which block.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    city: CityId,
    version: i64,
    collection: Collection,
    crs: WireCrs,
    number: usize,
}

/// What was written lately. When what was asked for since the last time takes half of the room, what was not asked for
/// since is let go.
#[derive(Default)]
pub struct Written {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    lately: HashMap<Key, Arc<Block>>,
    before: HashMap<Key, Arc<Block>>,
    lately_bytes: usize,
}

impl Written {
    /// The block of this number. The atlas is the newest of its city that there is; one of the past may bear a version
    /// that another one had.
    #[must_use]
    pub fn block(&self, atlas: &Atlas, schema: &Schema, crs: WireCrs, number: usize) -> Arc<Block> {
        let (city, version) = (atlas.city().id.clone(), atlas.version());
        let key = Key { city, version, collection: schema.collection, crs, number };
        if let Some(block) = self.kept().asked(&key) {
            return block;
        }
        let block = Arc::new(Block::new(atlas, schema, crs, number));
        self.kept().keep(key, Arc::clone(&block));
        block
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn asked(&mut self, key: &Key) -> Option<Arc<Block>> {
        if let Some(block) = self.lately.get(key) {
            return Some(Arc::clone(block));
        }
        let (key, block) = self.before.remove_entry(key)?;
        self.keep(key, Arc::clone(&block));
        Some(block)
    }

    fn keep(&mut self, key: Key, block: Arc<Block>) {
        let size = block.size();
        if size > BYTES_MAX / 2 {
            return;
        }
        if self.lately_bytes + size > BYTES_MAX / 2 {
            self.before = take(&mut self.lately);
            self.lately_bytes = 0;
        }
        if self.lately.insert(key, block).is_none() {
            self.lately_bytes += size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> Key {
        let city = CityId::new("c").unwrap();
        Key { city, version: 1, collection: Collection::Zones, crs: WireCrs::Crs84, number }
    }

    fn block(bytes: usize) -> Arc<Block> {
        Arc::new(Block { text: Bytes::from(vec![b' '; bytes]), ends: Vec::new() })
    }

    #[test]
    fn parts_of_a_block_are_its_features_with_what_stands_between() {
        let block =
            Block { text: Bytes::from_static(b",\n{1},\n{22},\n{3}"), ends: vec![5, 11, 16] };
        assert_eq!(block.part(0, 3, false), ",\n{1},\n{22},\n{3}");
        assert_eq!(block.part(0, 1, true), "\n{1}");
        assert_eq!(block.part(1, 3, true), "\n{22},\n{3}");
        assert_eq!(block.part(1, 2, false), ",\n{22}");
        for (from, to) in [(2, 2), (3, 9), (9, 12), (2, 1)] {
            assert_eq!(block.part(from, to, true), "", "{from} to {to}");
        }
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for_and_what_is_asked_for_stays() {
        let mut kept = Kept::default();
        kept.keep(key(0), block(BYTES_MAX));
        assert!(kept.asked(&key(0)).is_none(), "it is larger than the room");
        for number in 1..200 {
            kept.keep(key(number), block(BYTES_MAX / 20));
            assert!(kept.asked(&key(1)).is_some(), "{number}");
            let all = kept.lately.values().chain(kept.before.values());
            assert!(all.map(|block| block.size()).sum::<usize>() <= BYTES_MAX);
        }
        assert!(kept.asked(&key(2)).is_none());
    }
}
