//! The room's own dice: a seed means the same proposals on every machine.

/// A stream of numbers from a seed: splitmix64 (Steele, Lea, Flood 2014).
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// Dice for one purpose of a seed: more throws for one thing never change another.
    pub(super) fn new(seed: u64, purpose: u64) -> Self {
        Self(scramble(seed ^ purpose.wrapping_mul(0xd134_2543_de82_ef95)))
    }

    #[inline]
    pub(super) fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        scramble(self.0)
    }

    /// In `[0, 1)`.
    pub(super) fn unit(&mut self) -> f64 {
        f64::from((self.word() >> 32) as u32) / 4_294_967_296.0
    }
}

/// In `0..n` by the word's upper half; `n` below 2^32.
#[inline]
pub(super) fn below(word: u64, n: usize) -> usize {
    (((word >> 32) * n as u64) >> 32) as usize
}

#[inline]
fn scramble(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dice_are_splitmix64() {
        // First outputs for seed 1234567 of the reference implementation.
        let mut dice = Dice(1_234_567);
        assert_eq!(dice.word(), 6_457_827_717_110_365_317);
        assert_eq!(dice.word(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn throws_stay_in_their_bounds() {
        let mut dice = Dice::new(1, 2);
        for _ in 0..10_000 {
            assert!((0.0..1.0).contains(&dice.unit()));
            assert!(below(dice.word(), 7) < 7);
        }
        assert_eq!(below(u64::MAX, 0), 0);
    }
}
