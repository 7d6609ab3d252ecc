//! What every use case stands on: the store, the clock, and one atlas for each city.
//!
//! An atlas is swapped whole. A request takes one at its start and uses it to the end. The version
//! never goes back; when a new state gives no atlas the old one stays and the fault is told.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use tokio::sync::{Mutex, MutexGuard, watch};

use crate::app::clock::Clock;
use crate::app::drafts::bench::Benches;
use crate::app::incidents::board::Board;
use crate::app::keyring::{Keyring, Pepper};
use crate::app::past::former::Former;
use crate::app::people::keys::ContactKeys;
use crate::app::refusal::Refusal;
use crate::app::tasks::Tasks;
use crate::app::tiles::drawings::Drawings;
use crate::domain::accounts::{Caller, Operation};
use crate::domain::atlas::in_force::Atlas;
use crate::domain::change::Change;
use crate::domain::id::CityId;
use crate::domain::time::Instant;
use crate::store::{Basis, CommitError, Head, Stamp, Store};

/// How often the store is asked whether another process moved a city.
pub const POLL_EVERY: Duration = Duration::from_secs(2);

/// The use cases' common ground. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: Clock,
    pepper: Option<Pepper>,
    contact_keys: Option<ContactKeys>,
    keyring: Keyring,
    benches: Benches,
    former: Former,
    drawings: Drawings,
    tasks: Tasks,
    cities: ArcSwap<BTreeMap<CityId, Arc<Seat>>>,
    /// Whether the store was asked, and holds no city.
    none: AtomicBool,
    opening: Mutex<()>,
    /// Whether webhooks may go to private addresses.
    private: AtomicBool,
}

/// One city's place in the app.
pub struct Seat {
    /// Which city.
    pub city: CityId,
    atlas: ArcSwapOption<Atlas>,
    fault: ArcSwapOption<Failed>,
    building: Mutex<()>,
    board: Mutex<Board>,
    journal: watch::Sender<i64>,
}

struct Failed {
    version: i64,
    words: String,
}

impl Seat {
    fn new(city: CityId) -> Self {
        Self {
            city,
            atlas: ArcSwapOption::empty(),
            fault: ArcSwapOption::empty(),
            building: Mutex::new(()),
            board: Mutex::default(),
            journal: watch::Sender::new(0),
        }
    }

    /// The atlas in force.
    ///
    /// # Errors
    /// [`Refusal::NotReady`] before the first.
    pub fn atlas(&self) -> Result<Arc<Atlas>, Refusal> {
        self.atlas.load_full().ok_or(Refusal::NotReady)
    }

    /// The atlas in force, borrowed: for one short look.
    #[must_use]
    pub fn glance(&self) -> arc_swap::Guard<Option<Arc<Atlas>>> {
        self.atlas.load()
    }

    /// The open incidents, for one at a time.
    pub async fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().await
    }

    /// Why a newer state gave no atlas, while the old one answers.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        self.fault.load().as_ref().map(|failed| failed.words.clone())
    }

    /// The journal's last number, as it grows.
    #[must_use]
    pub fn journal(&self) -> watch::Receiver<i64> {
        self.journal.subscribe()
    }

    fn version(&self) -> i64 {
        self.atlas.load().as_ref().map_or(0, |atlas| atlas.version())
    }

    fn tell(&self, seq: i64) {
        self.journal.send_if_modified(|last| {
            let grown = seq > *last;
            *last = seq.max(*last);
            grown
        });
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("cities", &self.cities()).finish_non_exhaustive()
    }
}

impl App {
    /// An app that knows no city yet: see [`Self::refresh`].
    #[must_use]
    pub fn new(store: Store, clock: Clock, pepper: Option<Pepper>) -> Self {
        Self::with_contacts(store, clock, pepper, None)
    }

    /// The same, with the keys under which the people behind reports are sealed; without any nobody can
    /// be kept.
    #[must_use]
    pub fn with_contacts(
        store: Store,
        clock: Clock,
        pepper: Option<Pepper>,
        contact_keys: Option<ContactKeys>,
    ) -> Self {
        let inner = Inner {
            store,
            clock,
            pepper,
            contact_keys,
            keyring: Keyring::default(),
            benches: Benches::default(),
            former: Former::default(),
            drawings: Drawings::default(),
            tasks: Tasks::default(),
            cities: ArcSwap::default(),
            none: AtomicBool::new(false),
            opening: Mutex::new(()),
            private: AtomicBool::new(false),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.inner.clock.now()
    }

    /// The pepper.
    ///
    /// # Errors
    /// [`Refusal::NoPepper`].
    pub fn pepper(&self) -> Result<&Pepper, Refusal> {
        self.inner.pepper.as_ref().ok_or(Refusal::NoPepper)
    }

    /// Says whether webhooks may go to private addresses and over plain `http`.
    pub fn reach_private(&self, private: bool) {
        self.inner.private.store(private, Ordering::Release);
    }

    /// Whether they may.
    #[must_use]
    pub fn reaches_private(&self) -> bool {
        self.inner.private.load(Ordering::Acquire)
    }

    /// The keys under which the people behind reports are sealed.
    ///
    /// # Errors
    /// [`Refusal::NoContactKeys`].
    pub fn contact_keys(&self) -> Result<&ContactKeys, Refusal> {
        self.inner.contact_keys.as_ref().ok_or(Refusal::NoContactKeys)
    }

    /// The atlases of the past that were asked for lately.
    #[must_use]
    pub fn former(&self) -> &Former {
        &self.inner.former
    }

    /// The atlases that were drawn lately as tiles.
    #[must_use]
    pub fn drawings(&self) -> &Drawings {
        &self.inner.drawings
    }

    /// What goes on in the background of this process.
    #[must_use]
    pub fn tasks(&self) -> &Tasks {
        &self.inner.tasks
    }

    /// The keys seen lately.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.inner.keyring
    }

    /// The drafts at work.
    #[must_use]
    pub fn benches(&self) -> &Benches {
        &self.inner.benches
    }

    /// The cities known, by id.
    #[must_use]
    pub fn cities(&self) -> Vec<CityId> {
        self.inner.cities.load().keys().cloned().collect()
    }

    /// Whether there is a city, and each has an atlas.
    ///
    /// # Errors
    /// [`Refusal::NoCityYet`], [`Refusal::NotReady`].
    pub fn ready(&self) -> Result<(), Refusal> {
        let cities = self.inner.cities.load();
        if cities.is_empty() {
            return Err(self.without_cities());
        }
        let all = cities.values().all(|seat| seat.atlas.load().is_some());
        if all { Ok(()) } else { Err(Refusal::NotReady) }
    }

    /// Why no city is known: the store holds none, or it was not asked yet, or none could be opened.
    fn without_cities(&self) -> Refusal {
        let none = self.inner.none.load(Ordering::Acquire);
        if none { Refusal::NoCityYet } else { Refusal::NotReady }
    }

    /// The city that was named, or the only one.
    ///
    /// # Errors
    /// [`Refusal::NoCity`], [`Refusal::WhichCity`]; [`Refusal::NoCityYet`] or [`Refusal::NotReady`]
    /// before the first.
    pub fn seat(&self, named: Option<&str>) -> Result<Arc<Seat>, Refusal> {
        let cities = self.inner.cities.load();
        match named {
            _ if cities.is_empty() => Err(self.without_cities()),
            Some(given) => cities
                .get(given)
                .cloned()
                .ok_or_else(|| Refusal::NoCity { given: given.chars().take(64).collect() }),
            None if cities.len() == 1 => cities.values().next().cloned().ok_or(Refusal::NotReady),
            None => Err(Refusal::WhichCity { cities: cities.keys().cloned().collect() }),
        }
    }

    /// The atlas in force in a city.
    ///
    /// # Errors
    /// [`Refusal::NoCity`], [`Refusal::NotReady`].
    pub fn atlas(&self, city: &CityId) -> Result<Arc<Atlas>, Refusal> {
        self.seat(Some(city.as_str()))?.atlas()
    }

    /// Asks the store for every city and brings every atlas up to date.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`]; and when a city's state gives no atlas, the words that say why, after
    /// all the others were brought up to date. What was in force stays in force.
    pub async fn refresh(&self) -> Result<(), Refusal> {
        // Another program may have edited the embedded file: that counts its versions up.
        self.inner.store.notice_foreign_edits().await?;
        let mut first_fault = None;
        let cities = self.inner.store.cities().await?;
        self.inner.none.store(cities.is_empty(), Ordering::Release);
        for city in cities {
            if let Err(refusal) = self.refresh_city(&city).await {
                first_fault.get_or_insert(refusal);
            }
        }
        first_fault.map_or(Ok(()), Err)
    }

    /// Brings one city up to date.
    ///
    /// # Errors
    /// As [`Self::refresh`].
    pub async fn refresh_city(&self, city: &CityId) -> Result<(), Refusal> {
        let Some(head) = self.inner.store.head(city).await? else { return Ok(()) };
        let seat = self.open_seat(city).await;
        seat.tell(head.journal_seq);
        let _turn = seat.building.lock().await;
        if seat.version() >= head.atlas_version {
            return Ok(());
        }
        if let Some(failed) = seat.fault.load().as_ref()
            && failed.version >= head.atlas_version
        {
            return Err(Refusal::Inner(failed.words.clone()));
        }
        let Some(state) = self.inner.store.load(city).await? else { return Ok(()) };
        let version = state.atlas_version;
        if version <= seat.version() {
            return Ok(());
        }
        // Building takes tenths of a second: never on the workers that answer.
        let built = tokio::task::spawn_blocking(move || Atlas::build(state))
            .await
            .map_err(|fault| Refusal::Inner(format!("the atlas was not built: {fault}")))?;
        match built {
            Ok(atlas) => {
                seat.atlas.store(Some(Arc::new(atlas)));
                seat.fault.store(None);
                tracing::info!(city = %city, version, "atlas in force");
                Ok(())
            }
            Err(faults) => {
                let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
                let words =
                    format!("version {version} of {city} is no atlas: {}", words.join("; "));
                tracing::error!(city = %city, version, fault = %words, "the old atlas stays");
                seat.fault.store(Some(Arc::new(Failed { version, words: words.clone() })));
                Err(Refusal::Inner(words))
            }
        }
    }

    /// The ONE way to write. When the changes move the atlas, the new one is in force in this
    /// process when this returns; other processes notice within [`POLL_EVERY`].
    ///
    /// # Errors
    /// [`CommitError`]; then nothing was written.
    pub async fn commit(
        &self,
        city: &CityId,
        caller: &Caller,
        basis: Basis,
        changes: Vec<Change>,
    ) -> Result<Head, CommitError> {
        let moves = changes.iter().any(Change::moves_atlas);
        let stamp = Stamp { city: city.clone(), actor: caller.actor.clone(), at: self.now() };
        let head = self.inner.store.commit(stamp, basis, changes).await?;
        if moves {
            // The commit stands whatever happens now; the poll tries again.
            if let Err(refusal) = self.refresh_city(city).await {
                tracing::error!(city = %city, fault = %refusal, "committed, but not yet in force");
            }
        }
        if let Ok(seat) = self.seat(Some(city.as_str())) {
            seat.tell(head.journal_seq);
        }
        Ok(head)
    }

    /// Brings every city up to date again and again; ends only when dropped.
    pub async fn keep_fresh(&self) {
        loop {
            tokio::time::sleep(POLL_EVERY).await;
            if let Err(refusal) = self.refresh().await {
                tracing::warn!(fault = %refusal, "the cities could not be brought up to date");
            }
        }
    }

    async fn open_seat(&self, city: &CityId) -> Arc<Seat> {
        let _turn = self.inner.opening.lock().await;
        let cities = self.inner.cities.load_full();
        if let Some(seat) = cities.get(city) {
            return Arc::clone(seat);
        }
        let seat = Arc::new(Seat::new(city.clone()));
        let mut more = BTreeMap::clone(&cities);
        more.insert(city.clone(), Arc::clone(&seat));
        self.inner.cities.store(Arc::new(more));
        seat
    }
}

/// Refuses what the table does not allow, in the words of what does not exist.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn must(caller: &Caller, operation: Operation) -> Result<(), Refusal> {
    if caller.may(operation) { Ok(()) } else { Err(Refusal::NotFound) }
}
