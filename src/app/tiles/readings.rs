//! What was read of a city lately: kept for a while, so that a map with twenty tiles reads it once.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Mutex as Turn;

use crate::app::refusal::Refusal;
use crate::domain::id::CityId;
use crate::domain::time::Instant;

/// Most cities of which it is kept.
const KEPT_MAX: usize = 64;

/// What was read, and when.
#[derive(Debug)]
pub struct Reading<T> {
    /// When, by the app's clock.
    pub at: Instant,
    /// The journal's number then.
    pub seq: i64,
    /// What.
    pub what: T,
}

/// The last reading of each city.
#[derive(Debug)]
pub struct Readings<T> {
    held: Mutex<BTreeMap<CityId, Arc<Reading<T>>>>,
    /// Who reads: others wait for what comes of it.
    turn: Turn<()>,
}

impl<T> Default for Readings<T> {
    fn default() -> Self {
        Self { held: Mutex::default(), turn: Turn::default() }
    }
}

impl<T> Readings<T> {
    /// The reading of a city that is `fresh`, or one that is made now.
    ///
    /// # Errors
    /// What `read` refuses.
    pub async fn get(
        &self,
        city: &CityId,
        fresh: impl Fn(&Reading<T>) -> bool,
        read: impl Future<Output = Result<Reading<T>, Refusal>>,
    ) -> Result<Arc<Reading<T>>, Refusal> {
        let found = || self.held().get(city).filter(|held| fresh(held)).cloned();
        if let Some(found) = found() {
            return Ok(found);
        }
        let _turn = self.turn.lock().await;
        if let Some(found) = found() {
            return Ok(found);
        }
        let made = Arc::new(read.await?);
        let mut held = self.held();
        held.remove(city);
        while held.len() >= KEPT_MAX {
            let oldest = held.iter().min_by_key(|(_, it)| it.at).map(|(city, _)| city.clone());
            let Some(oldest) = oldest else { break };
            held.remove(&oldest);
        }
        held.insert(city.clone(), Arc::clone(&made));
        Ok(made)
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<CityId, Arc<Reading<T>>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
