//! Tiles that were made lately, packed, up to so many bytes.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use bytes::Bytes;

use crate::app::tiles::collection::Collection;
use crate::domain::id::CityId;
use crate::geom::tile::grid::Tile;

/// What an entry takes beside its bytes, about.
const ENTRY_BYTES: usize = 256;

/// Which tile. An atlas version never changes, so that nothing in the cache is ever out of date.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The city.
    pub city: CityId,
    /// The atlas that it is of.
    pub version: i64,
    /// The collection.
    pub collection: Collection,
    /// The tile.
    pub tile: Tile,
}

/// A tile as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// As gzip; no bytes for a tile in which nothing lies.
    pub gzip: Bytes,
    /// How many bytes it has unpacked.
    pub plain: u64,
}

/// A tile from the cache.
pub struct Found {
    /// The tile.
    pub tile: Packed,
    /// Whether it was packed in haste, and nobody has taken it upon himself yet to pack it better.
    pub is_hasty: bool,
}

/// Tiles, packed. Who is not asked for between two passes of the hand goes first (the clock of Corbató 1968).
pub struct TileCache {
    bytes_max: usize,
    held: RwLock<Held>,
}

#[derive(Default)]
struct Held {
    slots: HashMap<Key, Slot>,
    /// As the hand passes by.
    order: VecDeque<Key>,
    bytes: usize,
}

struct Slot {
    tile: Packed,
    asked: AtomicBool,
    is_hasty: AtomicBool,
}

impl TileCache {
    /// A cache of at most so many bytes.
    #[must_use]
    pub fn new(bytes_max: usize) -> Self {
        Self { bytes_max, held: RwLock::default() }
    }

    /// The tile, if it is held.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<Found> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let slot = held.slots.get(key)?;
        slot.asked.store(true, Ordering::Relaxed);
        let is_hasty = slot.is_hasty.load(Ordering::Relaxed);
        Some(Found { tile: slot.tile.clone(), is_hasty })
    }

    /// Takes it upon oneself to pack a tile better; `false` when another has.
    #[must_use]
    pub fn take_up(&self, key: &Key) -> bool {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.slots.get(key).is_some_and(|slot| slot.is_hasty.swap(false, Ordering::Relaxed))
    }

    /// Holds a tile, instead of what is held of it; others go where there is no room.
    pub fn put(&self, key: Key, tile: Packed, is_hasty: bool) {
        let size = size(&tile);
        if size > self.bytes_max {
            return;
        }
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let is_hasty = AtomicBool::new(is_hasty);
        let slot = Slot { tile, asked: AtomicBool::new(false), is_hasty };
        held.bytes += size;
        match held.slots.insert(key.clone(), slot) {
            Some(before) => held.bytes -= self::size(&before.tile),
            None => held.order.push_back(key),
        }
        held.make_room(self.bytes_max);
    }

    /// How many bytes are held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.held.read().unwrap_or_else(PoisonError::into_inner).bytes
    }
}

impl Held {
    fn make_room(&mut self, bytes_max: usize) {
        while self.bytes > bytes_max {
            let Some(key) = self.order.pop_front() else { return };
            let asked =
                self.slots.get(&key).is_some_and(|it| it.asked.swap(false, Ordering::Relaxed));
            if asked {
                self.order.push_back(key);
            } else if let Some(gone) = self.slots.remove(&key) {
                self.bytes -= size(&gone.tile);
            }
        }
    }
}

fn size(tile: &Packed) -> usize {
    tile.gzip.len() + ENTRY_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(x: u32) -> Key {
        let city = CityId::new("c").unwrap();
        let tile = Tile::new(10, x, 0).unwrap();
        Key { city, version: 1, collection: Collection::Zones, tile }
    }

    fn tile(bytes: usize) -> Packed {
        Packed { gzip: Bytes::from(vec![7; bytes]), plain: 9 }
    }

    #[test]
    fn the_cache_stays_within_its_bytes_and_keeps_what_is_asked_for() {
        let cache = TileCache::new(10 * (1_000 + ENTRY_BYTES));
        for x in 0..10 {
            cache.put(key(x), tile(1_000), true);
        }
        for x in [0, 3] {
            assert!(cache.get(&key(x)).is_some());
        }
        for x in 10..18 {
            cache.put(key(x), tile(1_000), true);
            assert!(cache.bytes() <= 10 * (1_000 + ENTRY_BYTES));
        }
        let held: Vec<u32> = (0..18).filter(|x| cache.get(&key(*x)).is_some()).collect();
        assert_eq!(held, [0, 3, 10, 11, 12, 13, 14, 15, 16, 17]);
        // What alone is too large is not held, and nothing goes for it.
        cache.put(key(30), tile(100_000), true);
        assert!(cache.get(&key(30)).is_none() && cache.get(&key(0)).is_some());
    }

    #[test]
    fn a_tile_is_packed_better_once_and_replaced() {
        let cache = TileCache::new(100_000);
        cache.put(key(1), tile(1_000), true);
        assert!(cache.get(&key(1)).unwrap().is_hasty);
        assert!(cache.take_up(&key(1)) && !cache.take_up(&key(1)));
        cache.put(key(1), tile(600), false);
        let found = cache.get(&key(1)).unwrap();
        assert!(!found.is_hasty && found.tile.gzip.len() == 600);
        assert_eq!(cache.bytes(), 600 + ENTRY_BYTES);
        assert!(!cache.take_up(&key(2)));
    }
}
