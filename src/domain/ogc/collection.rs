//! The collections: zones, units, incidents, and one for each kind of facility.

use crate::domain::accounts::Operation;
use crate::domain::atlas::facility::FacilityKind;

/// A collection of features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Collection {
    /// The zones of the plan.
    Zones,
    /// The units, at their seats.
    Units,
    /// Incidents, as far as the caller sees them.
    Incidents,
    /// The facilities of one kind.
    Facilities(FacilityKind),
}

impl Collection {
    /// Every collection, in the order shown.
    pub fn all() -> impl Iterator<Item = Self> {
        let kinds = FacilityKind::ALL.iter().map(|kind| Self::Facilities(*kind));
        [Self::Zones, Self::Units, Self::Incidents].into_iter().chain(kinds)
    }

    /// The collection with this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::all().find(|one| one.id() == id)
    }

    /// Its id.
    #[must_use]
    pub fn id(self) -> &'static str {
        let kind = match self {
            Self::Zones => return "zones",
            Self::Units => return "units",
            Self::Incidents => return "incidents",
            Self::Facilities(kind) => kind,
        };
        match kind {
            FacilityKind::School => "schools",
            FacilityKind::Intersection => "intersections",
            FacilityKind::Checkpoint => "checkpoints",
            FacilityKind::PatrolPost => "patrol_posts",
            FacilityKind::InspectionStation => "inspection_stations",
            FacilityKind::ElectronicFence => "electronic_fences",
            FacilityKind::Camera => "cameras",
            FacilityKind::Restaurant => "restaurants",
            FacilityKind::Market => "markets",
            FacilityKind::BusStop => "bus_stops",
            FacilityKind::ScenicSpot => "scenic_spots",
            FacilityKind::ConstructionSite => "construction_sites",
            FacilityKind::Square => "squares",
            FacilityKind::Toilet => "toilets",
            FacilityKind::Street => "streets",
            FacilityKind::Bridge => "bridges",
            FacilityKind::River => "rivers",
            FacilityKind::Community => "communities",
            FacilityKind::Block => "blocks",
            FacilityKind::Component => "components",
            FacilityKind::Site => "sites",
        }
    }

    /// What people call it: Chinese, English.
    #[must_use]
    pub fn label(self) -> (&'static str, &'static str) {
        match self {
            Self::Zones => ("责任区", "Responsibility zones"),
            Self::Units => ("责任单位", "Responsible units"),
            Self::Incidents => ("案件", "Incidents"),
            Self::Facilities(kind) => kind.label(),
        }
    }

    /// What is in it: Chinese, English.
    #[must_use]
    pub fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::Zones => (
                "现行分区方案的责任区；给出 datetime 则为当时的方案",
                "The zones of the plan in force; with a datetime those of the plan of that time",
            ),
            Self::Units => ("责任单位及其驻地", "The units that answer, at their seats"),
            Self::Incidents => ("您有权查看的案件", "The incidents that your key lets you see"),
            Self::Facilities(_) => ("本市登记的设施", "Facilities that the city holds"),
        }
    }

    /// The operation whose right opens it: the same as by any other door.
    #[must_use]
    pub fn operation(self) -> Operation {
        match self {
            Self::Zones => Operation::ListZones,
            Self::Units => Operation::ListUnits,
            Self::Incidents => Operation::ListIncidents,
            Self::Facilities(_) => Operation::ListFacilities,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_collection_has_an_id_of_its_own() {
        for one in Collection::all() {
            assert_eq!(Collection::from_id(one.id()), Some(one));
        }
        assert_eq!(Collection::from_id("zone"), None);
    }
}
