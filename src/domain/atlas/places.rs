//! Facilities by place: one index a kind, so that 42,248 cameras do not slow the search for a
//! school.

use geo_types::Geometry;

use crate::domain::atlas::facility::{Facility, FacilityKind};
use crate::geom::coord::{GridBox, GridPoint};
use crate::geom::index::{Hit, PlaceIndex};

/// The facilities of a city by kind and place. Items are places in the list given to
/// [`Places::build`].
pub struct Places {
    kinds: Vec<KindIndex>,
}

struct KindIndex {
    kind: FacilityKind,
    index: PlaceIndex,
    /// The index's number -> the facility's.
    items: Vec<u32>,
}

impl Places {
    /// Indexes the facilities; their geometries are checked by the caller, at most `u32::MAX`.
    #[must_use]
    pub fn build(facilities: &[Facility]) -> Self {
        let kinds = FacilityKind::ALL
            .iter()
            .map(|kind| {
                let of_kind = || (0u32..).zip(facilities).filter(|(_, f)| f.kind == *kind);
                KindIndex {
                    kind: *kind,
                    index: PlaceIndex::build(of_kind().map(|(_, f)| &f.geometry)),
                    items: of_kind().map(|(item, _)| item).collect(),
                }
            })
            .filter(|kind| !kind.items.is_empty())
            .collect();
        Self { kinds }
    }

    /// How many there are of each kind that there is.
    pub fn counts(&self) -> impl Iterator<Item = (FacilityKind, usize)> {
        self.kinds.iter().map(|k| (k.kind, k.items.len()))
    }

    /// Those of a kind, by number.
    #[must_use]
    pub fn of_kind(&self, kind: FacilityKind) -> &[u32] {
        self.kinds.iter().find(|k| k.kind == kind).map_or(&[], |k| &k.items)
    }

    /// The `k` nearest of the kinds (none: of any), no farther than `max_m`; nearest first, ties by
    /// number.
    #[must_use]
    pub fn nearest(
        &self,
        from: GridPoint,
        kinds: &[FacilityKind],
        k: usize,
        max_m: f64,
    ) -> Vec<Hit> {
        let mut hits = self.gather(kinds, |index| index.nearest(from, k, max_m, &|_| true));
        hits.truncate(k);
        hits
    }

    /// All of the kinds (none: of any) within `radius_m`; nearest first, ties by number.
    #[must_use]
    pub fn within(&self, from: GridPoint, kinds: &[FacilityKind], radius_m: f64) -> Vec<Hit> {
        self.gather(kinds, |index| index.within(from, radius_m))
    }

    /// All of the kinds (none: of any) that touch the box, by number.
    #[must_use]
    pub fn in_box(&self, kinds: &[FacilityKind], frame: GridBox) -> Vec<u32> {
        self.collect(kinds, |index| index.in_box(frame))
    }

    /// All of the kinds (none: of any) that touch `area`, by number.
    #[must_use]
    pub fn intersecting(&self, kinds: &[FacilityKind], area: &Geometry<f64>) -> Vec<u32> {
        self.collect(kinds, |index| index.intersecting(area))
    }

    fn of(&self, kinds: &[FacilityKind]) -> impl Iterator<Item = &KindIndex> {
        self.kinds.iter().filter(move |k| kinds.is_empty() || kinds.contains(&k.kind))
    }

    fn gather(&self, kinds: &[FacilityKind], ask: impl Fn(&PlaceIndex) -> Vec<Hit>) -> Vec<Hit> {
        let mut hits: Vec<Hit> = self
            .of(kinds)
            .flat_map(|k| {
                let renumber = |hit: Hit| Hit { item: k.items[hit.item as usize], ..hit };
                ask(&k.index).into_iter().map(renumber)
            })
            .collect();
        hits.sort_by(|a, b| a.distance_m.total_cmp(&b.distance_m).then(a.item.cmp(&b.item)));
        hits
    }

    fn collect(&self, kinds: &[FacilityKind], ask: impl Fn(&PlaceIndex) -> Vec<u32>) -> Vec<u32> {
        let renumbered = |k: &KindIndex| -> Vec<u32> {
            ask(&k.index).iter().map(|i| k.items[*i as usize]).collect()
        };
        let mut items: Vec<u32> = self.of(kinds).flat_map(renumbered).collect();
        items.sort_unstable();
        items
    }
}
