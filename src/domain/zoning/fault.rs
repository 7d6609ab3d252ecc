//! Why an edit does not fit the ground.

use std::fmt;

use crate::domain::id::ZoneId;
use crate::geom::coord::GridPoint;

/// An edit that does not fit, with what would be right and the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditFault {
    /// Which edit of those asked together, from 0.
    pub edit: usize,
    /// What is wrong and what would be right.
    pub says: String,
    /// Where.
    pub at: Option<GridPoint>,
}

impl fmt::Display for EditFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => {
                let at = at.degrees();
                write!(f, "{} (at {}, {})", self.says, at.lon(), at.lat())
            }
            None => f.write_str(&self.says),
        }
    }
}

impl std::error::Error for EditFault {}

/// A sentence about faces as one about zones; `zone_of` gives the zone of a face.
pub(super) fn in_zones<'a>(says: &str, zone_of: impl Fn(u16) -> Option<&'a ZoneId>) -> String {
    let mut told: Vec<String> = Vec::new();
    // Behind `face 3` and between `faces 3 and 4` stand numbers of faces.
    let mut named = false;
    for word in says.split(' ') {
        let digits = word.trim_end_matches(|c: char| !c.is_ascii_digit());
        let face = digits.parse::<u16>().ok().filter(|_| named);
        told.push(match face.and_then(&zone_of) {
            Some(zone) => format!("{zone}{}", &word[digits.len()..]),
            None => word.replace("face", "zone"),
        });
        named = face.is_some() && digits == word
            || word == "face"
            || word == "faces"
            || named && word == "and";
    }
    told.join(" ")
}
