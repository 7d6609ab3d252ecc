//! OGC API – Features, parts 1, 2, 3 and 5, under `/ogc`: for QGIS, GDAL and whatever else draws maps. One
//! desk reads path, format and language; every document is one tree, written as JSON or as a page.

pub mod error;
pub mod html;
pub mod counter;
pub mod landing;
pub mod schemas;
pub mod collections;
pub mod described;
pub mod frame;
pub mod write;
pub mod written;
pub mod wish;
pub mod items;
pub mod editing;
pub mod symbols;
pub mod qgis;
pub mod project;
pub mod drafting;
pub mod mount;
