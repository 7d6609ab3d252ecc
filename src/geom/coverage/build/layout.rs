//! Linework and the plane that it cuts up.

use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::fault::BuildFault;
use crate::geom::coverage::build::finding::Finding;
use crate::geom::coverage::build::gaps;
use crate::geom::coverage::build::linework::Linework;
use crate::geom::coverage::build::middle::Middle;
use crate::geom::coverage::build::node::{Noded, node};
use crate::geom::coverage::build::overlaps;
use crate::geom::coverage::build::plane::Plane;
use crate::geom::coverage::build::read::Input;
use crate::geom::coverage::build::regions::Regions;
use crate::geom::coverage::build::settings::BuildSettings;

/// Segments that meet only at common ends, the regions between them, and who lies over each.
pub(super) struct Layout {
    pub(super) linework: Linework,
    pub(super) plane: Plane,
    /// The polygons over each region.
    pub(super) over: Vec<Vec<u32>>,
    /// Ends that lay on the inside of a segment.
    pub(super) unmatched: Vec<GridPoint>,
}

impl Layout {
    /// Nodes segments and cuts up the plane.
    pub(super) fn of(linework: Linework) -> Result<Self, BuildFault> {
        let Noded { linework, unmatched } = node(linework)?;
        let plane = Plane::cut(&linework);
        let over = plane.over(&linework)?;
        Ok(Self { linework, plane, over, unmatched })
    }

    /// The regions, each settled for a face or for none, with those that were split along their
    /// middle; tells what lies over each other and what is empty.
    pub(super) fn settled(
        &self,
        input: &Input,
        settings: &BuildSettings,
        findings: &mut Vec<Finding>,
    ) -> (Regions<'_>, Vec<(u32, Middle)>) {
        let mut regions = Regions::of(&self.plane, &self.linework.ends);
        overlaps::settle(&mut regions, &self.over, input, settings.overlap_width_m, findings);
        let split = gaps::close(&mut regions, input.places.len(), settings, findings);
        (regions, split)
    }
}
