//! The desk: one row's texts in, its answer or its fault out. Shared by all workers.

use std::fmt;

use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::CategoryCode;
use crate::domain::reports::confidence::{AccuracyFault, accuracy};
use crate::domain::reports::routing::{Ask, Brief, route_brief_within};
use crate::domain::time::Instant;
use crate::formats::fixed::{Degrees, degrees, number};
use crate::formats::label::clip;
use crate::geom::coord::{GridPoint, PositionFault};
use crate::geom::crs::Crs;
use crate::geom::locate::area::Surroundings;

/// What a row gives, as text.
#[derive(Clone, Copy, Default)]
pub(super) struct Given<'a> {
    pub(super) lon: &'a [u8],
    pub(super) lat: &'a [u8],
    /// These three may be empty: nothing is said.
    pub(super) accuracy: &'a [u8],
    pub(super) category: &'a [u8],
    pub(super) at: &'a [u8],
}

/// Why a row is not routed. The words begin with a letter: no spreadsheet takes them for a formula.
#[derive(Clone, Debug)]
pub(super) enum RowFault {
    /// Longitude or latitude is empty.
    NoPosition,
    /// One of them is no number.
    NotNumber {
        which: &'static str,
        given: String,
    },
    /// The door refused the pair.
    Position(PositionFault),
    /// The accuracy is no number, or no radius.
    AccuracyText {
        given: String,
    },
    Accuracy(AccuracyFault),
    /// No category code.
    Category {
        given: String,
    },
    /// No time.
    Time(String),
    /// Another number of fields than the header has.
    Ragged {
        fields: usize,
        columns: usize,
    },
    /// A quote is never closed.
    Unclosed,
    /// The line or feature is no JSON object.
    NotJson(String),
    /// The feature's geometry is no point.
    NotPoint {
        given: String,
    },
}

impl RowFault {
    /// How many kinds there are.
    pub(super) const KINDS: usize = 9;
    /// What the summary calls them.
    pub(super) const NAMES: [&'static str; Self::KINDS] = [
        "without a position",
        "position is no number",
        "not finite",
        "outside the globe",
        "looks swapped",
        "null island",
        "accuracy, category or time not understood",
        "broken rows",
        "no point",
    ];

    /// The place in [`Self::NAMES`].
    pub(super) fn kind(&self) -> usize {
        match self {
            Self::NoPosition => 0,
            Self::NotNumber { .. } => 1,
            Self::Position(PositionFault::NotFinite { .. }) => 2,
            Self::Position(PositionFault::OutOfRange { .. }) => 3,
            Self::Position(PositionFault::Swapped { .. }) => 4,
            Self::Position(PositionFault::Null { .. }) => 5,
            Self::AccuracyText { .. }
            | Self::Accuracy(_)
            | Self::Category { .. }
            | Self::Time(_) => 6,
            Self::Ragged { .. } | Self::Unclosed | Self::NotJson(_) => 7,
            Self::NotPoint { .. } => 8,
        }
    }
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPosition => write!(f, "no position: longitude or latitude is empty"),
            Self::NotNumber { which, given } => {
                write!(f, "{which} `{given}` is no number; give decimal degrees such as 109.484")
            }
            Self::Position(fault) => fault.fmt(f),
            Self::AccuracyText { given } => {
                write!(f, "accuracy `{given}` is no number; give metres")
            }
            Self::Accuracy(fault) => fault.fmt(f),
            Self::Category { given } => write!(
                f,
                "category `{given}` is no code; give one such as event.05.parking or leave it empty"
            ),
            Self::Time(words) => write!(f, "time {words}"),
            Self::Ragged { fields, columns } => {
                write!(f, "row has {fields} fields where the header has {columns}")
            }
            Self::Unclosed => write!(f, "row opens a quote that is never closed"),
            Self::NotJson(words) => write!(f, "row is no JSON object: {words}"),
            Self::NotPoint { given } => {
                write!(f, "geometry is {given}; only a point can be routed")
            }
        }
    }
}

/// What is the same for every row.
pub(super) struct Desk<'a> {
    pub(super) atlas: &'a Atlas,
    pub(super) crs: Crs,
    /// When, for rows that do not say.
    pub(super) at: Instant,
    /// Accuracy (m) for rows that do not say; `None`: the city's assumption.
    pub(super) accuracy_m: Option<f64>,
    /// The plan's version; 0 for zones from a file.
    pub(super) plan: i64,
}

/// What a row asks.
pub(super) struct Question {
    pub(super) position: GridPoint,
    accuracy_m: Option<f64>,
    category: Option<CategoryCode>,
    at: Instant,
}

impl<'a> Desk<'a> {
    /// Who answers for a row.
    pub(super) fn answer(&self, given: &Given<'_>) -> Result<Brief<'a>, RowFault> {
        let asked = self.read(given)?;
        let around = self.atlas.areas().surroundings(asked.position);
        Ok(self.decide(&asked, around))
    }

    /// Who answers, for a row that was read and whose surroundings are known.
    pub(super) fn decide(&self, asked: &Question, around: Surroundings) -> Brief<'a> {
        let Question { position, accuracy_m, ref category, at } = *asked;
        let ask = Ask { position, accuracy_m, category: category.as_ref(), at };
        route_brief_within(self.atlas, &ask, around)
    }

    /// What a row asks.
    pub(super) fn read(&self, given: &Given<'_>) -> Result<Question, RowFault> {
        let position = self.position(given.lon, given.lat)?;
        let category = match given.category.trim_ascii() {
            [] => None,
            text => {
                let text = String::from_utf8_lossy(text);
                let fault = |_| RowFault::Category { given: clip(&text) };
                Some(CategoryCode::new(&text).map_err(fault)?)
            }
        };
        let at = match given.at.trim_ascii() {
            [] => self.at,
            text => {
                Instant::parse(&clip(&String::from_utf8_lossy(text))).map_err(RowFault::Time)?
            }
        };
        let accuracy_m = match given.accuracy.trim_ascii() {
            [] => self.accuracy_m,
            text => Some(radius(text)?),
        };
        Ok(Question { position, accuracy_m, category, at })
    }

    fn position(&self, lon: &[u8], lat: &[u8]) -> Result<GridPoint, RowFault> {
        if self.crs.same_degrees(Crs::Wgs84)
            && let (Degrees::Steps(x), Degrees::Steps(y)) = (degrees(lon), degrees(lat))
        {
            let p = GridPoint { x, y };
            if self.atlas.is_plain(p) {
                return Ok(p);
            }
        }
        let (lon, lat) = (axis("longitude", lon)?, axis("latitude", lat)?);
        self.atlas.enter(lon, lat, self.crs).map_err(RowFault::Position)
    }
}

fn radius(text: &[u8]) -> Result<f64, RowFault> {
    let metres = number(text)
        .ok_or_else(|| RowFault::AccuracyText { given: clip(&String::from_utf8_lossy(text)) })?;
    accuracy(metres).map_err(RowFault::Accuracy)
}

fn axis(which: &'static str, text: &[u8]) -> Result<f64, RowFault> {
    if text.trim_ascii().is_empty() {
        return Err(RowFault::NoPosition);
    }
    let given = || clip(&String::from_utf8_lossy(text));
    number(text).ok_or_else(|| RowFault::NotNumber { which, given: given() })
}
