//! Where Open311 lies, and the one desk that answers.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use axum::routing::any;
use tower_http::timeout::RequestBodyTimeoutLayer;
use utoipa_axum::router::OpenApiRouter;

use crate::formats::open311::document::Format;
use crate::formats::urlencoded::decoded;
use crate::http::open311::counter::{Answered, Asked};
use crate::http::open311::error::{Wrong, answer, format_of};
use crate::http::open311::services::ROOT;
use crate::http::open311::{bulk, filing, requests, services, updates};
use crate::http::web::Web;

/// Every path that is mounted; the rest of `/open311` is nothing, told in its own shape.
pub const MOUNTED: [&str; 17] = [
    "/open311/v2/discovery.xml",
    "/open311/v2/discovery.json",
    "/open311/v2/services.xml",
    "/open311/v2/services.json",
    "/open311/v2/services/{file}",
    "/open311/v2/coverage.xml",
    "/open311/v2/coverage.json",
    "/open311/v2/requests.xml",
    "/open311/v2/requests.json",
    "/open311/v2/requests.csv",
    "/open311/v2/requests/{file}",
    "/open311/v2/tokens/{file}",
    "/open311/v2/servicerequestupdates.xml",
    "/open311/v2/servicerequestupdates.json",
    "/open311",
    "/open311/",
    "/open311/{*rest}",
];

/// Mounts them.
#[must_use]
pub fn mount(pause: std::time::Duration) -> OpenApiRouter<Web> {
    let mounted =
        MOUNTED.iter().fold(OpenApiRouter::new(), |router, path| router.route(path, any(desk)));
    mounted.layer(RequestBodyTimeoutLayer::new(pause))
}

/// What a path names.
enum Named<'p> {
    Discovery,
    Services,
    Service(&'p str),
    Coverage,
    Requests,
    /// All of them as a table.
    Bulk,
    Request(&'p str),
    Token(&'p str),
    Updates,
}

impl Named<'_> {
    /// The methods it knows, for `Allow`.
    fn methods(&self) -> &'static str {
        match self {
            Self::Requests | Self::Updates => "GET, HEAD, POST, OPTIONS",
            _ => "GET, HEAD, OPTIONS",
        }
    }
}

/// What the path (percent-decoded) names.
fn named(path: &str) -> Option<Named<'_>> {
    let rest = path.strip_prefix(ROOT)?.strip_prefix('/')?;
    if rest == "requests.csv" {
        return Some(Named::Bulk);
    }
    let (name, suffix) = rest.rsplit_once('.')?;
    Format::from_suffix(suffix)?;
    match name.split_once('/') {
        None => match name {
            "discovery" => Some(Named::Discovery),
            "services" => Some(Named::Services),
            "coverage" => Some(Named::Coverage),
            "requests" => Some(Named::Requests),
            "servicerequestupdates" => Some(Named::Updates),
            _ => None,
        },
        Some(("services", code)) => Some(Named::Service(code)),
        Some(("requests", id)) => Some(Named::Request(id)),
        Some(("tokens", token)) => Some(Named::Token(token)),
        Some(_) => None,
    }
}

async fn desk(State(web): State<Web>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let format = format_of(parts.uri.path(), &parts.headers).unwrap_or(Format::Xml);
    let path = decoded(&parts.uri.path().replace('+', "%2B")).unwrap_or_default().into_owned();
    let Some(named) = named(&path) else {
        let words =
            "there is nothing here; paths end in .xml or .json, see /open311/v2/discovery.xml";
        return finish(&parts.method, Wrong::missing(words).answer(format));
    };
    let query = parts.uri.query().unwrap_or_default();
    let asked = Asked { web: &web, query, headers: &parts.headers, format };
    let answered = match (&parts.method, &named) {
        (&Method::GET | &Method::HEAD, named) => read(&asked, named).await,
        (&Method::POST, Named::Requests) => {
            filing::file_service_request(&asked, body).await.map(|told| good(told, format))
        }
        (&Method::POST, Named::Updates) => {
            updates::file_service_request_update(&asked, body).await.map(|told| good(told, format))
        }
        (&Method::OPTIONS, named) => return options(named),
        _ => {
            let words = format!("the method is not for this place; these are: {}", named.methods());
            let mut response = Wrong::new(StatusCode::METHOD_NOT_ALLOWED, words).answer(format);
            allow(&mut response, &named);
            return response;
        }
    };
    finish(&parts.method, answered.unwrap_or_else(|wrong| wrong.answer(format)))
}

async fn read(asked: &Asked<'_>, named: &Named<'_>) -> Result<Response, Wrong> {
    let told = match named {
        Named::Bulk => return bulk::every_service_request(asked).await,
        Named::Discovery => services::get_discovery(asked).await,
        Named::Services => services::list_services(asked).await,
        Named::Service(code) => services::get_service(asked, code).await,
        Named::Coverage => services::get_coverage(asked).await,
        Named::Requests => requests::list_service_requests(asked).await,
        Named::Request(id) => requests::get_service_request(asked, id).await,
        Named::Token(token) => requests::get_token(asked, token).await,
        Named::Updates => updates::list_service_request_updates(asked).await,
    };
    told.map(|told| good(told, asked.format))
}

fn good(answered: Answered, format: Format) -> Response {
    let mut response = answer(answered.status, &answered.document, format);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let language = HeaderValue::from_static(answered.language.code());
    headers.insert(header::CONTENT_LANGUAGE, language);
    headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
    extend(headers, answered.headers);
    response
}

fn extend(headers: &mut HeaderMap, more: HeaderMap) {
    for (name, value) in more {
        if let Some(name) = name {
            headers.insert(name, value);
        }
    }
}

fn options(named: &Named<'_>) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    allow(&mut response, named);
    response
}

fn allow(response: &mut Response, named: &Named<'_>) {
    let methods = HeaderValue::from_static(named.methods());
    response.headers_mut().insert(header::ALLOW, methods);
}

/// What HEAD asks for has a head alone.
fn finish(method: &Method, mut response: Response) -> Response {
    if *method == Method::HEAD {
        *response.body_mut() = axum::body::Body::empty();
    }
    response
}
