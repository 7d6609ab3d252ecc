//! Ground that zones together have and others had not, or the other way round.

use geo::InteriorPoint;
use geo_types::{MultiPolygon, Polygon};

use crate::geom::coord::{GridBox, GridPoint, step};
use crate::geom::measure::polygon_area_m2;
use crate::geom::overlay::{Sheet, frame};

/// Smaller than this (m²) over a whole city is rounding.
pub const NOTHING_M2: f64 = 1.0;

/// A piece of ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// A place in it.
    pub at: GridPoint,
    /// Its size.
    pub area_m2: f64,
}

/// What was won and what was lost at an outline, each the largest piece first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutlineChange {
    /// Ground that is in a zone and was in none.
    pub won: Vec<Piece>,
    /// Ground that was in a zone and is in none.
    pub lost: Vec<Piece>,
}

impl OutlineChange {
    /// From one ground to another.
    ///
    /// # Cost
    /// Nothing where they are the same; else that of laying one over the other, twice.
    #[must_use]
    pub fn between(was: &MultiPolygon<f64>, is: &MultiPolygon<f64>) -> Self {
        let whole = [was, is].into_iter().filter_map(frame).reduce(GridBox::with);
        let Some(whole) = whole.filter(|_| was != is) else { return Self::default() };
        let sheet = Sheet::around(whole);
        let (was, is) = (sheet.lay(was), sheet.lay(is));
        Self { won: pieces(&sheet.alone(&is, &[&was])), lost: pieces(&sheet.alone(&was, &[&is])) }
    }

    /// Whether more was won or lost than rounding does.
    #[must_use]
    pub fn is_some(&self) -> bool {
        [&self.won, &self.lost].into_iter().any(|pieces| sum_m2(pieces) > NOTHING_M2)
    }

    /// The largest piece of all.
    #[must_use]
    pub fn largest(&self) -> Option<&Piece> {
        let firsts = [self.won.first(), self.lost.first()].into_iter().flatten();
        firsts.max_by(|a, b| a.area_m2.total_cmp(&b.area_m2))
    }
}

/// The size of all pieces.
#[must_use]
pub fn sum_m2(pieces: &[Piece]) -> f64 {
    pieces.iter().map(|piece| piece.area_m2).sum()
}

fn pieces(area: &MultiPolygon<f64>) -> Vec<Piece> {
    let piece = |part: &Polygon<f64>| {
        let inside = part.interior_point().map(|at| at.0);
        let at = inside.or_else(|| part.exterior().0.first().copied())?;
        let at = GridPoint { x: step(at.x), y: step(at.y) };
        Some(Piece { at, area_m2: polygon_area_m2(part) })
    };
    let mut all: Vec<Piece> = area.iter().filter_map(piece).collect();
    all.sort_by(|a, b| b.area_m2.total_cmp(&a.area_m2).then(a.at.cmp(&b.at)));
    all
}
