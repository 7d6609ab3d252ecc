//! The lie of the land: three valley arms that meet where two rivers meet. In base metres, x east
//! and y north of the confluence; a larger city is the same valley, magnified.

use crate::domain::sample::dice::{Dice, count, real, smooth, wave};
use crate::geom::coord::{GridPoint, step};
use crate::geom::project::Scale;

/// A place in metres.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Spot {
    pub(super) x: f64,
    pub(super) y: f64,
}

impl Spot {
    pub(super) fn plus(self, other: Self, times: f64) -> Self {
        Self { x: self.x + other.x * times, y: self.y + other.y * times }
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self { x: self.x - other.x, y: self.y - other.y }
    }

    pub(super) fn times(self, factor: f64) -> Self {
        Self { x: self.x * factor, y: self.y * factor }
    }

    pub(super) fn between(self, other: Self, t: f64) -> Self {
        self.plus(other.minus(self), t)
    }

    pub(super) fn length(self) -> f64 {
        (self.x * self.x + self.y * self.y).sqrt()
    }

    /// The same direction, one metre long; nothing for nothing.
    pub(super) fn unit(self) -> Self {
        let length = self.length();
        if length > 0.0 { self.times(1.0 / length) } else { self }
    }

    /// A quarter turn to the left.
    pub(super) fn left(self) -> Self {
        Self { x: -self.y, y: self.x }
    }

    pub(super) fn dot(self, other: Self) -> f64 {
        self.x * other.x + self.y * other.y
    }
}

/// Between metres around a city's confluence and the grid.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    lon: f64,
    lat: f64,
    scale: Scale,
    /// The turn of this city against the first one.
    turn: (f64, f64),
}

/// The first city's confluence (WGS84).
const CONFLUENCE: (f64, f64) = (109.4880, 36.5950);

impl Frame {
    /// The frame of the `city`-th city, magnified `size` times.
    pub(super) fn of_city(city: u32, size: f64) -> Self {
        let (column, row) = (f64::from(city % 8), f64::from(city / 8 % 8));
        let lat = CONFLUENCE.1 - 0.5 * row * size;
        let turn = libm::sincos(f64::from(city) * 0.7);
        Self {
            lon: CONFLUENCE.0 + 0.6 * column * size,
            lat,
            scale: Scale::at(lat),
            turn: (turn.1, turn.0),
        }
    }

    pub(super) fn grid(&self, spot: Spot) -> GridPoint {
        let (cos, sin) = self.turn;
        let (east, north) = (spot.x * cos - spot.y * sin, spot.x * sin + spot.y * cos);
        GridPoint {
            x: step(self.lon + east / self.scale.lon_m),
            y: step(self.lat + north / self.scale.lat_m),
        }
    }

    pub(super) fn spot(&self, point: GridPoint) -> Spot {
        let place = point.degrees();
        let east = (place.lon() - self.lon) * self.scale.lon_m;
        let north = (place.lat() - self.lat) * self.scale.lat_m;
        let (cos, sin) = self.turn;
        Spot { x: east * cos + north * sin, y: north * cos - east * sin }
    }

    /// A real place of the first city as a spot; in other cities, the spot that corresponds.
    pub(super) fn anchor(lon: f64, lat: f64, size: f64) -> Spot {
        let scale = Scale::at(CONFLUENCE.1);
        let spot =
            Spot { x: (lon - CONFLUENCE.0) * scale.lon_m, y: (lat - CONFLUENCE.1) * scale.lat_m };
        spot.times(size)
    }
}

/// The three arms, counter-clockwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Arm {
    /// Down the joined river.
    East,
    /// Up the larger river.
    West,
    /// Up the smaller river.
    South,
}

impl Arm {
    pub(super) const ALL: [Self; 3] = [Self::East, Self::West, Self::South];

    /// The next arm counter-clockwise.
    pub(super) fn next(self) -> Self {
        match self {
            Self::East => Self::West,
            Self::West => Self::South,
            Self::South => Self::East,
        }
    }

    /// The next arm clockwise.
    pub(super) fn before(self) -> Self {
        self.next().next()
    }

    /// The valley's course, longitude and latitude.
    fn course(self) -> &'static [(f64, f64)] {
        match self {
            Self::East => &[
                (109.4985, 36.6008),
                (109.5085, 36.6060),
                (109.5220, 36.6085),
                (109.5370, 36.6165),
                (109.5540, 36.6215),
                (109.5680, 36.6320),
            ],
            Self::West => &[
                (109.4795, 36.6020),
                (109.4705, 36.6085),
                (109.4560, 36.6100),
                (109.4390, 36.6185),
                (109.4220, 36.6220),
                (109.4080, 36.6295),
            ],
            Self::South => &[
                (109.4848, 36.5855),
                (109.4785, 36.5770),
                (109.4730, 36.5680),
                (109.4735, 36.5570),
                (109.4695, 36.5470),
                (109.4730, 36.5375),
            ],
        }
    }
}

/// On which side of the river, looking away from the confluence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Left,
    Right,
}

/// How far apart an axis is sampled, in metres.
const SAMPLE_M: f64 = 20.0;

/// A valley arm: its axis, its river, its widths.
#[derive(Clone, Debug)]
pub(super) struct Valley {
    axis: Vec<Spot>,
    seed: u64,
    /// Half the width at the confluence and at the far end.
    half_m: (f64, f64),
    /// How far the river swings off the axis.
    swing_m: f64,
}

impl Valley {
    pub(super) fn new(arm: Arm, seed: u64) -> Self {
        let mut course = vec![Spot::default()];
        course.extend(arm.course().iter().map(|&(lon, lat)| Frame::anchor(lon, lat, 1.0)));
        let mut axis = resample(&course);
        for _ in 0..160 {
            let old = axis.clone();
            for (at, trio) in old.windows(3).enumerate() {
                axis[at + 1] = trio[0].between(trio[2], 0.5).between(trio[1], 0.5);
            }
        }
        let half_m = match arm {
            Arm::East => (540.0, 430.0),
            Arm::West => (520.0, 400.0),
            Arm::South => (500.0, 350.0),
        };
        let seed = Dice::for_purpose(seed, &format!("valley {arm:?}")).word();
        Self { axis: resample(&axis), seed, half_m, swing_m: 110.0 }
    }

    pub(super) fn length_m(&self) -> f64 {
        real(self.axis.len().saturating_sub(1)) * SAMPLE_M
    }

    /// The axis `along_m` from the confluence, going on straight beyond its end, and its
    /// direction.
    pub(super) fn axis(&self, along_m: f64) -> (Spot, Spot) {
        let direction = self.point(along_m + 80.0).minus(self.point((along_m - 80.0).max(0.0)));
        (self.point(along_m), direction.unit())
    }

    fn point(&self, along_m: f64) -> Spot {
        let last = self.axis.len() - 2;
        let at = count((along_m / SAMPLE_M).floor()).min(last);
        self.axis[at].between(self.axis[at + 1], along_m / SAMPLE_M - real(at))
    }

    /// How far left of the axis the river runs.
    pub(super) fn river_m(&self, along_m: f64) -> f64 {
        let swing = wave(self.seed ^ 1, along_m / 640.0) * self.swing_m
            + wave(self.seed ^ 2, along_m / 230.0) * 16.0;
        swing * smooth((along_m - 150.0) / 700.0)
    }

    /// How wide the built-up ground is between axis and hillside.
    pub(super) fn half_m(&self, side: Side, along_m: f64) -> f64 {
        let (near, far) = self.half_m;
        let salt = if side == Side::Left { 3 } else { 4 };
        let broad = near + (far - near) * smooth(along_m / self.length_m());
        let uneven = wave(self.seed ^ salt, along_m / 900.0) * 95.0
            + wave(self.seed ^ (salt << 8), along_m / 310.0) * 28.0;
        broad + uneven * smooth(along_m / 600.0)
    }
}

/// The same course with equal steps of [`SAMPLE_M`].
fn resample(course: &[Spot]) -> Vec<Spot> {
    let mut out = vec![course[0]];
    let mut left = SAMPLE_M;
    for pair in course.windows(2) {
        let length = pair[1].minus(pair[0]).length();
        let mut at = left;
        while at <= length {
            out.push(pair[0].between(pair[1], at / length));
            at += SAMPLE_M;
        }
        left = at - length;
    }
    out
}

/// The cotangent of half the angle between two directions: how far along each the lines meet that
/// run one metre inside the corner.
pub(super) fn corner(a: Spot, b: Spot) -> f64 {
    let sine = a.left().dot(b).abs();
    if sine > 0.0 { (1.0 + a.dot(b)) / sine } else { 0.0 }
}
