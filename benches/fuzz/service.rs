//! Hostile requests to a whole service in memory: whatever is asked, it answers, and never that it broke.

use std::convert::Infallible;
use std::sync::{LazyLock, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Method, Request, StatusCode, header};
use futures_util::stream;
use http_body_util::BodyExt;
use tokio::runtime::Runtime;
use tower::ServiceExt;
use zonewarden::app::accounts::{self, KeyOrder};
use zonewarden::app::clock::Clock;
use zonewarden::app::keyring::Pepper;
use zonewarden::app::people::keys::ContactKeys;
use zonewarden::app::seed;
use zonewarden::app::state::App;
use zonewarden::app::transfer::export::layer;
use zonewarden::app::transfer::{Format, Kind, file};
use zonewarden::domain::accounts::{Caller, Role};
use zonewarden::domain::atlas::city::CityState;
use zonewarden::domain::atlas::facility::FacilityKind;
use zonewarden::domain::sample::{Recipe, city};
use zonewarden::geom::crs::Crs;
use zonewarden::http::limits::Limits;
use zonewarden::http::meter::Meter;
use zonewarden::http::router;
use zonewarden::http::web::Web;
use zonewarden::store::open::{Migrate, Place, open};

use crate::dice::{Dice, damage, mutated, pieces};

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// The demonstration city, served.
struct Service {
    runtime: Runtime,
    router: Mutex<Router>,
    key: String,
    /// What is sent, before it is spoilt.
    asks: Vec<Ask>,
}

/// Method, path, media type and good bodies.
struct Ask {
    method: Method,
    path: String,
    media: &'static str,
    bodies: Vec<Vec<u8>>,
}

static SERVICE: LazyLock<Result<Service, String>> =
    LazyLock::new(|| Service::new().map_err(|fault| fault.to_string()));

/// A spoilt request; a batch of places also in pieces, which must have the same answer.
pub(crate) fn asked(dice: &mut Dice) -> Result<(), String> {
    let service = SERVICE.as_ref().map_err(Clone::clone)?;
    let ask = dice.pick(&service.asks);
    let bodies: Vec<&[u8]> = ask.bodies.iter().map(Vec::as_slice).collect();
    let mut body = mutated(dice, &bodies);
    if dice.below(3) == 0 {
        damage(dice, &mut body);
    }
    let path = spoilt(dice, &ask.path);
    let Some((status, told)) = service.answer(ask, &path, vec![body.as_slice()])? else {
        return Ok(());
    };
    if status == StatusCode::OK && path.starts_with(LOCATE) {
        let cut = pieces(dice, &body);
        let again = service.answer(ask, &path, cut)?;
        if again.as_ref() != Some(&(status, told.clone())) {
            let (was, is) = (String::from_utf8_lossy(&told), again.map(|it| it.1));
            let is = is.map(|it| String::from_utf8_lossy(&it).into_owned());
            return Err(format!("{path} in one piece {was} and in many {is:?}"));
        }
    }
    Ok(())
}

const LOCATE: &str = "/api/v1/locate?at=2026-05-06T10:00:00%2B08:00";
const BLOCKS: &str = "/api/v1/drafts/import?name=x&format=blocks&dry_run=true";
const GETS: [&str; 2] = [
    "/api/v1/facilities?lon=109.48&lat=36.58&k=3&kind=school&radius=500",
    "/api/v1/zones?bbox=109.4,36.5,109.5,36.6&geometry=true",
];
/// Paths, media types and bodies.
const POSTS: [(&str, &str, &[&str]); 7] = [
    (
        LOCATE,
        "application/json",
        &[
            r#"[{"lon":109.484,"lat":36.585,"id":"}\"]"},[109.48,36.58] , null,3,{"lon":1e400,"lat":-0}]"#,
        ],
    ),
    (
        LOCATE,
        "application/x-ndjson",
        &[
            "{\"lon\":109.484,\"lat\":36.585,\"at\":\"x\"}\n\r\n[109.48,36.58]\n{\"id\":[1,\"\\n\"]}",
        ],
    ),
    (
        LOCATE,
        "text/csv",
        &[
            "id,lon,lat\n\"a\nb\",109.484,36.585\n5\" x,109.48,\"36.58\"\n,,\n",
            "\u{feff}\"lon\",lat,category,accuracy\r\n109.48,36.58,event.05,15\r\n\r\n",
        ],
    ),
    (
        "/api/v1/reports",
        "application/json",
        &[
            r#"{"lon":109.484,"lat":36.585,"category":"event.05.parking","words":"x","contact":"13900000000","accuracy_m":8}"#,
        ],
    ),
    (
        "/api/v1/reports/batch",
        "application/json",
        &[r#"[{"key":"a","lon":109.484,"lat":36.585},{"lon":"x"},7]"#],
    ),
    (
        "/open311/v2/requests.xml",
        "application/x-www-form-urlencoded",
        &[
            "service_code=event.05.parking&lat=36.585&long=109.484&description=%E8%B7%AF&attribute%5Bblocks%5D%5B%5D=pavement",
        ],
    ),
    (
        "/open311/v2/requests.json",
        "multipart/form-data; boundary=b",
        &[
            "--b\r\nContent-Disposition: form-data; name=\"service_code\"\r\n\r\nevent.05.parking\r\n--b\r\n\
             Content-Disposition: form-data; name=lat\r\n\r\n36.585\r\n--b\r\nContent-Disposition: form-data; \
             name=long\r\n\r\n109.484\r\n--b\r\nContent-Disposition: form-data; name=media; filename=x\r\n\r\n\
             GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;\r\n--b--\r\n",
        ],
    ),
];

/// Mostly the path as it is, else with something of its query changed.
fn spoilt(dice: &mut Dice, path: &str) -> String {
    let Some((path, query)) = path.split_once('?').filter(|_| dice.below(6) == 0) else {
        return path.to_owned();
    };
    let query: String = mutated(dice, &[query.as_bytes()])
        .into_iter()
        .take(4_000)
        .filter(|byte| byte.is_ascii_graphic() && !matches!(byte, b'#' | b'"' | b'<' | b'>'))
        .map(char::from)
        .collect();
    // Nothing may be written by a query that lost its `dry_run`.
    let dry =
        if path.ends_with("/import") || path.ends_with("/rules") { "&dry_run=true" } else { "" };
    format!("{path}?{query}{dry}")
}

impl Service {
    fn new() -> Result<Self, Fault> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (router, key) = runtime.block_on(served())?;
        Ok(Self {
            runtime,
            router: Mutex::new(router),
            key,
            asks: asks(&city(&Recipe::default()))?,
        })
    }

    /// The status and the whole answer; `None` where the path is none at all.
    fn answer(
        &self,
        ask: &Ask,
        path: &str,
        pieces: Vec<&[u8]>,
    ) -> Result<Option<(StatusCode, Bytes)>, String> {
        let pieces: Vec<_> =
            pieces.into_iter().map(|it| Ok::<_, Infallible>(Bytes::copy_from_slice(it))).collect();
        let built = Request::builder()
            .method(ask.method.clone())
            .uri(path)
            .header(header::CONTENT_TYPE, ask.media)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key))
            .body(Body::from_stream(stream::iter(pieces)));
        let Ok(request) = built else { return Ok(None) };
        let router = self.router.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.runtime.block_on(async {
            let answer = router.oneshot(request).await.map_err(|fault| fault.to_string())?;
            let (head, body) = answer.into_parts();
            let told = body.collect().await.map_err(|fault| fault.to_string())?.to_bytes();
            let media = head.headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
            let json = media.is_some_and(|it| it.split(';').any(|it| it.ends_with("json")));
            let lines = media.is_some_and(|it| it.contains("ndjson"));
            let broken = head.status == StatusCode::INTERNAL_SERVER_ERROR
                || (json && !lines && serde_json::from_slice::<serde_json::Value>(&told).is_err());
            if broken {
                let told = String::from_utf8_lossy(&told);
                return Err(format!("{} {path}: {} {told}", ask.method, head.status));
            }
            Ok(Some((head.status, told)))
        })
    }
}

async fn served() -> Result<(Router, String), Fault> {
    let store = open(&Place::Memory, Migrate::Apply).await?;
    let pepper = Pepper::new(b"the pepper of this bench")?;
    let contacts = ContactKeys::read("a-contact-key-of-this-bench")?;
    let app = App::with_contacts(store, Clock::system(), Some(pepper), Some(contacts));
    let state = city(&Recipe::default());
    let id = state.city.id.clone();
    seed::found(&app, state).await?;
    app.refresh().await?;
    let order = KeyOrder { role: Role::Admin, unit: None, label: String::new(), expires_at: None };
    let key = accounts::issue(&app, &id, &Caller::cli(), order).await?.token;
    let names = router::route_names();
    let meter = Meter::new(names.iter().map(String::as_str))?;
    let web = Web::new(app, Limits::default(), meter, None, router::document_bytes());
    Ok((router::router(&web), key))
}

fn asks(state: &CityState) -> Result<Vec<Ask>, Fault> {
    let blocks = state.facilities.iter().filter(|it| it.kind == FacilityKind::Block);
    let rows = blocks.zip(state.zones.iter().cycle()).take(30);
    let blocks: Vec<String> =
        rows.map(|(block, zone)| format!("{},{}\n", block.id, zone.id)).collect();
    let lead = state.units.first().map_or("", |unit| unit.id.as_str());
    let zones = layer(state, Kind::Zones, Crs::Wgs84);
    let few = zonewarden::formats::layer::Layer {
        features: zones.features.iter().take(3).cloned().collect(),
        ..zones
    };
    let ask = |method: &Method, path: &str, media, bodies| {
        let (method, path) = (method.clone(), path.to_owned());
        Ask { method, path, media, bodies }
    };
    let rules = file::write(&layer(state, Kind::Rules, Crs::Wgs84), Format::GeoJson)?;
    let table = format!("block,zone\n{}", blocks.concat()).into_bytes();
    let mut asks = vec![
        ask(&Method::PUT, "/api/v1/rules?dry_run=true&days=1", "application/geo+json", vec![rules]),
        ask(&Method::POST, BLOCKS, "text/csv", vec![table]),
    ];
    for (path, media, bodies) in POSTS {
        let bodies = bodies.iter().map(|text| text.as_bytes().to_vec()).collect();
        asks.push(ask(&Method::POST, path, media, bodies));
    }
    for path in GETS {
        asks.push(ask(&Method::GET, path, "text/plain", vec![Vec::new()]));
    }
    for format in Format::ALL.into_iter().filter(|format| format.holds_all()) {
        let path = format!(
            "/api/v1/drafts/import?name=x&crs=wgs84&lead={lead}&dry_run=true&format={}",
            format.code()
        );
        let bytes = file::write(&few, format)?;
        asks.push(ask(&Method::POST, &path, "application/octet-stream", vec![bytes]));
    }
    Ok(asks)
}
