//! The public formulas of the two Chinese shifts, and their exact inverses.
//!
//! WGS84 → GCJ-02 as first published in `eviltransform` and used alike by coordtransform, gcoord
//! and `PRCoords`: the Krasovsky ellipsoid and a sum of sines about 105 E, 35 N. GCJ-02 → BD-09 is a
//! wobble in polar coordinates. Outside a box around China neither shifts anything; at the box's
//! edge the shift stops at once, by some hundred metres. So a place just inside the edge and one
//! just outside may share their shifted coordinates, and some shifted coordinates there belong to
//! no place. The inverse then gives the place inside where there is one, otherwise the coordinates
//! as they are. The edge runs through sea and other countries' land.
//!
//! Sines come from `libm`, so that every machine computes the same bits.

use std::f64::consts::PI;

use geo_types::Coord;

/// Most steps of an inverse.
pub(super) const STEPS_MAX: usize = 5;

/// Longitudes and latitudes within which there is a shift.
const BOX: [(f64, f64); 2] = [(72.004, 137.8347), (0.8293, 55.8271)];
/// More degrees than any shift moves.
const SHIFT_MAX_DEG: f64 = 0.05;
/// Where a step of an inverse moves no farther than this, in degrees, it has arrived.
const ARRIVED_DEG: f64 = 2e-14;

/// WGS84 → GCJ-02.
pub(super) fn to_gcj(c: Coord<f64>) -> Coord<f64> {
    if near_china(c, 0.0) { gcj_of(c) } else { c }
}

/// GCJ-02 → WGS84.
pub(super) fn from_gcj(c: Coord<f64>) -> Coord<f64> {
    undo(c, gcj_of, |c| c + (c - gcj_of(c)))
}

/// GCJ-02 → BD-09.
pub(super) fn to_bd(c: Coord<f64>) -> Coord<f64> {
    if near_china(c, 0.0) { bd_of(c) } else { c }
}

/// BD-09 → GCJ-02.
pub(super) fn from_bd(c: Coord<f64>) -> Coord<f64> {
    undo(c, bd_of, bd_back)
}

fn near_china(c: Coord<f64>, margin: f64) -> bool {
    let within = |v: f64, (low, high): (f64, f64)| v >= low - margin && v <= high + margin;
    within(c.x, BOX[0]) && within(c.y, BOX[1])
}

/// The place that `shift` moves to `image`: from a first guess, each step takes away what the last
/// one missed by. The shifts change by less than 3 % of the way between two places, so that five
/// steps leave less than 1e-8 m (tests measure it over the whole box).
fn undo(
    image: Coord<f64>,
    shift: fn(Coord<f64>) -> Coord<f64>,
    guess: fn(Coord<f64>) -> Coord<f64>,
) -> Coord<f64> {
    if !near_china(image, SHIFT_MAX_DEG) {
        return image;
    }
    let mut place = guess(image);
    for _ in 0..STEPS_MAX {
        let miss = image - shift(place);
        place = place + miss;
        if miss.x.abs().max(miss.y.abs()) < ARRIVED_DEG {
            break;
        }
    }
    if near_china(place, 0.0) { place } else { image }
}

/// The formula of GCJ-02, wherever.
fn gcj_of(c: Coord<f64>) -> Coord<f64> {
    /// Krasovsky's ellipsoid.
    const A_M: f64 = 6_378_245.0;
    const EE: f64 = 0.006_693_421_622_965_943;
    let (x, y) = (c.x - 105.0, c.y - 35.0);
    let sines = |v: f64, terms: [(f64, f64); 2]| -> f64 {
        terms.iter().map(|(size, rate)| size * libm::sin(v * PI * rate)).sum()
    };
    let common = (20.0 * libm::sin(6.0 * x * PI) + 20.0 * libm::sin(2.0 * x * PI)) * 2.0 / 3.0;
    let root = x.abs().sqrt();
    let north_m = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * root
        + common
        + sines(y, [(20.0, 1.0), (40.0, 1.0 / 3.0)]) * 2.0 / 3.0
        + sines(y, [(160.0, 1.0 / 12.0), (320.0, 1.0 / 30.0)]) * 2.0 / 3.0;
    let east_m = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * root
        + common
        + sines(x, [(20.0, 1.0), (40.0, 1.0 / 3.0)]) * 2.0 / 3.0
        + sines(x, [(150.0, 1.0 / 12.0), (300.0, 1.0 / 30.0)]) * 2.0 / 3.0;
    let lat = c.y / 180.0 * PI;
    let sin = libm::sin(lat);
    let w2 = 1.0 - EE * sin * sin;
    let w = w2.sqrt();
    let north = north_m * 180.0 / (A_M * (1.0 - EE) / (w2 * w) * PI);
    let east = east_m * 180.0 / (A_M / w * libm::cos(lat) * PI);
    Coord { x: c.x + east, y: c.y + north }
}

/// How fast BD-09 wobbles.
const WOBBLE: f64 = PI * 3000.0 / 180.0;
/// What BD-09 adds in the end, in degrees.
const BD_OFFSET: Coord<f64> = Coord { x: 0.0065, y: 0.006 };

/// The formula of BD-09, wherever.
fn bd_of(c: Coord<f64>) -> Coord<f64> {
    polar(libm::hypot(c.x, c.y) + wobble(c).0, libm::atan2(c.y, c.x) + wobble(c).1) + BD_OFFSET
}

/// The usual one-step inverse, up to a metre off: a first guess.
fn bd_back(image: Coord<f64>) -> Coord<f64> {
    let c = image - BD_OFFSET;
    polar(libm::hypot(c.x, c.y) - wobble(c).0, libm::atan2(c.y, c.x) - wobble(c).1)
}

/// What is added to the radius and to the angle.
fn wobble(c: Coord<f64>) -> (f64, f64) {
    (0.000_02 * libm::sin(c.y * WOBBLE), 0.000_003 * libm::cos(c.x * WOBBLE))
}

fn polar(radius: f64, angle: f64) -> Coord<f64> {
    Coord { x: radius * libm::cos(angle), y: radius * libm::sin(angle) }
}
