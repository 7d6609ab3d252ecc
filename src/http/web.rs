//! What every handler shares.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::app::ogc::columns::Columns;
use crate::app::ogc::schemas::Schemas;
use crate::app::state::App;
use crate::http::access_log::AccessLog;
use crate::http::api::fragments::Shelf;
use crate::http::limits::Limits;
use crate::http::meter::Meter;
use crate::http::ogc::written::Written;
use crate::http::tiles::cache::TileCache;

/// What every handler shares. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Web {
    shared: Arc<Shared>,
}

/// What is shared.
pub struct Shared {
    /// The use cases.
    pub app: App,
    /// What is taken at most.
    pub limits: Limits,
    /// Counters.
    pub meter: Meter,
    /// The access log; `None` when it is switched off.
    pub log: Option<Arc<AccessLog>>,
    /// Cancelled when the server is to end: live streams end with it.
    pub closing: CancellationToken,
    /// Places for readers of the live journal.
    pub live: Arc<Semaphore>,
    /// Places for work that keeps a processor busy; it runs off the workers that answer.
    pub heavy: Arc<Semaphore>,
    /// Places for what anybody may have searched through all that is public: few, and apart from the heavy work, so
    /// that neither waits for the other.
    pub searches: Arc<Semaphore>,
    /// Places for bodies with pictures, which lie in memory whole.
    pub uploads: Arc<Semaphore>,
    /// Requests being answered.
    pub in_flight: AtomicUsize,
    /// What answers are put together from.
    pub fragments: Shelf,
    /// Map tiles that were made lately.
    pub tiles: TileCache,
    /// What map clients are told of each collection.
    pub schemas: Schemas,
    /// What their filters look things up in.
    pub columns: Columns,
    /// Features that were written for them lately.
    pub written: Written,
    /// The OpenAPI document, as served.
    pub document: bytes::Bytes,
}

impl Web {
    /// Shares these.
    #[must_use]
    pub fn new(
        app: App,
        limits: Limits,
        meter: Meter,
        log: Option<Arc<AccessLog>>,
        document: bytes::Bytes,
    ) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let shared = Shared {
            app,
            meter,
            log,
            closing: CancellationToken::new(),
            live: Arc::new(Semaphore::new(limits.live_clients_max)),
            heavy: Arc::new(Semaphore::new(cores)),
            searches: Arc::new(Semaphore::new((cores / 2).max(1))),
            uploads: Arc::new(Semaphore::new(limits.uploads_max)),
            in_flight: AtomicUsize::new(0),
            fragments: Shelf::default(),
            tiles: TileCache::new(limits.tile_cache_bytes_max),
            schemas: Schemas::default(),
            columns: Columns::default(),
            written: Written::default(),
            document,
            limits,
        };
        Self { shared: Arc::new(shared) }
    }
}

impl Deref for Web {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}
