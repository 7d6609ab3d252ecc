//! What a build proposes for a gap or an overlap, why, and what was done.

use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::finding::{
    Finding, Gap, Gift, Overlap, OverlapReason, RemedyReason,
};
use crate::geom::coverage::build::settings::Remedy;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Nobody's land between areas.
    Gap,
    /// Areas over each other.
    Overlap,
}

/// How a gap is closed, or an overlap settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A gap goes to one of the areas around it, or is split.
    Gap(Remedy),
    /// A place where areas overlap goes to one of them.
    Given,
    /// The borders were so near that they were brought together.
    Together,
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Of a gap.
    Gap(RemedyReason),
    /// Of an overlap.
    Overlap(OverlapReason),
}

/// A gap or an overlap with its repair. Areas are called as whoever asked calls them.
#[derive(Clone, Debug, PartialEq)]
pub struct Repair {
    /// What was found.
    pub broken: Broken,
    /// Where it is widest.
    pub at: GridPoint,
    /// Its size.
    pub area_m2: f64,
    /// Diameter of the largest circle inside.
    pub width_m: f64,
    /// The areas around a gap, the longest border first; those that lie over each other.
    pub areas: Vec<String>,
    /// What is proposed.
    pub proposed: Way,
    /// Whose the place becomes by the proposal; `None` where it is split.
    pub to: Option<String>,
    /// Why that is proposed.
    pub why: Why,
    /// What the area with the longest border, the first around a gap, never touched and would if the gap became
    /// its own.
    pub joins: Vec<String>,
    /// The line in the middle of a gap, where it has one.
    pub middle: Vec<GridPoint>,
    /// What was done; `None`: the gap is wider than is closed, and stays.
    pub done: Option<Way>,
    /// Whether somebody has to decide.
    pub undecided: bool,
}

impl Way {
    /// Its code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Gap(remedy) => remedy.code(),
            Self::Given => "given",
            Self::Together => "together",
        }
    }
}

impl Why {
    /// Its code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Gap(RemedyReason::OnlyNeighbour) => "only_neighbour",
            Self::Gap(RemedyReason::JoinsNothing) => "joins_nothing",
            Self::Gap(RemedyReason::LongestJoins) => "longest_joins",
            Self::Gap(RemedyReason::AllJoin) => "all_join",
            Self::Overlap(OverlapReason::LongestBorder) => "longest_border",
            Self::Overlap(OverlapReason::WouldVanish) => "would_vanish",
            Self::Overlap(OverlapReason::LowestNumber) => "lowest_number",
        }
    }
}

impl Broken {
    /// Its code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Overlap => "overlap",
        }
    }
}

impl Repair {
    /// The repair of a gap or an overlap; `together` where the borders were brought together, `name` gives what an
    /// area is called. `None` for any other finding.
    #[must_use]
    pub fn of(finding: &Finding, together: bool, name: &dyn Fn(u16) -> String) -> Option<Self> {
        match finding {
            Finding::Gap(gap) => Some(Self::of_gap(gap, together, name)),
            Finding::Overlap(overlap) => Some(Self::of_overlap(overlap, together, name)),
            _ => None,
        }
    }

    fn of_gap(gap: &Gap, together: bool, name: &dyn Fn(u16) -> String) -> Self {
        let gift: Option<&Gift> = match gap.proposed {
            Remedy::Longest => Some(&gap.longest),
            Remedy::Largest => Some(&gap.largest),
            Remedy::Middle => None,
        };
        Self {
            broken: Broken::Gap,
            at: gap.spot.at,
            area_m2: gap.spot.area_m2,
            width_m: gap.spot.width_m,
            areas: gap.neighbours.iter().map(|border| name(border.face)).collect(),
            proposed: Way::Gap(gap.proposed),
            to: gift.map(|gift| name(gift.face)),
            why: Why::Gap(gap.reason),
            joins: gap.longest.joins.iter().map(|face| name(*face)).collect(),
            middle: gap.middle.clone().unwrap_or_default(),
            done: if together { Some(Way::Together) } else { gap.closed.map(Way::Gap) },
            undecided: false,
        }
    }

    fn of_overlap(overlap: &Overlap, together: bool, name: &dyn Fn(u16) -> String) -> Self {
        Self {
            broken: Broken::Overlap,
            at: overlap.spot.at,
            area_m2: overlap.spot.area_m2,
            width_m: overlap.spot.width_m,
            areas: overlap.faces.iter().map(|face| name(*face)).collect(),
            proposed: Way::Given,
            to: Some(name(overlap.given)),
            why: Why::Overlap(overlap.reason),
            joins: Vec::new(),
            middle: Vec::new(),
            done: Some(if together { Way::Together } else { Way::Given }),
            undecided: !together && overlap.reason == OverlapReason::LowestNumber,
        }
    }

    /// What was done, or is proposed, and why: a sentence without its end.
    #[must_use]
    pub fn words(&self) -> String {
        let to = self.to.as_deref().unwrap_or_default();
        let why = self.because();
        let proposal = match self.proposed {
            Way::Gap(Remedy::Longest) => format!("give it to {to}, which has the longest border"),
            Way::Gap(Remedy::Largest) => format!("give it to {to}, the largest around it"),
            Way::Gap(Remedy::Middle) => "split it along its middle line".to_owned(),
            Way::Given | Way::Together => format!("give it to {to}"),
        };
        let done = match self.done {
            Some(Way::Together) => return "the borders were brought together".to_owned(),
            Some(Way::Given) => return format!("it went to {to}, because {why}"),
            Some(done) if done == self.proposed => {
                return format!("it was closed as proposed: {proposal}, because {why}");
            }
            Some(Way::Gap(Remedy::Longest)) => "it was closed by the longest border",
            Some(Way::Gap(Remedy::Largest)) => "it went to the largest around it",
            Some(Way::Gap(Remedy::Middle)) => "it was split along its middle line",
            None => "it was left",
        };
        format!("{done}; proposed: {proposal}, because {why}")
    }

    fn because(&self) -> String {
        let longest = self.areas.first().map(String::as_str).unwrap_or_default();
        let joins = || format!("{longest} would come to touch {}", self.joins.join(", "));
        match self.why {
            Why::Gap(RemedyReason::OnlyNeighbour) => "it has no other neighbour".to_owned(),
            Why::Gap(RemedyReason::JoinsNothing) => {
                "that joins none that did not touch before".to_owned()
            }
            Why::Gap(RemedyReason::LongestJoins) => {
                format!("with the longest border, {}", joins())
            }
            Why::Gap(RemedyReason::AllJoin) => {
                format!("every way joins some that did not touch before: {}", joins())
            }
            Why::Overlap(OverlapReason::LongestBorder) => {
                "it has the longest border with it".to_owned()
            }
            Why::Overlap(OverlapReason::WouldVanish) => {
                "it would have nothing left otherwise".to_owned()
            }
            Why::Overlap(OverlapReason::LowestNumber) => "it stands first".to_owned(),
        }
    }
}
