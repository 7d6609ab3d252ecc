//! Which faces lie beside which, and how long their borders are.
//!
//! In whole numbers: what an edit adds is taken away exactly, and an edit costs the segments that it changes.

use std::collections::BTreeMap;

use crate::geom::coverage::face::nanometres;
use crate::geom::coverage::map::Coverage;
use crate::geom::coverage::side::{FaceLabel, Side};

/// The borders of every two faces that share one, and of each face with the outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Borders {
    /// The smaller label first; outside is the smallest.
    between: BTreeMap<(FaceLabel, FaceLabel), Border>,
}

/// A border. One without segments is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Border {
    segments: u32,
    nanometres: i128,
}

/// What lies beside a face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Nobody's land alone.
    Nothing,
    /// One other face alone.
    One(u16),
    /// More than that.
    Several,
}

impl Borders {
    /// The borders of the ground as it is.
    #[must_use]
    pub fn of(coverage: &Coverage) -> Self {
        let mut borders = Self::default();
        for side in coverage.each() {
            borders.add(side);
        }
        borders
    }

    /// A segment came.
    pub fn add(&mut self, side: Side) {
        let border = self.between.entry(side.beside()).or_default();
        border.segments += 1;
        border.nanometres += nanometres(side);
    }

    /// A segment that was counted went.
    pub fn take(&mut self, side: Side) {
        let beside = side.beside();
        let Some(border) = self.between.get_mut(&beside) else { return };
        border.segments -= 1;
        border.nanometres -= nanometres(side);
        if border.segments == 0 {
            self.between.remove(&beside);
        }
    }

    /// The length (m) of the borders between two faces each.
    #[must_use]
    pub fn cut_m(&self) -> f64 {
        let inner = self.between.iter().filter(|((one, _), _)| one.is_some());
        let sum: i128 = inner.map(|(_, border)| border.nanometres).sum();
        #[expect(clippy::cast_precision_loss, reason = "a length for people")]
        let sum = sum as f64;
        sum / 1e9
    }

    /// What lies beside each face, by face.
    #[must_use]
    pub fn beside(&self) -> BTreeMap<u16, Beside> {
        let mut beside: BTreeMap<u16, Beside> = BTreeMap::new();
        // A face's border with the outside comes before all its others.
        for (one, other) in self.between.keys().copied() {
            for (mine, theirs) in [(one, other), (other, one)] {
                let Some(mine) = mine else { continue };
                let first = theirs.map_or(Beside::Nothing, Beside::One);
                beside.entry(mine).and_modify(|it| *it = Beside::Several).or_insert(first);
            }
        }
        beside
    }
}
