//! What every vector format is read into and written from.

use geo_types::Geometry;

use crate::domain::text::Attributes;
use crate::geom::crs::Crs;

/// Features of one file, in the file's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layer {
    /// The layer's name; the file's own, where it has one.
    pub name: String,
    /// The system the file says its coordinates are in; `None` when it says nothing.
    pub crs: Option<Crs>,
    /// The features.
    pub features: Vec<Feature>,
}

/// One feature as the file has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Feature {
    /// The row people would look for: line of a CSV, place in a FeatureCollection; from 1.
    pub row: usize,
    /// The feature's own id, where the format has one.
    pub id: Option<String>,
    /// Its geometry, in the layer's system, as written.
    pub geometry: Option<Geometry<f64>>,
    /// Its properties or columns.
    pub fields: Attributes,
}

/// Something wrong with a file or one of its rows, with what would be right.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Finding {
    /// The row, from 1; 0 for the file as a whole.
    pub row: usize,
    /// Where in the row: a column, a ring with a coordinate, a byte offset.
    pub place: String,
    /// What is wrong.
    pub fault: String,
    /// What to do about it.
    pub remedy: String,
    /// Whether the import may go on in spite of it.
    pub warning: bool,
}
