//! Where things stand: along the kerbs of the busier cells.

use crate::domain::sample::dice::Dice;
use crate::domain::sample::mesh::Mesh;
use crate::domain::sample::valley::Spot;

/// Cells to draw from, by workload.
pub(super) struct Spread {
    /// Running sums of the weights.
    sums: Vec<f64>,
}

impl Spread {
    pub(super) fn new(mesh: &Mesh, weights: &[f64]) -> Self {
        let mut sum = 0.0;
        let sums = weights
            .iter()
            .zip(&mesh.cells)
            .map(|(weight, cell)| {
                sum += if cell.is_river() { 0.0 } else { *weight };
                sum
            })
            .collect();
        Self { sums }
    }

    /// A cell on dry land, the busier the likelier.
    pub(super) fn busy_cell(&self, dice: &mut Dice) -> u32 {
        let throw = dice.unit() * self.sums.last().copied().unwrap_or(0.0);
        u32::try_from(self.sums.partition_point(|sum| *sum <= throw)).unwrap_or(0)
    }
}

/// A place just inside one of a cell's kerbs.
pub(super) fn kerb(mesh: &Mesh, cell: u32, dice: &mut Dice) -> Spot {
    let of = &mesh.cells[cell as usize];
    let (edge, forward) = of.edges[dice.below(of.edges.len())];
    let points: Vec<Spot> = mesh.along(edge, forward).map(|point| mesh.frame.spot(point)).collect();
    let at = dice.below(points.len());
    let next = points.get(at + 1).copied().unwrap_or(points[at]);
    let street = points[at].between(next, dice.unit());
    let inward = of.middle.minus(street);
    let deep = dice.between(9.0, 34.0).min(inward.length() * 0.8);
    street.plus(inward.unit(), deep)
}

/// A place anywhere within a cell, away from its kerbs.
pub(super) fn yard(mesh: &Mesh, cell: u32, dice: &mut Dice) -> Spot {
    let place = kerb(mesh, cell, dice);
    place.between(mesh.cells[cell as usize].middle, dice.between(0.2, 0.9))
}
