//! The atlases that were drawn lately, and what was read for tiles.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OnceCell, Semaphore};

use crate::app::refusal::Refusal;
use crate::app::tiles::cases::Cases;
use crate::app::tiles::collection::Collection;
use crate::app::tiles::drawn::Drawn;
use crate::app::tiles::heat::Heat;
use crate::app::tiles::readings::Readings;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::CityId;
use crate::geom::tile::grid::Tile;

/// Most atlases that are kept drawn; of more the one that was not asked for the longest goes.
const KEPT_MAX: usize = 16;

type Cell = Arc<OnceCell<Arc<Drawn>>>;

/// The atlases that were drawn lately, by city and version, and the last readings.
pub struct Drawings {
    kept: Mutex<VecDeque<((CityId, i64), Cell)>>,
    /// Places for drawing, which keeps a processor busy.
    turns: Arc<Semaphore>,
    /// Open incidents.
    pub cases: Readings<Cases>,
    /// Reports, for who sees all of them or public ones alone.
    pub heat: Readings<Heat>,
    /// Reports with whose each is to see, for units: their cases are read too.
    pub heat_of_units: Readings<Heat>,
}

impl Default for Drawings {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            kept: Mutex::default(),
            turns: Arc::new(Semaphore::new(cores)),
            cases: Readings::default(),
            heat: Readings::default(),
            heat_of_units: Readings::default(),
        }
    }
}

impl Drawings {
    /// A tile of a collection that is of the atlas, drawn off the workers that answer, and what `then` makes of it.
    ///
    /// # Errors
    /// [`Refusal::Inner`] when drawing failed.
    pub async fn tile<T: Send + 'static>(
        &self,
        atlas: &Arc<Atlas>,
        (collection, tile): (Collection, Tile),
        then: impl FnOnce(Vec<u8>) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let cell = self.cell(&atlas.city().id, atlas.version());
        // Who is first prepares it, all others wait for it; where it fails or goes away the next one tries.
        let made = cell.get_or_try_init(|| self.prepared(Arc::clone(atlas))).await?;
        let drawn = Arc::clone(made);
        self.work(move || then(drawn.tile(collection, tile))).await
    }

    async fn prepared(&self, atlas: Arc<Atlas>) -> Result<Arc<Drawn>, Refusal> {
        self.work(move || Arc::new(Drawn::of(atlas))).await
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

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| Refusal::Busy)?;
        let worked = tokio::task::spawn_blocking(move || {
            let made = work();
            drop(turn);
            made
        });
        worked.await.map_err(|fault| Refusal::Inner(format!("the tile was not drawn: {fault}")))
    }
}
