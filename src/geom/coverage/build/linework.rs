//! Segments, each once, with the polygons it bounds.

use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::read::Edge;

/// Segments in order of their ends, each with the polygons that it bounds.
#[derive(Clone, Default)]
pub(super) struct Linework {
    /// The smaller end, then the larger.
    pub(super) ends: Vec<[GridPoint; 2]>,
    /// Where the polygons of each segment start in `polygons`, and the end.
    starts: Vec<u32>,
    /// By number.
    polygons: Vec<u32>,
}

impl Linework {
    /// Gathers equal edges. One that a polygon has twice bounds nothing of it; a segment that
    /// bounds nothing is left out.
    pub(super) fn gather(mut edges: Vec<Edge>) -> Self {
        // Stable, since the one that sorts runs: after the first time nearly all is in order.
        edges.sort();
        let mut all = Self { starts: vec![0], ..Self::default() };
        for same in edges.chunk_by(|a, b| a.ends == b.ends) {
            let before = all.polygons.len();
            for uses in same.chunk_by(|a, b| a.polygon == b.polygon) {
                if uses.len() % 2 == 1 {
                    all.polygons.push(uses[0].polygon);
                }
            }
            if all.polygons.len() > before {
                all.ends.push(same[0].ends);
                all.starts.push(u32::try_from(all.polygons.len()).unwrap_or(u32::MAX));
            }
        }
        all
    }

    /// The polygons that a segment bounds.
    pub(super) fn polygons(&self, segment: usize) -> &[u32] {
        &self.polygons[self.starts[segment] as usize..self.starts[segment + 1] as usize]
    }

    /// All edges again, for another gathering: segments for which `replaced` has other pieces are
    /// replaced by them.
    pub(super) fn edges_with(
        &self,
        mut replaced: impl FnMut(usize, &mut Vec<[GridPoint; 2]>),
    ) -> Vec<Edge> {
        let mut edges = Vec::with_capacity(self.polygons.len() + self.polygons.len() / 8);
        let mut pieces = Vec::new();
        for segment in 0..self.ends.len() {
            pieces.clear();
            replaced(segment, &mut pieces);
            for &ends in &pieces {
                let polygons = self.polygons(segment).iter();
                edges.extend(polygons.map(|&polygon| Edge { ends, polygon }));
            }
        }
        edges
    }
}
