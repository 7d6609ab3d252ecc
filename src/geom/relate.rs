//! How two geometries lie to each other: the relations of OGC Simple Features (DE-9IM), decided in
//! doubles. Not for "who is responsible here": that is [`crate::geom::locate`]'s, where a border belongs
//! to one side.

use geo::Relate;
use geo_types::Geometry;

/// A relation of two geometries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// They share a place.
    Intersects,
    /// They share none.
    Disjoint,
    /// The second lies in the first.
    Contains,
    /// The first lies in the second.
    Within,
    /// They are the same set of places.
    Equals,
    /// They share places of their borders alone.
    Touches,
    /// They cross.
    Crosses,
    /// They share a part, and each has one of its own.
    Overlaps,
}

impl Relation {
    /// Whether the relation holds of two geometries without NaN.
    #[must_use]
    pub fn holds(self, a: &Geometry<f64>, b: &Geometry<f64>) -> bool {
        let matrix = a.relate(b);
        match self {
            Self::Intersects => matrix.is_intersects(),
            Self::Disjoint => matrix.is_disjoint(),
            Self::Contains => matrix.is_contains(),
            Self::Within => matrix.is_within(),
            Self::Equals => matrix.is_equal_topo(),
            Self::Touches => matrix.is_touches(),
            Self::Crosses => matrix.is_crosses(),
            Self::Overlaps => matrix.is_overlaps(),
        }
    }

    /// Whether it can hold only of geometries that share a place.
    #[must_use]
    pub fn needs_contact(self) -> bool {
        self != Self::Disjoint
    }
}
