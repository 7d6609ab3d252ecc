//! The things that are named one by one, by the zones between which they stand.
//!
//! Whoever asks who moves looks at the pairs of zones whose units differ, and at nothing that stays.

use std::collections::HashMap;

/// Numbers of things in piles; each is put on its pile and taken from it in constant time.
#[derive(Clone, Debug, Default)]
pub struct Piles {
    by_pair: HashMap<(u16, u16), Vec<u32>>,
    /// Where each thing stands in its pile.
    place: Vec<u32>,
}

impl Piles {
    /// No thing on any pile, of `count` that there are.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self { by_pair: HashMap::new(), place: vec![0; count] }
    }

    /// Puts a thing that lies on no pile on this one.
    pub fn put(&mut self, pair: (u16, u16), thing: u32) {
        let pile = self.by_pair.entry(pair).or_default();
        self.place[thing as usize] = u32::try_from(pile.len()).unwrap_or(u32::MAX);
        pile.push(thing);
    }

    /// Takes a thing from its pile.
    pub fn take(&mut self, pair: (u16, u16), thing: u32) {
        let Some(pile) = self.by_pair.get_mut(&pair) else { return };
        let place = self.place[thing as usize];
        pile.swap_remove(place as usize);
        if let Some(&last) = pile.get(place as usize) {
            self.place[last as usize] = place;
        }
        if pile.is_empty() {
            self.by_pair.remove(&pair);
        }
    }

    /// What lies on a pile, in no order.
    #[must_use]
    pub fn of(&self, pair: (u16, u16)) -> &[u32] {
        self.by_pair.get(&pair).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::Piles;

    #[test]
    fn what_is_taken_is_gone_and_the_rest_stays() {
        let mut piles = Piles::new(5);
        for thing in 0..5 {
            piles.put((1, 2), thing);
        }
        piles.take((1, 2), 1);
        piles.take((1, 2), 4);
        piles.put((3, 3), 1);
        let mut rest = piles.of((1, 2)).to_vec();
        rest.sort_unstable();
        assert_eq!(rest, [0, 2, 3]);
        assert_eq!(piles.of((3, 3)), [1]);
        piles.take((3, 3), 1);
        assert!(piles.of((3, 3)).is_empty() && piles.of((9, 9)).is_empty());
    }
}
