//! What the city holds as geometry.

use crate::domain::atlas::facility::Facility;
use crate::domain::id::CodeFault;
use crate::domain::sample::spread::Ground;
use crate::domain::sample::{Plot, Recipe};

pub(super) fn facilities(
    plot: &Plot,
    _ground: &Ground<'_>,
    _recipe: &Recipe,
    _seed: u64,
) -> Result<Vec<Facility>, CodeFault> {
    let _ = plot;
    Ok(Vec::new())
}
