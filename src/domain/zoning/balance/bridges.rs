//! Ties between the parts of a graph that water or a gap keeps apart.

/// The fewest edges that make one part of all: round after round, every part but the greatest is
/// tied to the block nearest to it by the centroids.
pub(super) fn bridges(centroid_m: &[[f64; 2]], edges: &[[u32; 2]]) -> Vec<[u32; 2]> {
    let mut parts = Parts::new(centroid_m.len());
    for &[a, b] in edges {
        parts.join(a, b);
    }
    let mut by_x: Vec<u32> = (0..).take(centroid_m.len()).collect();
    by_x.sort_by(|a, b| {
        let x = |block: &u32| centroid_m[*block as usize][0];
        x(a).total_cmp(&x(b)).then(a.cmp(b))
    });
    let mut found = Vec::new();
    loop {
        let greatest = parts.greatest();
        let mut nearest: Vec<Option<(f64, u32, u32)>> = vec![None; centroid_m.len()];
        for (at, &block) in by_x.iter().enumerate() {
            let part = parts.of(block);
            if part != greatest {
                let best = &mut nearest[part as usize];
                scan(centroid_m, by_x[at..].iter(), block, &mut parts, best);
                scan(centroid_m, by_x[..at].iter().rev(), block, &mut parts, best);
            }
        }
        let before = found.len();
        for (_, a, b) in nearest.into_iter().flatten() {
            if parts.join(a, b) {
                found.push([a.min(b), a.max(b)]);
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

/// The nearest block of another part along one direction of x.
fn scan<'a>(
    centroid_m: &[[f64; 2]],
    others: impl Iterator<Item = &'a u32>,
    block: u32,
    parts: &mut Parts,
    best: &mut Option<(f64, u32, u32)>,
) {
    let [x, y] = centroid_m[block as usize];
    let part = parts.of(block);
    for &other in others {
        let [dx, dy] = [centroid_m[other as usize][0] - x, centroid_m[other as usize][1] - y];
        let limit = best.map_or(f64::INFINITY, |(d2, ..)| d2);
        if dx * dx > limit {
            return;
        }
        let d2 = dx * dx + dy * dy;
        if d2 < limit && parts.of(other) != part {
            *best = Some((d2, block, other));
        }
    }
}

/// Which blocks hang together: union by size.
struct Parts {
    above: Vec<u32>,
    size: Vec<u32>,
}

impl Parts {
    fn new(blocks: usize) -> Self {
        Self { above: (0..).take(blocks).collect(), size: vec![1; blocks] }
    }

    fn of(&mut self, block: u32) -> u32 {
        let mut at = block;
        while self.above[at as usize] != at {
            let above = self.above[at as usize];
            self.above[at as usize] = self.above[above as usize];
            at = above;
        }
        at
    }

    /// Whether they hung apart.
    fn join(&mut self, a: u32, b: u32) -> bool {
        let (a, b) = (self.of(a), self.of(b));
        let (less, more) =
            if self.size[a as usize] < self.size[b as usize] { (a, b) } else { (b, a) };
        if a != b {
            self.above[less as usize] = more;
            self.size[more as usize] += self.size[less as usize];
        }
        a != b
    }

    fn greatest(&mut self) -> u32 {
        let blocks = (0..).take(self.above.len());
        let roots = blocks.filter(|block| self.above[*block as usize] == *block);
        roots.max_by_key(|root| self.size[*root as usize]).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_tied_where_they_are_nearest() {
        let at = [[0.0, 0.0], [1.0, 0.0], [5.0, 0.0], [6.0, 0.0], [6.0, 9.0]];
        let mut found = bridges(&at, &[[0, 1], [2, 3]]);
        found.sort_unstable();
        assert_eq!(found, [[1, 2], [3, 4]]);
        assert!(bridges(&at[..2], &[[0, 1]]).is_empty());
    }

    #[test]
    fn blocks_on_one_spot_are_tied_too() {
        assert_eq!(bridges(&[[1.0, 1.0]; 5], &[]).len(), 4);
    }
}
