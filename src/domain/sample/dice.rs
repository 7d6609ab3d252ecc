//! The room's own dice and casts, so that a seed means the same bytes on every machine.

/// A stream of numbers from a seed: splitmix64 (Steele, Lea, Flood 2014).
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// Dice for one purpose: more throws for one thing never change another.
    pub(super) fn for_purpose(seed: u64, purpose: &str) -> Self {
        let mut state = mix(seed);
        for byte in purpose.bytes() {
            state = mix(state ^ u64::from(byte));
        }
        Self(state)
    }

    /// Dice for one row of many.
    pub(super) fn for_row(seed: u64, row: u64) -> Self {
        Self(scramble(seed ^ row.wrapping_mul(0xd134_2543_de82_ef95)))
    }

    pub(super) fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        scramble(self.0)
    }

    /// In `[0, 1)`.
    pub(super) fn unit(&mut self) -> f64 {
        unit_of(self.word())
    }

    /// In `[from, to)`.
    pub(super) fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.unit()
    }

    /// About normal with deviation 1: the sum of four even throws.
    pub(super) fn bell(&mut self) -> f64 {
        let word = self.word();
        let part = |shift: u32| real((word >> shift & 0xffff) as usize) / 65_536.0;
        (part(0) + part(16) + part(32) + part(48) - 2.0) * 1.732_050_8
    }

    /// In `0..n`; 0 when `n` is 0.
    #[expect(clippy::cast_possible_truncation, reason = "less than `n`")]
    pub(super) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.word()) * n as u128) >> 64) as usize
    }

    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }
}

fn mix(word: u64) -> u64 {
    scramble(word.wrapping_add(0x9e37_79b9_7f4a_7c15))
}

fn scramble(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[expect(clippy::cast_precision_loss, reason = "53 bits fit a double")]
fn unit_of(word: u64) -> f64 {
    (word >> 11) as f64 / 9_007_199_254_740_992.0
}

/// A smooth curve through random heights at the whole numbers, in `[-1, 1]`.
#[expect(clippy::cast_possible_truncation, reason = "positions are far below 2^53")]
#[expect(clippy::cast_sign_loss, reason = "the bits only seed the throw")]
pub(super) fn wave(seed: u64, at: f64) -> f64 {
    let floor = at.floor();
    let height = |n: f64| 2.0 * unit_of(mix(seed ^ mix(n as i64 as u64))) - 1.0;
    let t = smooth(at - floor);
    height(floor) * (1.0 - t) + height(floor + 1.0) * t
}

/// 0 to 1 with level ends, for `t` from 0 to 1; beyond, the nearer end.
pub(super) fn smooth(t: f64) -> f64 {
    let t = t.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// A count as a double.
#[expect(clippy::cast_precision_loss, reason = "counts of this room are far below 2^53")]
pub(super) fn real(n: usize) -> f64 {
    n as f64
}

/// The nearest count; 0 below zero.
#[expect(clippy::cast_possible_truncation, reason = "counts of this room are far below 2^53")]
#[expect(clippy::cast_sign_loss, reason = "clamped at zero")]
pub(super) fn count(x: f64) -> usize {
    x.round().max(0.0) as usize
}

/// A count as the number people see.
pub(super) fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
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
        let mut dice = Dice::for_purpose(1, "bounds");
        for _ in 0..10_000 {
            assert!((0.0..1.0).contains(&dice.unit()));
            assert!(dice.below(7) < 7);
            assert!(dice.bell().abs() <= 3.5);
        }
        assert_eq!(dice.below(0), 0);
    }
}
