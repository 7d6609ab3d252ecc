//! A whole service in the test's own process: the demonstration city in a memory store, a clock
//! that the test moves, and a client.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use zonewarden::app::accounts::{self, KeyOrder};
use zonewarden::app::clock::Clock;
use zonewarden::app::incidents::desk;
use zonewarden::app::keyring::Pepper;
use zonewarden::app::people::keys::ContactKeys;
use zonewarden::app::seed;
use zonewarden::app::state::App;
use zonewarden::domain::accounts::{Caller, Role};
use zonewarden::domain::atlas::city::CityState;
use zonewarden::domain::id::{CityId, IncidentId, UnitId};
use zonewarden::domain::sample::{self, Recipe};
use zonewarden::domain::time::Instant;
use zonewarden::http::access_log::AccessLog;
use zonewarden::http::limits::Limits;
use zonewarden::http::meter::Meter;
use zonewarden::http::router;
use zonewarden::http::web::Web;
use zonewarden::store::Store;
use zonewarden::store::open::{Migrate, Place, open};

use crate::client::Client;

/// A Wednesday morning in term, 10:00 in the city.
pub(crate) const MORNING: &str = "2026-05-06T10:00:00+08:00";
/// What contacts are sealed under.
const CONTACT_KEY: &str = "a-contact-key-for-tests";
/// A GIF of one picture. It is text as well, so that it goes where text does.
pub(crate) const GIF: &str = "GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
/// A place well inside the city.
pub(crate) const CENTRE: (f64, f64) = (109.484, 36.585);

pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) web: Web,
    pub(crate) client: Client,
    pub(crate) city: CityId,
    clock: Arc<AtomicI64>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Limits::default()).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        let world = Self::empty(limits).await;
        seed::found(&world.app, demonstration()).await.unwrap();
        world
    }

    /// A service before its first city.
    pub(crate) async fn empty(limits: Limits) -> Self {
        Self::over(open(&Place::Memory, Migrate::Apply).await.unwrap(), limits)
    }

    /// A service over a store, whose cities it does not know yet.
    pub(crate) fn over(store: Store, limits: Limits) -> Self {
        Self::keyed(store, limits, Some(CONTACT_KEY), None)
    }

    /// The demonstration city, whose requests are told to a log.
    pub(crate) async fn logged(log: Arc<AccessLog>) -> Self {
        let store = open(&Place::Memory, Migrate::Apply).await.unwrap();
        let world = Self::keyed(store, Limits::default(), Some(CONTACT_KEY), Some(log));
        seed::found(&world.app, demonstration()).await.unwrap();
        world
    }

    /// The same, with other keys for contacts.
    pub(crate) fn with_contact_keys(store: Store, keys: &str) -> Self {
        Self::keyed(store, Limits::default(), Some(keys), None)
    }

    /// The same, with none.
    pub(crate) fn without_contact_keys(store: Store) -> Self {
        Self::keyed(store, Limits::default(), None, None)
    }

    fn keyed(
        store: Store,
        limits: Limits,
        contact_keys: Option<&str>,
        log: Option<Arc<AccessLog>>,
    ) -> Self {
        let clock = Arc::new(AtomicI64::new(Instant::parse(MORNING).unwrap().0));
        let told = Arc::clone(&clock);
        let pepper = Pepper::new(b"a pepper for tests").unwrap();
        let clock_of_app = Clock::from_fn(move || Instant(told.load(Ordering::SeqCst)));
        let keys = contact_keys.map(|keys| ContactKeys::read(keys).unwrap());
        let app = App::with_contacts(store, clock_of_app, Some(pepper), keys);
        app.reach_private(true);
        let names = router::route_names();
        let meter = Meter::new(names.iter().map(String::as_str)).unwrap();
        let web = Web::new(app.clone(), limits, meter, log, router::document_bytes());
        let client = Client::new(router::router(&web));
        Self { app, web, client, city: demonstration().city.id, clock }
    }

    /// Takes up the reports that wait, as the service does in the background.
    pub(crate) async fn take_up(&self) {
        let seat = self.app.seat(None).unwrap();
        desk::take_up_all(&self.app, &seat).await.unwrap();
    }

    /// How many steps an incident has.
    pub(crate) async fn revision(&self, id: &str) -> u32 {
        let id = IncidentId(id.parse().unwrap());
        let found = self.app.store().incident(&self.city, id).await.unwrap();
        found.map_or(0, |(docket, _)| docket.revision)
    }

    /// Lets time pass.
    pub(crate) fn pass_us(&self, us: i64) {
        self.clock.fetch_add(us, Ordering::SeqCst);
    }

    /// A key of this role; one of the role `unit` speaks for `unit`.
    pub(crate) async fn key(&self, role: Role, unit: &UnitId) -> String {
        let unit = (role == Role::Unit).then(|| unit.clone());
        self.order(KeyOrder { role, unit, label: String::new(), expires_at: None }).await
    }

    pub(crate) async fn order(&self, order: KeyOrder) -> String {
        accounts::issue(&self.app, &self.city, &Caller::cli(), order).await.unwrap().token
    }
}

/// The demonstration city, made once.
pub(crate) fn demonstration() -> CityState {
    static CITY: OnceLock<CityState> = OnceLock::new();
    CITY.get_or_init(|| sample::city(&Recipe::default())).clone()
}
