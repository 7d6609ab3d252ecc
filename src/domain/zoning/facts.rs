//! What is known of a zone beside its area.

use geo_types::MultiPolygon;

use crate::domain::atlas::zone::Zone;
use crate::domain::id::{UnitId, ZoneId};
use crate::domain::text::{Attributes, Names};
use crate::domain::zoning::edit::{NamesGiven, ZoningEdit};
use crate::geom::coverage::moved::MovedArea;
use crate::geom::coverage::patch::Patch;
use crate::geom::coverage::side::FaceLabel;
use crate::geom::measure::polygon_area_m2;

/// What is known of a zone beside its area.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// Its code.
    pub id: ZoneId,
    /// Its number on maps.
    pub number: u32,
    /// Its name.
    pub names: Names,
    /// The unit that answers first.
    pub lead: UnitId,
    /// The units beside it.
    pub co: Vec<UnitId>,
    /// Whatever else is known.
    pub attributes: Attributes,
}

impl Facts {
    /// Those of a zone.
    pub(super) fn of(zone: &Zone) -> Self {
        Self {
            id: zone.id.clone(),
            number: zone.number,
            names: zone.names.clone(),
            lead: zone.lead.clone(),
            co: zone.co.clone(),
            attributes: zone.attributes.clone(),
        }
    }

    /// The zone with an area.
    pub(super) fn zone(&self, area: MultiPolygon<f64>) -> Zone {
        Zone {
            id: self.id.clone(),
            number: self.number,
            names: self.names.clone(),
            lead: self.lead.clone(),
            co: self.co.clone(),
            area,
            attributes: self.attributes.clone(),
        }
    }

    /// With what an edit sets.
    pub(super) fn with(mut self, edit: &ZoningEdit) -> Self {
        let ZoningEdit::SetZone { number, names, lead, co, attributes, .. } = edit else {
            return self;
        };
        self.number = number.unwrap_or(self.number);
        if let Some(names) = names.as_ref().and_then(NamesGiven::kept) {
            self.names = names;
        }
        if let Some(lead) = lead {
            self.lead = lead.clone();
        }
        self.co = beside(co.as_ref().unwrap_or(&self.co), &self.lead);
        if let Some(attributes) = attributes {
            self.attributes.clone_from(attributes);
        }
        self
    }
}

/// The face that gives the most of what a patch moves; `None` where nobody's land is all that it takes.
pub(super) fn most_of(patch: &Patch) -> FaceLabel {
    let area_m2 = |it: &MovedArea| it.area.iter().map(polygon_area_m2).map(f64::abs).sum::<f64>();
    let moved = patch.moved().into_iter().filter(|it| it.from.is_some());
    moved.max_by(|a, b| area_m2(a).total_cmp(&area_m2(b))).and_then(|it| it.from)
}

/// Units beside the lead, each once.
pub(super) fn beside(co: &[UnitId], lead: &UnitId) -> Vec<UnitId> {
    let mut kept: Vec<UnitId> = Vec::with_capacity(co.len());
    for unit in co {
        if unit != lead && !kept.contains(unit) {
            kept.push(unit.clone());
        }
    }
    kept
}
