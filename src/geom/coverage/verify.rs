//! Whether a change leaves a partition, decided where it changes.

use crate::geom::coord::{GridBox, GridPoint};
use crate::geom::coverage::check::meeting;
use crate::geom::coverage::delta::{Delta, Tally, asked_on_right};
use crate::geom::coverage::exact::{Spot, middle};
use crate::geom::coverage::map::{Coverage, frame};
use crate::geom::coverage::patch::Patch;
use crate::geom::coverage::ray::Beside;
use crate::geom::coverage::side::{FaceLabel, Side};
use crate::geom::coverage::sweep::pairs;
use crate::geom::segments::conflict;

/// Why a change would leave no partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Violation {
    /// Borders would cross, overlap or touch; the place, rounded.
    Crossing(GridPoint),
    /// Borders would lie with this face on the wrong side, or in the wrong face, without a crossing.
    TurnedOver(GridPoint, FaceLabel),
}

impl Coverage {
    /// Whether the coverage is a partition after `patch`, having been one before. The patch is closed:
    /// around every node each face is left as often as it is entered.
    ///
    /// New segments must not conflict with what stays. Then the change is what its closed chains
    /// say by winding: a segment that stays must lie where nothing changes, and beside a new one the old
    /// label with the change must give its own. Two labels of one kept face, a zone turned inside out,
    /// an island swept over: each fails one of the two. The cost is that of what lies in the change's box.
    pub(super) fn verify(&self, patch: &Patch) -> Result<(), Violation> {
        let changes = patch.changes();
        let fresh: Vec<Side> = changes
            .iter()
            .filter_map(|(old, new)| if old.is_none() { *new } else { None })
            .collect();
        let gone = |side: &Side| patch.removed().binary_search(side).is_ok();
        let relabelled = |side: &Side| {
            let ends = |held: &Side| (held.a, held.b);
            patch.added().binary_search_by_key(&ends(side), ends).is_ok()
        };
        for new in &fresh {
            for held in self.near_box(frame(new.a, new.b)) {
                if !gone(&held) || relabelled(&held) {
                    apart(*new, held)?;
                }
            }
        }
        let segments: Vec<(Spot, Spot)> =
            fresh.iter().map(|side| (side.a.into(), side.b.into())).collect();
        let mut clash = Ok(());
        pairs(&segments, |i, j| {
            if clash.is_ok() {
                clash = apart(fresh[i], fresh[j]);
            }
        });
        clash?;
        self.verify_labels(patch, &fresh, &gone)
    }

    fn verify_labels(
        &self,
        patch: &Patch,
        fresh: &[Side],
        gone: &dyn Fn(&Side) -> bool,
    ) -> Result<(), Violation> {
        let Some(frame) = frame_of(patch) else { return Ok(()) };
        let delta = Delta::of_patch(patch);
        let mut tally = Tally::default();
        for held in self.near_box(frame) {
            if !gone(&held) {
                tally.clear();
                delta.add_at(middle(held.a, held.b), &mut tally);
                if let Some((label, _)) = tally.counted().next() {
                    return Err(Violation::TurnedOver(held.a, label));
                }
            }
        }
        for new in fresh {
            let q = middle(new.a, new.b);
            let right = asked_on_right(new.a.into(), new.b.into());
            let expected = if right { new.right } else { new.left };
            if delta.relabel(self.label_at(q, Beside::East), q) != Some(expected) {
                return Err(Violation::TurnedOver(new.a, expected));
            }
        }
        Ok(())
    }
}

/// The box of everything that changes.
pub(super) fn frame_of(patch: &Patch) -> Option<GridBox> {
    let all = patch.removed().iter().chain(patch.added());
    all.map(|side| frame(side.a, side.b)).reduce(GridBox::with)
}

fn apart(one: Side, other: Side) -> Result<(), Violation> {
    let spots = |side: Side| (Spot::from(side.a), Spot::from(side.b));
    let ((a, b), (c, d)) = (spots(one), spots(other));
    if conflict(a, b, c, d) { Err(Violation::Crossing(meeting(a, b, c, d).grid())) } else { Ok(()) }
}
