//! Why a city's state is no atlas.

use std::fmt;

use crate::domain::id::{FacilityId, RuleId, UnitId};

/// One thing that keeps a state from being an atlas.
#[derive(Clone, Debug, PartialEq)]
pub enum AtlasFault {
    /// A zone, facility, rule or the city names a unit that there is not.
    UnknownUnit { by: String, unit: UnitId },
    /// A rule names a facility that there is not, or one of another kind.
    UnknownFacility { by: String, facility: FacilityId },
    /// Two zones, units, facilities or rules have one code.
    Twice { what: String },
    /// A geometry is empty, a collection, not finite, or leaves the globe.
    Shape { by: String },
    /// A number is not finite, negative or past its limit.
    Number { by: String, value: f64, max: f64 },
    /// The time zone is not in the IANA list.
    UnknownTimeZone { name: String },
    /// More zones than one index holds.
    TooManyZones { zones: usize, max: usize },
    /// More facilities or rules than one index holds.
    TooMany { what: &'static str, count: usize, max: usize },
    /// The rules that are switched on are about more shapes or vertices than one index holds. `limit` is
    /// the name of the limit, `most` the rule that is about the most.
    Volume { what: &'static str, count: usize, max: usize, limit: &'static str, most: RuleId },
}

impl fmt::Display for AtlasFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownUnit { by, unit } => {
                write!(f, "{by} names the unit {unit}, which there is not")
            }
            Self::UnknownFacility { by, facility } => {
                write!(
                    f,
                    "{by} names the facility {facility}, which is not there or of another kind"
                )
            }
            Self::Twice { what } => write!(f, "{what} is there twice"),
            Self::Shape { by } => write!(
                f,
                "{by} has a geometry that is empty, a collection, not finite or not on the globe"
            ),
            Self::Number { by, value, max } => {
                write!(f, "{by} is {value}; a number from 0 to {max} is right")
            }
            Self::UnknownTimeZone { name } => {
                write!(f, "`{name}` is no IANA time zone such as Asia/Shanghai")
            }
            Self::TooManyZones { zones, max } => {
                write!(f, "{zones} zones are more than the {max} one plan holds")
            }
            Self::TooMany { what, count, max } => {
                write!(f, "{count} {what} are more than the {max} one city holds")
            }
            Self::Volume { what, count, max, limit, most } => write!(
                f,
                "the rules that are switched on are about {count} {what} of facilities, lines and areas, at \
                 most {max} (limit {limit}); rule {most} is about the most"
            ),
        }
    }
}

impl std::error::Error for AtlasFault {}
