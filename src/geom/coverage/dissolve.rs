//! Faces joined by a table: blocks become zones.

use crate::geom::coverage::map::Coverage;
use crate::geom::coverage::side::{FaceLabel, Side};

impl Coverage {
    /// The coverage in which each face has the label that the table gives it; a face beyond the
    /// table has none, which is outside. Borders between faces that become one are dropped; the
    /// vertices of the others stay.
    #[must_use]
    pub fn relabelled(&self, table: &[FaceLabel]) -> Self {
        let of = |label: FaceLabel| {
            label.and_then(|face| table.get(usize::from(face)).copied().flatten())
        };
        let relabel = |side: Side| Side { left: of(side.left), right: of(side.right), ..side };
        let sides: Vec<Side> =
            self.each().map(relabel).filter(|side| side.left != side.right).collect();
        Self::of(&sides)
    }
}
