//! What was wrong in the areas that a ground was made of, and was mended when they were taken up.
//!
//! It is constant for a ground: no edit changes it, and whoever reviews a draft is told what the plan that it stands
//! on had.

use std::sync::Arc;

use crate::domain::id::ZoneId;
use crate::domain::zoning::found::{Told, mends, told};
use crate::domain::zoning::repair::{Broken, Repair};
use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::finding::{Finding, Hair};

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
    /// Of an overlap or a gap, what was proposed, why, and what was done.
    pub repair: Option<Repair>,
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
        let name = |face: u16| (self.zone)(face).map_or_else(String::new, ToString::to_string);
        let told = told(finding, &name)?;
        let Some(repair) = Repair::of(finding, &name) else {
            return Some(self.other(finding, &told));
        };
        let zones = match finding {
            Finding::Overlap(it) | Finding::Together(Hair::Overlap(it)) => {
                self.zones(it.faces.iter().copied())
            }
            Finding::Gap(it) | Finding::Together(Hair::Gap(it)) => {
                self.zones(it.neighbours.iter().map(|border| border.face))
            }
            _ => Vec::new(),
        };
        let what = match repair.broken {
            Broken::Overlap => format!("zones {} lay over each other", list(&zones)),
            Broken::Gap => format!("between zones {} was a gap", list(&zones)),
        };
        let how = if repair.undecided {
            let to = repair.to.as_deref().unwrap_or_default();
            format!("it went to zone {to}; draw it for the one that is meant")
        } else {
            repair.words()
        };
        let size = format!("{:.2} m², {:.3} m wide", repair.area_m2, repair.width_m);
        Some(Mended {
            zones,
            at: Some(repair.at),
            area_m2: Some(repair.area_m2),
            width_m: Some(repair.width_m),
            undecided: repair.undecided,
            words: format!("mended on taking up: {what}, {size}; {how}"),
            repair: Some(repair),
        })
    }

    /// What is wrong in an area itself, and what was snapped.
    fn other(&self, finding: &Finding, told: &Told) -> Mended {
        let zones = self.zones(told.face);
        let of = zones.first().map_or_else(String::new, |zone| format!("zone {zone} "));
        let area_m2 = match finding {
            Finding::Snapped(it) => Some(it.moved_m2),
            Finding::Duplicate { area_m2, .. } => Some(*area_m2),
            _ => None,
        };
        let words = format!("mended on taking up: {of}{}; {}", told.fault, told.remedy);
        let (at, undecided) = (told.at, !told.warning);
        Mended { zones, at, area_m2, width_m: None, undecided, words, repair: None }
    }

    fn zones(&self, faces: impl IntoIterator<Item = u16>) -> Vec<ZoneId> {
        faces.into_iter().filter_map(|face| (self.zone)(face).cloned()).collect()
    }
}

/// `a, b and c`.
pub(super) fn list(zones: &[ZoneId]) -> String {
    let Some((last, before)) = zones.split_last() else { return String::new() };
    let before: Vec<&str> = before.iter().map(ZoneId::as_str).collect();
    if before.is_empty() { last.to_string() } else { format!("{} and {last}", before.join(", ")) }
}
