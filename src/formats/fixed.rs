//! Numbers in text, without the detour over a double where there is a shorter way: degrees onto
//! the grid, metres and probabilities into files.

use crate::geom::coord::step;

/// A coordinate in a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Degrees {
    /// Within ±180 degrees, as grid steps of 1e-7 degree.
    Steps(i32),
    /// A number, but not within ±180: NaN, infinite, or too large.
    Beyond(f64),
    /// No number.
    Not,
}

/// Reads degrees onto the grid: the same step as [`step`] of the text parsed as a double.
///
/// A plain decimal of up to 18 digits takes the short way, in whole numbers. Whatever else a double
/// may look like (exponents, a digit within 1e-3 steps of the half), is parsed as one. Blanks
/// around the number are skipped.
#[must_use]
pub fn degrees(text: &[u8]) -> Degrees {
    quick(text).map_or_else(|| thorough(text), Degrees::Steps)
}

fn thorough(text: &[u8]) -> Degrees {
    match number(text) {
        None => Degrees::Not,
        Some(degrees) if degrees.abs() <= 180.0 => Degrees::Steps(step(degrees)),
        Some(degrees) => Degrees::Beyond(degrees),
    }
}

/// A number as Rust reads doubles (`NaN` and `inf` are), blanks around it skipped.
#[must_use]
pub fn number(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(text.trim_ascii()).ok()?.parse().ok()
}

fn quick(text: &[u8]) -> Option<i32> {
    let (negative, text) = match text.first()? {
        b'-' => (true, &text[1..]),
        _ => (false, text),
    };
    let mut whole = 0_u32;
    let mut at = 0;
    while let Some(digit) = text.get(at).map(|c| c.wrapping_sub(b'0')).filter(|d| *d < 10) {
        whole = whole * 10 + u32::from(digit);
        at += 1;
        if at > 3 {
            return None;
        }
    }
    if at == 0 || whole > 180 {
        return None;
    }
    let mut steps = whole;
    let fraction = match text.get(at) {
        None => &[][..],
        Some(b'.') => &text[at + 1..],
        Some(_) => return None,
    };
    if fraction.len() > 15 {
        return None;
    }
    // Seven digits are steps; the next three say which way to round.
    let mut next = 0_u32;
    for place in 0..10_usize {
        let digit = fraction.get(place).map_or(0, |c| u32::from(c.wrapping_sub(b'0')));
        if digit > 9 {
            return None;
        }
        if place < 7 {
            steps = steps * 10 + digit;
        } else {
            next = next * 10 + digit;
        }
    }
    if !fraction.get(10..).unwrap_or_default().iter().all(u8::is_ascii_digit) {
        return None;
    }
    let steps = match next {
        0..=498 => steps,
        // So near the half, a double may fall to either side.
        499 | 500 => return None,
        _ => steps + 1,
    };
    let steps = i32::try_from(steps).ok().filter(|s| *s <= 1_800_000_000)?;
    Some(if negative { -steps } else { steps })
}

/// Writes a whole number.
pub fn put_u64(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Writes a number that is not negative with `places` (at most 9) decimals, rounded to the
/// nearest. What is negative, NaN or infinite writes nothing.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to lie within 0 and 1e15 just before"
)]
#[inline]
pub fn put_decimal(out: &mut Vec<u8>, value: f64, places: u32) {
    let unit = 10_u64.pow(places.min(9));
    #[expect(clippy::cast_precision_loss, reason = "at most 1e9")]
    let scaled = value * unit as f64;
    if !(0.0..=1e15).contains(&scaled) {
        return;
    }
    let mut rest = (scaled + 0.5) as u64;
    // From the last digit to the first: at most sixteen, or a nought and nine, and the point.
    let mut digits = [0_u8; 24];
    let mut at = digits.len();
    for _ in 0..places.min(9) {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    if places > 0 {
        at -= 1;
        digits[at] = b'.';
    }
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Degrees) {
        assert_eq!(degrees(text.as_bytes()), expected, "{text}");
        assert_eq!(thorough(text.as_bytes()), expected, "{text} by way of a double");
    }

    #[test]
    fn degrees_are_read_as_a_double_would_be() {
        check("109.4843390", Degrees::Steps(1_094_843_390));
        check("-73.98765432149", Degrees::Steps(-739_876_543));
        check("-73.98765435001", Degrees::Steps(-739_876_544));
        check(" 36.5 ", Degrees::Steps(365_000_000));
        check("+1e2", Degrees::Steps(1_000_000_000));
        check("1.", Degrees::Steps(10_000_000));
        check(".5", Degrees::Steps(5_000_000));
        check("-0", Degrees::Steps(0));
        check("180", Degrees::Steps(1_800_000_000));
        check("180.0000001", Degrees::Beyond(180.000_000_1));
        check("1e308", Degrees::Beyond(1e308));
        for not in ["", "-", ".", "1..2", "1,5", "0x10", "12:30", "1.2.3", "36.5N", "１"] {
            check(not, Degrees::Not);
        }
        assert!(matches!(degrees(b"nan"), Degrees::Beyond(value) if value.is_nan()));
        assert!(matches!(degrees(b"inf"), Degrees::Beyond(value) if value.is_infinite()));
        assert_eq!(degrees(&[0xff, b'1']), Degrees::Not);
    }

    #[test]
    fn decimals_are_rounded_and_filled() {
        let text = |value, places| {
            let mut out = Vec::new();
            put_decimal(&mut out, value, places);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(text(12.345, 2), "12.35");
        assert_eq!(text(0.005, 2), "0.01");
        assert_eq!(text(0.99996, 4), "1.0000");
        assert_eq!(text(7.0, 0), "7");
        assert_eq!(text(1_234_567.891, 1), "1234567.9");
        assert_eq!(text(-0.1, 2) + &text(f64::NAN, 2) + &text(f64::INFINITY, 2), "");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 20_000, ..ProptestConfig::default() })]

        #[test]
        fn the_short_way_and_the_double_agree(text in "-?[0-9]{1,3}(\\.[0-9]{0,16})?") {
            let (a, b) = (degrees(text.as_bytes()), thorough(text.as_bytes()));
            prop_assert_eq!(a, b, "{}", text);
        }

        #[test]
        fn ties_fall_as_a_double_falls(whole in 0..180_u32, seven in 0..9_999_999_u32, tail in "(5|49999|50000|500001)") {
            let text = format!("{whole}.{seven:07}{tail}");
            prop_assert_eq!(degrees(text.as_bytes()), thorough(text.as_bytes()), "{}", text);
        }
    }
}
