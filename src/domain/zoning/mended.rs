//! What was wrong in the areas that a ground was made of, and was mended when they were taken up.
//!
//! It is constant for a ground: no edit changes it, and whoever reviews a draft is told what the plan that it stands
//! on had.

use std::sync::Arc;

use crate::domain::id::ZoneId;
use crate::domain::zoning::found::{mends, told};
use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::finding::{Finding, OverlapReason, Spot};

/// Most that are kept of one ground, those that cover most.
pub const MENDED_MAX: usize = 1_000;

/// Something that was mended.
#[derive(Clone, Debug, PartialEq)]
pub struct Mended {
    /// The zones that lay over each other, or around a gap; of an area that was wrong in itself this one.
    pub zones: Vec<ZoneId>,
    /// Where.
    pub at: Option<GridPoint>,
    /// How large.
    pub area_m2: Option<f64>,
    /// The diameter of the largest circle inside.
    pub width_m: Option<f64>,
    /// Whether it is more than a hair line, so that somebody has to decide.
    pub undecided: bool,
    /// What it was, and what was done.
    pub words: String,
}

/// Everything that was mended when a ground was made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AllMended {
    /// In the order of the build; where there was more than [`MENDED_MAX`], the largest first.
    pub listed: Vec<Arc<Mended>>,
    /// How many more.
    pub more: usize,
}

/// How the findings of a build became words about zones.
pub(super) struct Words<'a> {
    /// The zone of each area.
    pub(super) zone: &'a dyn Fn(u16) -> Option<&'a ZoneId>,
    /// Whether borders were snapped: then overlaps and gaps are those of the areas as they came, and there is no
    /// place any more that went to one.
    pub(super) snapped: bool,
}

impl AllMended {
    /// What of a build's findings was mended.
    pub(super) fn of(findings: &[Finding], words: &Words<'_>) -> Self {
        let mended = findings.iter().filter(|it| mends(it)).filter_map(|it| words.mended(it));
        let mut listed: Vec<Arc<Mended>> = mended.map(Arc::new).collect();
        let more = listed.len().saturating_sub(MENDED_MAX);
        if more > 0 {
            let size = |it: &Mended| it.area_m2.unwrap_or(f64::INFINITY);
            listed.sort_by(|a, b| size(b).total_cmp(&size(a)));
            listed.truncate(MENDED_MAX);
        }
        Self { listed, more }
    }
}

impl Words<'_> {
    fn mended(&self, finding: &Finding) -> Option<Mended> {
        match finding {
            Finding::Overlap(it) => {
                let undecided = it.reason == OverlapReason::LowestNumber;
                let zones = self.zones(it.faces.iter().copied());
                let what = format!("zones {} lay over each other", list(&zones));
                let given = list(&self.zones([it.given]));
                let how = match (undecided, self.snapped) {
                    (true, _) => {
                        format!("it went to zone {given}; draw it for the one that is meant")
                    }
                    (false, true) => BROUGHT_TOGETHER.to_owned(),
                    (false, false) => format!("it went to zone {given}"),
                };
                Some(spot(zones, it.spot, undecided, (&what, &how)))
            }
            Finding::Gap(it) => {
                let zones = self.zones(it.neighbours.iter().map(|border| border.face));
                let what = format!("between zones {} was a gap", list(&zones));
                let how = if self.snapped { BROUGHT_TOGETHER } else { "it was closed" };
                Some(spot(zones, it.spot, false, (&what, how)))
            }
            other => self.other(other),
        }
    }

    /// What is wrong in an area itself, and what was snapped.
    fn other(&self, finding: &Finding) -> Option<Mended> {
        let name = |face: u16| (self.zone)(face).map_or_else(String::new, ToString::to_string);
        let told = told(finding, name)?;
        let zones = self.zones(told.face);
        let of = zones.first().map_or_else(String::new, |zone| format!("zone {zone} "));
        let area_m2 = match finding {
            Finding::Snapped(it) => Some(it.moved_m2),
            Finding::Duplicate { area_m2, .. } => Some(*area_m2),
            _ => None,
        };
        let words = format!("mended on taking up: {of}{}; {}", told.fault, told.remedy);
        let undecided = !told.warning;
        Some(Mended { zones, at: told.at, area_m2, width_m: None, undecided, words })
    }

    fn zones(&self, faces: impl IntoIterator<Item = u16>) -> Vec<ZoneId> {
        faces.into_iter().filter_map(|face| (self.zone)(face).cloned()).collect()
    }
}

/// What became of a hair line that was snapped.
const BROUGHT_TOGETHER: &str = "the borders were brought together";

fn spot(zones: Vec<ZoneId>, spot: Spot, undecided: bool, (what, how): (&str, &str)) -> Mended {
    let Spot { at, area_m2, width_m } = spot;
    let size = format!("{area_m2:.2} m², {width_m:.3} m wide");
    let words = format!("mended on taking up: {what}, {size}; {how}");
    let (at, area_m2, width_m) = (Some(at), Some(area_m2), Some(width_m));
    Mended { zones, at, area_m2, width_m, undecided, words }
}

/// `a, b and c`.
pub(super) fn list(zones: &[ZoneId]) -> String {
    let Some((last, before)) = zones.split_last() else { return String::new() };
    let before: Vec<&str> = before.iter().map(ZoneId::as_str).collect();
    if before.is_empty() { last.to_string() } else { format!("{} and {last}", before.join(", ")) }
}
