//! Published conversions, and the way there and back over all of China.

use super::*;
use crate::geom::measure::between_m;
use crate::geom::project::web_mercator;

fn at(lon: f64, lat: f64) -> Coord<f64> {
    Coord { x: lon, y: lat }
}

/// A grid of places over the box, off its edges, at odd spacings.
fn over_china() -> impl Iterator<Item = Coord<f64>> {
    (0..160).flat_map(|i| {
        (0..130).map(move |j| at(72.02 + f64::from(i) * 0.411_317, 0.85 + f64::from(j) * 0.422_773))
    })
}

#[test]
fn published_conversions_come_out() {
    // googollee/eviltransform (MIT), commit 03ba58d: Shanghai, Shenzhen, Beijing.
    for (wgs84, gcj02) in [
        (at(121.527_210_6, 31.177_427_6), at(121.531_541_859_215, 31.175_303_983_645_97)),
        (at(113.912_316, 22.543_847), at(113.917_176_480_836_3, 22.540_796_131_694_766)),
        (at(116.377_817, 39.911_954), at(116.384_047_224_556_57, 39.913_345_455_360_69)),
    ] {
        let there = convert_coord(wgs84, Crs::Wgs84, Crs::Gcj02);
        assert!(between_m(there, gcj02) < 0.01, "{there:?}");
        assert!(between_m(convert_coord(gcj02, Crs::Gcj02, Crs::Wgs84), wgs84) < 0.05);
    }
    // wandergis/coordtransform (MIT), commit 606c6f3.
    let there = convert_coord(at(116.404, 39.915), Crs::Wgs84, Crs::Gcj02);
    assert!(between_m(there, at(116.410_244_499_169_38, 39.916_404_281_501_64)) < 1e-4);
    let there = convert_coord(at(116.404, 39.915), Crs::Gcj02, Crs::Bd09);
    assert!(between_m(there, at(116.410_369_493_710_29, 39.921_336_993_510_21)) < 1e-4);
    // Artoria2e5/PRCoords (CC0), commit a853b1f.
    let there = convert_coord(at(109.484_332_8, 36.585_332_2), Crs::Wgs84, Crs::Bd09);
    assert!(between_m(there, at(109.496_335_280_258_92, 36.591_158_329_014_01)) < 1e-4);
    let back = convert_coord(at(109.484_332_8, 36.585_332_2), Crs::Bd09, Crs::Gcj02);
    assert!(between_m(back, at(109.477_805_872_353_24, 36.579_468_303_055_31)) < 0.01);
}

#[test]
fn vectors_of_two_other_libraries_come_out() {
    let text = include_str!("../../../tests/data/crs_vectors.csv");
    let mut count = 0;
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [source, from, to, numbers @ .., tolerance] = cells.as_slice() else {
            panic!("{line}");
        };
        let numbers: Vec<f64> = numbers.iter().map(|cell| cell.parse().unwrap()).collect();
        let (given, expected) = (at(numbers[0], numbers[1]), at(numbers[2], numbers[3]));
        let allowed: f64 = tolerance.split(' ').next().unwrap().parse().unwrap();
        let from = Crs::from_code(from).unwrap();
        count += 1;
        if *to == "EPSG3857" {
            let [x, y] = web_mercator(convert_coord(given, from, Crs::Wgs84));
            let off_m = (x - expected.x).abs().max((y - expected.y).abs());
            assert!(off_m <= allowed, "{line}: {off_m} m off");
            continue;
        }
        let to = Crs::from_code(to).unwrap();
        let ours = convert_coord(given, from, to);
        let off_deg = (ours.x - expected.x).abs().max((ours.y - expected.y).abs());
        assert!(off_deg <= allowed, "{line}: {off_deg} degrees off");
        // gcoord shifts with another ellipsoid's constants, 0.67 m off; its own tolerance is wider.
        let shifted = [from, to].contains(&Crs::Wgs84);
        let off_m = between_m(ours, expected);
        assert!(*source != "gcoord" || !shifted || off_m <= 1.0, "{line}: {off_m} m off");
    }
    assert_eq!(count, 102);
}

#[test]
fn there_and_back_leaves_less_than_a_hundred_millionth_of_a_metre() {
    for place in over_china() {
        for (from, to) in [(Crs::Wgs84, Crs::Gcj02), (Crs::Gcj02, Crs::Bd09)] {
            let image = convert_coord(place, from, to);
            let back = convert_coord(image, to, from);
            assert!(between_m(place, back) < 1e-8, "{place:?} {from:?} {to:?}");
        }
        let both =
            convert_coord(convert_coord(place, Crs::Wgs84, Crs::Bd09), Crs::Bd09, Crs::Wgs84);
        assert!(between_m(place, both) < 2e-8, "{place:?}");
    }
}

#[test]
fn the_shift_is_some_hundred_metres_inside_and_nothing_outside() {
    let mut mean = 0.0;
    for place in over_china() {
        let shift_m = between_m(place, convert_coord(place, Crs::Wgs84, Crs::Gcj02));
        assert!((0.0..2_000.0).contains(&shift_m), "{place:?} {shift_m}");
        mean += shift_m / 20_800.0;
    }
    assert!((300.0..900.0).contains(&mean), "{mean}");
    for outside in
        [at(-104.990_3, 39.739_2), at(153.025_1, -27.469_8), at(183.0, 45.0), at(0.0, 90.0)]
    {
        for from in Crs::ALL {
            for to in Crs::ALL {
                assert_eq!(convert_coord(outside, from, to), outside);
            }
        }
    }
}

#[test]
fn at_the_edge_of_the_box_the_place_inside_is_preferred_and_nothing_is_lost_outside() {
    // Just inside the western edge, moved outwards or inwards, still comes back.
    for lat in [20.0, 31.5, 44.25] {
        for lon in [72.004, 72.004_1, 137.834_7, 137.834_6] {
            let place = at(lon, lat);
            let image = convert_coord(place, Crs::Wgs84, Crs::Gcj02);
            assert!(between_m(convert_coord(image, Crs::Gcj02, Crs::Wgs84), place) < 1e-8);
        }
        let beyond = at(71.9, lat);
        assert_eq!(convert_coord(beyond, Crs::Bd09, Crs::Wgs84), beyond);
    }
}

#[test]
fn any_position_converts_without_leaving_the_globe() {
    for lon in [-180.0, -179.999_9, -0.5, 72.004, 137.8347, 179.999_9, 180.0] {
        for lat in [-90.0, -0.001, 0.8293, 30.0, 55.8271, 89.999, 90.0] {
            let place = LonLat::new(lon, lat).unwrap();
            for from in Crs::ALL {
                for to in Crs::ALL {
                    let there = convert(place, from, to);
                    assert!(there.lon().abs() <= 180.0 && there.lat().abs() <= 90.0);
                }
            }
        }
    }
    let odd = convert_coord(at(f64::NAN, f64::INFINITY), Crs::Bd09, Crs::Wgs84);
    assert!(odd.x.is_nan());
}

#[test]
fn cgcs2000_keeps_its_degrees() {
    let place = LonLat::new(109.484, 36.585).unwrap();
    assert_eq!(Crs::Cgcs2000.to_wgs84(place), place);
    assert_eq!(Crs::Cgcs2000.from_wgs84(place), place);
    let moved = Crs::Gcj02.from_wgs84(place);
    assert_eq!(convert(place, Crs::Cgcs2000, Crs::Gcj02), moved);
    let gap = Crs::Gcj02.to_wgs84(moved);
    assert!((gap.lon() - place.lon()).abs() < 1e-13);
}

#[test]
fn a_converted_edge_keeps_its_course_within_two_centimetres() {
    let line = LineString(vec![at(109.45, 36.56), at(109.5, 36.6)]);
    let Geometry::LineString(there) =
        convert_geometry(&Geometry::LineString(line.clone()), Crs::Wgs84, Crs::Gcj02)
    else {
        panic!("a line stays one")
    };
    assert_eq!(there.0.len(), 21);
    for i in 0..=1_000 {
        let t = f64::from(i) / 1_000.0;
        let on_line = line.0[0] + (line.0[1] - line.0[0]) * t;
        let image = convert_coord(on_line, Crs::Wgs84, Crs::Gcj02);
        let off_m = there
            .0
            .windows(2)
            .map(|pair| crate::geom::measure::to_segment_m(image, pair[0], pair[1]))
            .fold(f64::INFINITY, f64::min);
        assert!(off_m < 0.02, "{off_m}");
    }
}

#[test]
fn neighbours_keep_sharing_a_converted_edge() {
    let (a, b) = (at(109.433, 36.561_7), at(109.501_3, 36.6));
    let forth = cut(&LineString(vec![a, b]));
    let mut back = cut(&LineString(vec![b, a]));
    back.reverse();
    assert_eq!(forth, back);
    assert!(forth.len() > 10);
    let globe = cut(&LineString(vec![at(-180.0, -90.0), at(180.0, 90.0)]));
    assert_eq!(globe.len(), 4_097);
}
