//! The city as its makers see it, before it is put into the nouns of the atlas.

use std::collections::BTreeSet;

use crate::domain::sample::mesh::Mesh;
use crate::domain::sample::streets::{Rank, Street, streets};
use crate::domain::sample::zones::{Division, division};
use crate::domain::text::Names;

/// Lattice, street names, and how the ground is divided.
pub(super) struct Plot {
    pub(super) mesh: Mesh,
    pub(super) streets: Vec<Street>,
    pub(super) division: Division,
}

impl Plot {
    pub(super) fn new(seed: u64, city: u32, zones: u32) -> Self {
        let mesh = Mesh::new(seed, city, zones);
        let streets = streets(&mesh);
        let division = division(&mesh, &streets, seed, zones);
        Self { mesh, streets, division }
    }

    /// The code of a zone by its place in the division.
    pub(super) fn zone_code(&self, zone: usize) -> String {
        let digits = self.division.zones.len().to_string().len().max(2);
        format!("zone-{:0digits$}", zone + 1)
    }

    /// The street that matters most in or about these cells.
    pub(super) fn place_name(&self, cells: &[u32]) -> Names {
        let own: BTreeSet<u32> = cells
            .iter()
            .flat_map(|cell| self.mesh.cells[*cell as usize].edges.iter().map(|(edge, _)| *edge))
            .collect();
        let mut best = (0.0, &self.streets[0].names);
        for street in &self.streets {
            let length: f64 = street
                .edges
                .iter()
                .filter(|(edge, _)| own.contains(edge))
                .map(|(edge, _)| self.mesh.edges[*edge as usize].length_m)
                .sum();
            let value = match street.rank {
                Rank::Main => length * 4.0,
                Rank::Along => length,
                Rank::Cross => length * 0.5,
            };
            if value > best.0 {
                best = (value, &street.names);
            }
        }
        best.1.clone()
    }
}
