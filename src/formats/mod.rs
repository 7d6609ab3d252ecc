//! Floor 3: bytes to layers and back. Slices in, vectors out; opens no file, knows no store.

pub mod layer;
pub mod wkb;
