//! Atlases of the past: built when they are asked for, each once, and the last few kept.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OnceCell, Semaphore};

use crate::app::refusal::Refusal;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::CityId;
use crate::store::Store;

/// Most that are kept; of more the one that was not asked for the longest goes.
pub const KEPT_MAX: usize = 8;
/// Most requests that wait for one to be built; further ones are asked to come back.
pub const WAITING_MAX: usize = 64;
/// Most that are built at the same time.
const BUILDING_MAX: usize = 1;

type Cell = Arc<OnceCell<Arc<Atlas>>>;

/// Atlases of the past, by city and version.
pub struct Former {
    kept: Mutex<VecDeque<((CityId, i64), Cell)>>,
    building: Semaphore,
    waiting: AtomicUsize,
}

impl Default for Former {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            building: Semaphore::new(BUILDING_MAX),
            waiting: AtomicUsize::new(0),
        }
    }
}

impl Former {
    /// The atlas of a version; `None` for one of which nothing is known.
    ///
    /// # Errors
    /// [`Refusal::Busy`] when too many wait; [`Refusal::Unavailable`]; [`Refusal::Inner`] for a state that
    /// gives no atlas.
    pub async fn get(
        &self,
        store: &Store,
        city: &CityId,
        version: i64,
    ) -> Result<Option<Arc<Atlas>>, Refusal> {
        let cell = self.cell(city, version);
        if let Some(atlas) = cell.get() {
            return Ok(Some(Arc::clone(atlas)));
        }
        let _place = Place::take(&self.waiting)?;
        // Who is first builds, all others wait for it; where it fails or goes away the next one tries.
        let built = cell.get_or_try_init(|| self.build(store, city, version)).await;
        match built {
            Ok(atlas) => Ok(Some(Arc::clone(atlas))),
            Err(Failed::Unknown) => Ok(None),
            Err(Failed::Refused(refusal)) => Err(refusal),
        }
    }

    fn cell(&self, city: &CityId, version: i64) -> Cell {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|((of, its), _)| of == city && *its == version);
        let found = at.and_then(|at| kept.remove(at));
        let entry = found.unwrap_or_else(|| ((city.clone(), version), Cell::default()));
        let cell = Arc::clone(&entry.1);
        kept.push_front(entry);
        kept.truncate(KEPT_MAX);
        cell
    }

    async fn build(
        &self,
        store: &Store,
        city: &CityId,
        version: i64,
    ) -> Result<Arc<Atlas>, Failed> {
        let refused = |refusal: Refusal| Failed::Refused(refusal);
        let turn = self.building.acquire().await.map_err(|_| refused(Refusal::Busy))?;
        let state = store.load_at(city, version).await.map_err(|fault| refused(fault.into()))?;
        let state = state.ok_or(Failed::Unknown)?;
        // Building takes tenths of a second: never on the workers that answer.
        let built = tokio::task::spawn_blocking(move || Atlas::build(state)).await;
        drop(turn);
        match built {
            Ok(Ok(atlas)) => {
                tracing::info!(city = %city, version, "an atlas of the past was built");
                Ok(Arc::new(atlas))
            }
            Ok(Err(faults)) => {
                let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
                let words = format!("version {version} was no atlas: {}", words.join("; "));
                Err(refused(Refusal::Inner(words)))
            }
            Err(fault) => Err(refused(Refusal::Inner(format!("not built: {fault}")))),
        }
    }
}

/// Why there is none.
enum Failed {
    Unknown,
    Refused(Refusal),
}

/// A place among those who wait, given back when it is dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Result<Self, Refusal> {
        // Counted first: so two who come at once cannot both take the last one.
        let place = Self(waiting);
        let before = waiting.fetch_add(1, Ordering::AcqRel);
        if before < WAITING_MAX { Ok(place) } else { Err(Refusal::Busy) }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
