//! The collections: zones, units, incidents, one for each kind of facility, and two for each draft.

use std::borrow::Cow;

use uuid::Uuid;

use crate::domain::accounts::Operation;
use crate::domain::atlas::facility::FacilityKind;
use crate::domain::id::DraftId;

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
    /// The zones of a draft as its edits leave them.
    DraftZones(DraftId),
    /// The borders of a draft, each once for both sides.
    DraftArcs(DraftId),
}

/// What stands before a draft's id in those of its collections.
const DRAFT: &str = "draft-";

impl Collection {
    /// Every collection of what is in force, in the order shown.
    pub fn all() -> impl Iterator<Item = Self> {
        let kinds = FacilityKind::ALL.iter().map(|kind| Self::Facilities(*kind));
        [Self::Zones, Self::Units, Self::Incidents].into_iter().chain(kinds)
    }

    /// Those of a draft.
    #[must_use]
    pub fn of_draft(id: DraftId) -> [Self; 2] {
        [Self::DraftZones(id), Self::DraftArcs(id)]
    }

    /// The draft whose collection it is.
    #[must_use]
    pub fn draft(self) -> Option<DraftId> {
        match self {
            Self::DraftZones(id) | Self::DraftArcs(id) => Some(id),
            Self::Zones | Self::Units | Self::Incidents | Self::Facilities(_) => None,
        }
    }

    /// The collection with this id. Whether there is such a draft is not known here.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        let Some(of_draft) = id.strip_prefix(DRAFT) else {
            return Self::all().find(|one| one.id() == id);
        };
        let (draft, _) = of_draft.rsplit_once('-')?;
        let draft = DraftId(Uuid::parse_str(draft).ok()?);
        // An id has one spelling.
        Self::of_draft(draft).into_iter().find(|one| one.id() == id)
    }

    /// Its id.
    #[must_use]
    pub fn id(self) -> Cow<'static, str> {
        let kind = match self {
            Self::Zones => return Cow::Borrowed("zones"),
            Self::Units => return Cow::Borrowed("units"),
            Self::Incidents => return Cow::Borrowed("incidents"),
            Self::DraftZones(id) => return Cow::Owned(format!("{DRAFT}{id}-zones")),
            Self::DraftArcs(id) => return Cow::Owned(format!("{DRAFT}{id}-arcs")),
            Self::Facilities(kind) => kind,
        };
        Cow::Borrowed(match kind {
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
        })
    }

    /// What people call it: Chinese, English.
    #[must_use]
    pub fn label(self) -> (&'static str, &'static str) {
        match self {
            Self::Zones => ("责任区", "Responsibility zones"),
            Self::Units => ("责任单位", "Responsible units"),
            Self::Incidents => ("案件", "Incidents"),
            Self::Facilities(kind) => kind.label(),
            Self::DraftZones(_) => ("草案责任区", "Zones of the draft"),
            Self::DraftArcs(_) => ("草案边界", "Borders of the draft"),
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
            Self::DraftZones(_) => (
                "草案中的责任区；修改一个责任区的边界，相邻责任区随之改变",
                "The zones as the draft's edits leave them; who draws one draws its neighbours too",
            ),
            Self::DraftArcs(_) => (
                "草案中的边界，两侧责任区共用一条",
                "The draft's borders, each once for the zones on both sides",
            ),
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
            Self::DraftZones(_) => Operation::GetDraftZones,
            Self::DraftArcs(_) => Operation::GetDraftBorders,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_collection_has_an_id_of_its_own() {
        let id = "019a3e0c-0000-7000-8000-0000000000ab";
        let draft = DraftId(Uuid::parse_str(id).unwrap());
        for one in Collection::all().chain(Collection::of_draft(draft)) {
            assert_eq!(Collection::from_id(&one.id()), Some(one));
        }
        for none in [
            "zone".to_owned(),
            "draft-".to_owned(),
            "draft-zones".to_owned(),
            format!("draft-{id}"),
            format!("draft-{id}-units"),
            format!("draft-{}-zones", id.to_uppercase()),
            format!("draft-{}-zones", id.replace('-', "")),
        ] {
            assert_eq!(Collection::from_id(&none), None, "{none}");
        }
    }
}
