//! The city as its makers see it, before it is put into the nouns of the atlas.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::sample::mesh::Mesh;
use crate::domain::sample::streets::{Rank, Street, streets};
use crate::domain::sample::zones::{Division, division};
use crate::domain::text::Names;

/// Lattice, street names, and how the ground is divided.
pub(super) struct Plot {
    pub(super) mesh: Mesh,
    pub(super) streets: Vec<Street>,
    pub(super) division: Division,
    /// The street that each edge belongs to.
    street_of: Vec<Option<u32>>,
}

impl Plot {
    pub(super) fn new(seed: u64, city: u32, zones: u32) -> Self {
        let mesh = Mesh::new(seed, city, zones);
        let streets = streets(&mesh);
        let division = division(&mesh, &streets, seed, zones);
        let mut street_of = vec![None; mesh.edges.len()];
        for (number, street) in (0u32..).zip(&streets) {
            for (edge, _) in &street.edges {
                street_of[*edge as usize] = Some(number);
            }
        }
        Self { mesh, streets, division, street_of }
    }

    /// The code of a zone by its place in the division.
    pub(super) fn zone_code(&self, zone: usize) -> String {
        let digits = self.division.zones.len().to_string().len().max(2);
        format!("zone-{:0digits$}", zone + 1)
    }

    /// The street that matters most in or about these cells.
    pub(super) fn place_name(&self, cells: &[u32]) -> Names {
        let edges: BTreeSet<u32> = cells
            .iter()
            .flat_map(|cell| self.mesh.cells[*cell as usize].edges.iter().map(|(edge, _)| *edge))
            .collect();
        let mut lengths: BTreeMap<u32, f64> = BTreeMap::new();
        for edge in edges {
            if let Some(street) = self.street_of[edge as usize] {
                *lengths.entry(street).or_default() += self.mesh.edges[edge as usize].length_m;
            }
        }
        let mut best = (0.0, &self.streets[0].names);
        for (street, length) in lengths {
            let street = &self.streets[street as usize];
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
