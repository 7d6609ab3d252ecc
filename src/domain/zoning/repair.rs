//! What a build proposes for a gap or an overlap, why, and what was done.

use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::finding::{
    Finding, Gap, Gift, Hair, Overlap, OverlapReason, RemedyReason,
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

/// A way that is open for a gap or an overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Which.
    pub way: Way,
    /// Whose the place becomes; `None` where it is split.
    pub to: Option<String>,
    /// What that area never touched and would if a gap became its own.
    pub joins: Vec<String>,
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
    /// Every way that is open: of a gap the longest border, the largest area and, where there is one, the middle
    /// line; of an overlap each area that lies there.
    pub offers: Vec<Offer>,
    /// The line in the middle of a gap, where it has one.
    pub middle: Vec<GridPoint>,
    /// What was done; `None`: the gap is wider than is closed, and stays.
    pub done: Option<Way>,
    /// Whether somebody has to decide.
    pub undecided: bool,
}

/// What was snapped: borders that nearly matched were brought together.
#[derive(Clone, Debug, PartialEq)]
pub struct Snaps {
    /// Vertices that were moved, and bends that borders got.
    pub vertices: usize,
    /// How far the farthest.
    pub farthest_m: f64,
    /// What the borders swept, once for each area that has them.
    pub moved_m2: f64,
    /// Between which areas, the largest moved area first.
    pub between: Vec<Between>,
    /// Between how many more.
    pub more: usize,
}

/// What was snapped between two areas.
#[derive(Clone, Debug, PartialEq)]
pub struct Between {
    /// What they are called.
    pub areas: [String; 2],
    /// As of [`Snaps`].
    pub vertices: usize,
    /// As of [`Snaps`].
    pub farthest_m: f64,
    /// Where the farthest move ended.
    pub at: GridPoint,
    /// As of [`Snaps`].
    pub moved_m2: f64,
}

impl Snaps {
    /// What a finding says of it; `None` for any other.
    #[must_use]
    pub fn of(finding: &Finding, name: &dyn Fn(u16) -> String) -> Option<Self> {
        let Finding::Snapped(snapped) = finding else { return None };
        let between = snapped.between.iter().map(|pair| Between {
            areas: pair.faces.map(name),
            vertices: pair.vertices,
            farthest_m: pair.farthest_m,
            at: pair.at,
            moved_m2: pair.moved_m2,
        });
        Some(Self {
            vertices: snapped.vertices,
            farthest_m: snapped.farthest_m,
            moved_m2: snapped.moved_m2,
            between: between.collect(),
            more: snapped.pairs.saturating_sub(snapped.between.len()),
        })
    }
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

    /// What to do, for the area whose the place becomes.
    fn words(self, to: Option<&str>) -> String {
        let to = to.unwrap_or_default();
        match self {
            Self::Gap(Remedy::Longest) => format!("give it to {to}, which has the longest border"),
            Self::Gap(Remedy::Largest) => format!("give it to {to}, the largest around it"),
            Self::Gap(Remedy::Middle) => "split it along its middle line".to_owned(),
            Self::Given | Self::Together => format!("give it to {to}"),
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
    /// The repair of a gap or an overlap; `name` gives what an area is called. `None` for any other finding.
    #[must_use]
    pub fn of(finding: &Finding, name: &dyn Fn(u16) -> String) -> Option<Self> {
        match finding {
            Finding::Gap(gap) => Some(Self::of_gap(gap, false, name)),
            Finding::Overlap(overlap) => Some(Self::of_overlap(overlap, false, name)),
            Finding::Together(Hair::Gap(gap)) => Some(Self::of_gap(gap, true, name)),
            Finding::Together(Hair::Overlap(overlap)) => {
                Some(Self::of_overlap(overlap, true, name))
            }
            _ => None,
        }
    }

    fn of_gap(gap: &Gap, together: bool, name: &dyn Fn(u16) -> String) -> Self {
        let gift: Option<&Gift> = match gap.proposed {
            Remedy::Longest => Some(&gap.longest),
            Remedy::Largest => Some(&gap.largest),
            Remedy::Middle => None,
        };
        let offer = |remedy: Remedy, gift: &Gift| Offer {
            way: Way::Gap(remedy),
            to: Some(name(gift.face)),
            joins: gift.joins.iter().map(|face| name(*face)).collect(),
        };
        let mut offers =
            vec![offer(Remedy::Longest, &gap.longest), offer(Remedy::Largest, &gap.largest)];
        if gap.middle.is_some() {
            let way = Way::Gap(Remedy::Middle);
            offers.push(Offer { way, to: None, joins: Vec::new() });
        }
        Self {
            broken: Broken::Gap,
            at: gap.spot.at,
            area_m2: gap.spot.area_m2,
            width_m: gap.spot.width_m,
            areas: gap.neighbours.iter().map(|border| name(border.face)).collect(),
            proposed: Way::Gap(gap.proposed),
            to: gift.map(|gift| name(gift.face)),
            why: Why::Gap(gap.reason),
            offers,
            middle: gap.middle.clone().unwrap_or_default(),
            done: if together { Some(Way::Together) } else { gap.closed.map(Way::Gap) },
            undecided: false,
        }
    }

    fn of_overlap(overlap: &Overlap, together: bool, name: &dyn Fn(u16) -> String) -> Self {
        let offer =
            |&face: &u16| Offer { way: Way::Given, to: Some(name(face)), joins: Vec::new() };
        let offers = overlap.faces.iter().map(offer).collect();
        Self {
            broken: Broken::Overlap,
            at: overlap.spot.at,
            area_m2: overlap.spot.area_m2,
            width_m: overlap.spot.width_m,
            areas: overlap.faces.iter().map(|face| name(*face)).collect(),
            proposed: Way::Given,
            to: Some(name(overlap.given)),
            why: Why::Overlap(overlap.reason),
            offers,
            middle: Vec::new(),
            done: Some(if together { Way::Together } else { Way::Given }),
            undecided: !together && overlap.reason == OverlapReason::LowestNumber,
        }
    }

    /// What was done, or is proposed, why, and what else is open: a sentence without its end.
    #[must_use]
    pub fn words(&self) -> String {
        let why = self.because();
        let to = self.to.as_deref();
        let done = match self.done {
            Some(Way::Together) => return "the borders were brought together".to_owned(),
            Some(Way::Given) => {
                let given = format!("it went to {}, because {why}", to.unwrap_or_default());
                return given + &self.else_open();
            }
            Some(done) if done == self.proposed => "it was closed as proposed: ",
            Some(Way::Gap(Remedy::Longest)) => "it was closed by the longest border; proposed: ",
            Some(Way::Gap(Remedy::Largest)) => "it went to the largest around it; proposed: ",
            Some(Way::Gap(Remedy::Middle)) => "it was split along its middle line; proposed: ",
            None => "it was left; proposed: ",
        };
        let proposal = self.proposed.words(to);
        format!("{done}{proposal}, because {why}{}", self.else_open())
    }

    /// The other ways that are open, with what they would join.
    fn else_open(&self) -> String {
        // Whose the longest border is may be the largest, too.
        let other = |offer: &&Offer| offer.to != self.to;
        let ways = self.offers.iter().filter(other).map(|offer| {
            let words = offer.way.words(offer.to.as_deref());
            if offer.joins.is_empty() {
                words
            } else {
                format!("{words}, which would come to touch {}", offer.joins.join(", "))
            }
        });
        let ways: Vec<String> = ways.collect();
        if ways.is_empty() { String::new() } else { format!("; or {}", ways.join("; or ")) }
    }

    fn because(&self) -> String {
        let longest = self.areas.first().map(String::as_str).unwrap_or_default();
        let joins = || {
            let joined = self.offers.first().map(|offer| offer.joins.join(", "));
            format!("{longest} would come to touch {}", joined.unwrap_or_default())
        };
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
