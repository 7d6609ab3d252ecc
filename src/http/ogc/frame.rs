//! `bbox`.

use geo_types::Coord;

use crate::geom::coord::{GridBox, GridPoint, step};
use crate::geom::crs::wire::WireCrs;
use crate::http::params::number;

/// The boxes that four numbers spell, or six with heights; two where the box crosses the antimeridian.
///
/// # Errors
/// Words.
pub fn frames(text: &str, crs: WireCrs) -> Result<Vec<GridBox>, String> {
    let numbers: Vec<f64> =
        text.split(',').map(|part| number(part.trim())).collect::<Result<_, _>>()?;
    let (low, high) = match numbers[..] {
        [a, b, c, d] | [a, b, _, c, d, _] => (crs.read([a, b]), crs.read([c, d])),
        _ => {
            return Err(format!(
                "has {} numbers; a box has four, its lower corner and its upper one, or six with heights",
                numbers.len()
            ));
        }
    };
    for Coord { x, y } in [low, high] {
        if !(x.abs() <= 180.0 && y.abs() <= 90.0) {
            return Err(format!(
                "has a corner off the globe, at longitude {x}, latitude {y}; its numbers are read as {}, \
                 see bbox-crs",
                crs.uri()
            ));
        }
    }
    if low.y > high.y {
        return Err("has its first corner north of its second; give the lower one first".to_owned());
    }
    let corner = |x: f64, y: f64| GridPoint { x: step(x), y: step(y) };
    let frame =
        |west: f64, east: f64| GridBox { min: corner(west, low.y), max: corner(east, high.y) };
    if low.x <= high.x {
        return Ok(vec![frame(low.x, high.x)]);
    }
    Ok(vec![frame(low.x, 180.0), frame(-180.0, high.x)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_read_in_every_system_and_may_cross_the_antimeridian() {
        let plain = frames("109, 36,110,37", WireCrs::Crs84).unwrap();
        let corners = |frame: &GridBox| (frame.min.x, frame.min.y, frame.max.x, frame.max.y);
        let expected = (1_090_000_000, 360_000_000, 1_100_000_000, 370_000_000);
        assert_eq!(plain.iter().map(corners).collect::<Vec<_>>(), [expected]);
        assert_eq!(frames("109,36,-9,110,37,9", WireCrs::Crs84).unwrap(), plain);
        assert_eq!(frames("36,109,37,110", WireCrs::Epsg4326).unwrap(), plain);
        assert_eq!(frames("36,109,37,110", WireCrs::Epsg4490).unwrap(), plain);
        let two = frames("170,-10,-170,10", WireCrs::Crs84).unwrap();
        assert_eq!(two.len(), 2);
        assert!(two.iter().all(|frame| frame.min.x < frame.max.x));
        let world = frames("-20037508.34,-20048966.1,20037508.34,20048966.1", WireCrs::Epsg3857);
        assert_eq!(world.unwrap().len(), 1);
    }

    #[test]
    fn a_box_that_is_none_is_refused_in_words() {
        for (bad, says) in [
            ("1,2,3", "3 numbers"),
            ("1,2,3,4,5", "5 numbers"),
            ("1,4,2,3", "north"),
            ("1,2,3,x", "no finite number"),
            ("1,2,3,NaN", "no finite number"),
            ("", "no finite number"),
            ("36,109,37,110", "off the globe"),
        ] {
            let words = frames(bad, WireCrs::Crs84).unwrap_err();
            assert!(words.contains(says), "{bad}: {words}");
        }
    }
}
