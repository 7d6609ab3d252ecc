//! What lies in cities, as it was read for reviews.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::CityId;
use crate::domain::time::Instant;
use crate::domain::zoning::review::things::Things;

/// What lies in cities, as it was read.
#[derive(Default)]
pub struct Readings {
    kept: Mutex<Vec<Reading>>,
    /// One reads a city at a time; whoever waited finds what was read.
    pub(super) turn: Arc<tokio::sync::Mutex<()>>,
}

/// How a city is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Days looked back for reports.
    pub days: u32,
    /// The attribute that weighs blocks.
    pub weight: String,
}

/// What lies in a city, as it was read at a moment.
#[derive(Clone)]
pub(super) struct Reading {
    pub(super) city: CityId,
    pub(super) atlas: Arc<Atlas>,
    pub(super) look: Sight,
    pub(super) at: Instant,
    pub(super) things: Arc<Things>,
}

impl Readings {
    /// Those that are kept, the last read last.
    pub(super) fn held(&self) -> MutexGuard<'_, Vec<Reading>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
