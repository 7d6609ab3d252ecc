//! Things that belong together, by union and find.

/// Numbers from 0, each in one set.
pub(super) struct Disjoint {
    above: Vec<u32>,
}

impl Disjoint {
    /// Each number in a set of its own.
    pub(super) fn new(count: usize) -> Self {
        Self { above: (0..).take(count).collect() }
    }

    /// The number that stands for the set of `i`.
    pub(super) fn root(&mut self, mut i: u32) -> u32 {
        while self.above[i as usize] != i {
            let up = self.above[i as usize];
            self.above[i as usize] = self.above[up as usize];
            i = up;
        }
        i
    }

    /// Makes one set of two; the smaller root stands for it.
    pub(super) fn join(&mut self, i: u32, j: u32) {
        let (i, j) = (self.root(i), self.root(j));
        self.above[i.max(j) as usize] = i.min(j);
    }
}
