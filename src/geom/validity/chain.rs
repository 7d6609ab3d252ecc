//! A ring as a tree of boxes over its edges, in the order of the ring.
//!
//! Edges that follow one another lie near each other, so that no sorting is needed: groups of
//! eight edges, then of eight groups, and so on. A million edges take a few milliseconds to build.

use std::ops::ControlFlow;

use geo::kernels::Orientation;
use geo_types::Coord;

use crate::geom::validity::contact::{between, side};

/// Edges or boxes under one box.
const FAN: usize = 8;

/// A box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame {
    pub(super) min: Coord<f64>,
    pub(super) max: Coord<f64>,
}

impl Frame {
    fn of(points: &[Coord<f64>]) -> Self {
        let start = points.first().copied().unwrap_or_default();
        points.iter().fold(Self { min: start, max: start }, |frame, &p| frame.with(p, p))
    }

    fn with(self, low: Coord<f64>, high: Coord<f64>) -> Self {
        Self {
            min: Coord { x: self.min.x.min(low.x), y: self.min.y.min(low.y) },
            max: Coord { x: self.max.x.max(high.x), y: self.max.y.max(high.y) },
        }
    }

    fn meets(&self, other: &Self) -> bool {
        self.min.x <= other.max.x
            && other.min.x <= self.max.x
            && self.min.y <= other.max.y
            && other.min.y <= self.max.y
    }

    /// Whether it lies within the other, edges allowed to coincide.
    pub(super) fn within(&self, other: &Self) -> bool {
        other.min.x <= self.min.x
            && self.max.x <= other.max.x
            && other.min.y <= self.min.y
            && self.max.y <= other.max.y
    }
}

/// Where a point stands to a ring.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Standing {
    /// Inside it.
    Inside,
    /// Outside of it.
    Outside,
    /// On this edge, its end included and its start not.
    On(usize),
}

/// A closed ring: no vertex follows itself, the last is the first.
pub struct Chain {
    pub(super) points: Vec<Coord<f64>>,
    /// Boxes over groups of edges, then over groups of boxes, up to a single one.
    levels: Vec<Vec<Frame>>,
}

/// A box of a chain.
#[derive(Clone, Copy)]
struct Node<'a> {
    chain: &'a Chain,
    level: usize,
    at: usize,
}

impl Chain {
    /// Builds the tree over a ring's vertices.
    #[must_use]
    pub fn new(points: Vec<Coord<f64>>) -> Self {
        let edges = points.len().saturating_sub(1);
        let mut below: Vec<Frame> = (0..edges.div_ceil(FAN).max(1))
            .map(|group| {
                let end = (group * FAN + FAN + 1).min(points.len());
                Frame::of(&points[group * FAN..end])
            })
            .collect();
        let mut levels = Vec::new();
        while below.len() > 1 {
            let above = below
                .chunks(FAN)
                .map(|group| group.iter().fold(group[0], |all, one| all.with(one.min, one.max)))
                .collect();
            levels.push(std::mem::replace(&mut below, above));
        }
        levels.push(below);
        Self { points, levels }
    }

    pub(super) fn edges(&self) -> usize {
        self.points.len().saturating_sub(1)
    }

    pub(super) fn edge(&self, at: usize) -> [Coord<f64>; 2] {
        [self.points[at], self.points[at + 1]]
    }

    /// The edge after this one.
    pub(super) fn next(&self, at: usize) -> usize {
        if at + 1 == self.edges() { 0 } else { at + 1 }
    }

    pub(super) fn frame(&self) -> Frame {
        self.root().frame()
    }

    fn root(&self) -> Node<'_> {
        Node { chain: self, level: self.levels.len() - 1, at: 0 }
    }

    /// Hands on every two edges of the ring whose boxes meet, the lower number first.
    pub(super) fn pairs(
        &self,
        take: &mut impl FnMut(usize, usize) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.root().own_pairs(take)
    }

    /// Hands on every edge of this ring with every edge of the other whose boxes meet.
    pub(super) fn pairs_with(
        &self,
        other: &Self,
        take: &mut impl FnMut(usize, usize) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.root().pairs(other.root(), take)
    }

    /// Where a point stands. As a rule it costs a few edges, however many the ring has.
    #[must_use]
    pub fn standing(&self, p: Coord<f64>) -> Standing {
        let mut inside = false;
        let mut waiting = vec![self.root()];
        while let Some(node) = waiting.pop() {
            let frame = node.frame();
            if p.y < frame.min.y || frame.max.y < p.y || frame.max.x < p.x {
                continue;
            }
            if node.level > 0 {
                waiting.extend(node.below());
                continue;
            }
            for at in node.edges() {
                let [a, b] = self.edge(at);
                let (low, high) = if a.y <= b.y { (a, b) } else { (b, a) };
                if p.y < low.y || high.y < p.y || a.x.max(b.x) < p.x {
                    continue;
                }
                match side(low, high, p) {
                    Orientation::Collinear if between(p, [a, b]) => {
                        // The end belongs to the edge, the start to the one before.
                        let before = if at == 0 { self.edges() - 1 } else { at - 1 };
                        return Standing::On(if p == a { before } else { at });
                    }
                    Orientation::CounterClockwise if low.y <= p.y && p.y < high.y => {
                        inside = !inside;
                    }
                    _ => {}
                }
            }
        }
        if inside { Standing::Inside } else { Standing::Outside }
    }

    /// Whether the ring turns counter-clockwise, by the turn at its lowest vertex. Right for a ring
    /// that does not cross itself.
    pub(super) fn counter_clockwise(&self) -> bool {
        let edges = self.edges();
        let lowest = (0..edges).min_by(|&i, &j| {
            let (a, b) = (self.points[i], self.points[j]);
            a.y.total_cmp(&b.y).then(a.x.total_cmp(&b.x))
        });
        let Some(at) = lowest else { return true };
        let before = if at == 0 { edges - 1 } else { at - 1 };
        side(self.points[before], self.points[at], self.points[at + 1])
            == Orientation::CounterClockwise
    }
}

impl Node<'_> {
    fn frame(self) -> Frame {
        self.chain.levels[self.level][self.at]
    }

    fn below(self) -> impl Iterator<Item = Self> + Clone {
        let end = (self.at * FAN + FAN).min(self.chain.levels[self.level - 1].len());
        let (chain, level) = (self.chain, self.level - 1);
        (self.at * FAN..end).map(move |at| Self { chain, level, at })
    }

    fn edges(self) -> std::ops::Range<usize> {
        self.at * FAN..(self.at * FAN + FAN).min(self.chain.edges())
    }

    fn own_pairs(self, take: &mut impl FnMut(usize, usize) -> ControlFlow<()>) -> ControlFlow<()> {
        if self.level == 0 {
            for i in self.edges() {
                let frame = Frame::of(&self.chain.edge(i));
                for j in i + 1..self.edges().end {
                    if frame.meets(&Frame::of(&self.chain.edge(j))) {
                        take(i, j)?;
                    }
                }
            }
            return ControlFlow::Continue(());
        }
        let mut below = self.below();
        while let Some(one) = below.next() {
            one.own_pairs(take)?;
            for other in below.clone() {
                one.pairs(other, take)?;
            }
        }
        ControlFlow::Continue(())
    }

    fn pairs(
        self,
        other: Node<'_>,
        take: &mut impl FnMut(usize, usize) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let (mine, theirs) = (self.frame(), other.frame());
        if !mine.meets(&theirs) {
            return ControlFlow::Continue(());
        }
        if self.level == 0 && other.level == 0 {
            for i in self.edges() {
                let frame = Frame::of(&self.chain.edge(i));
                if frame.meets(&theirs) {
                    for j in other.edges() {
                        if frame.meets(&Frame::of(&other.chain.edge(j))) {
                            take(i, j)?;
                        }
                    }
                }
            }
        } else if self.level >= other.level {
            for one in self.below() {
                one.pairs(other, take)?;
            }
        } else {
            for one in other.below() {
                self.pairs(one, take)?;
            }
        }
        ControlFlow::Continue(())
    }
}
