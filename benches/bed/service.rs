//! The service in this process, with the limits, layers, counters and log that `zonewarden serve` gives it.

use std::net::SocketAddr;

use axum::Router;
use axum::routing::MethodRouter;
use tokio::net::TcpListener;
use zonewarden::app::clock::Clock;
use zonewarden::app::people::keys::ContactKeys;
use zonewarden::app::seed;
use zonewarden::app::state::App;
use zonewarden::domain::atlas::city::CityState;
use zonewarden::http::access_log::AccessLog;
use zonewarden::http::limits::Limits;
use zonewarden::http::meter::Meter;
use zonewarden::http::web::Web;
use zonewarden::http::{router, server};
use zonewarden::store::open::{Migrate, Place, open};

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// What the keys of contacts are made of.
const CONTACT_KEY: &str = "a-contact-key-of-this-bench";

/// An empty place with this city.
pub(crate) async fn seeded(place: &Place, city: CityState) -> Result<App, Fault> {
    let keys = ContactKeys::read(CONTACT_KEY)?;
    let store = open(place, Migrate::Apply).await?;
    let app = App::with_contacts(store, Clock::system(), None, Some(keys));
    seed::found(&app, city).await.map_err(|fault| format!("{fault:?}"))?;
    app.refresh().await?;
    Ok(app)
}

/// Serves it until the process ends, with `more` handlers behind the same layers.
pub(crate) async fn served(
    app: App,
    more: Vec<(&str, MethodRouter<Web>)>,
) -> Result<(SocketAddr, Web), Fault> {
    let mut names = router::route_names();
    names.extend(more.iter().map(|(path, _)| (*path).to_owned()));
    let meter = Meter::new(names.iter().map(String::as_str))?;
    let sink = std::fs::OpenOptions::new().append(true).open("/dev/null")?;
    let (log, _writer) = AccessLog::start(sink)?;
    let web = Web::new(app, Limits::default(), meter, Some(log), router::document_bytes());
    let more = more.into_iter().fold(Router::new(), |all, (path, one)| all.route(path, one));
    let address = listen(router::router_with(&web, more), web.clone()).await?;
    Ok((address, web))
}

/// Serves other routes by the same server.
pub(crate) async fn listen(routes: Router, web: Web) -> Result<SocketAddr, Fault> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(server::serve(listener, routes, web, std::future::pending()));
    Ok(address)
}
