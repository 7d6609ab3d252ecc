//! Where it lies, and the one desk that answers.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use tower_http::timeout::RequestBodyTimeoutLayer;
use utoipa_axum::router::OpenApiRouter;

use crate::app::state::must;
use crate::domain::accounts::Operation;
use crate::domain::ogc::collection::Collection;
use crate::formats::urlencoded::decoded;
use crate::http::ogc::collections::{collection, collections};
use crate::http::ogc::counter::{Counter, ROOT};
use crate::http::ogc::described::described;
use crate::http::ogc::drafting;
use crate::http::ogc::editing::{change, create};
use crate::http::ogc::error::Wrong;
use crate::http::ogc::items::{item, items};
use crate::http::ogc::landing::{conformance, landing};
use crate::http::ogc::project::project;
use crate::http::ogc::qgis::definition;
use crate::http::ogc::schemas::{Which, schema};
use crate::http::problem::{Kind, Problem};
use crate::http::web::Web;

/// Every path that is mounted; the rest of `/ogc` is nothing, told in its own shape.
pub const MOUNTED: [&str; 14] = [
    "/ogc",
    "/ogc/",
    "/ogc/conformance",
    "/ogc/api",
    "/ogc/zonewarden.qlr",
    "/ogc/zonewarden.qgs",
    "/ogc/collections",
    "/ogc/collections/{id}",
    "/ogc/collections/{id}/queryables",
    "/ogc/collections/{id}/schema",
    "/ogc/collections/{id}/feature-schema",
    "/ogc/collections/{id}/items",
    "/ogc/collections/{id}/items/{fid}",
    "/ogc/{*rest}",
];

/// The methods that a page elsewhere may use.
const METHODS: &str = "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE";
/// The headers that a page elsewhere may send.
const TAKEN: &str = "authorization, x-api-key, accept, accept-language, content-type, content-crs, \
                     if-match, if-none-match";
/// The headers that a page elsewhere may read.
const TOLD: &str =
    "allow, content-crs, content-language, etag, link, location, retry-after, x-request-id";

/// Mounts them.
#[must_use]
pub fn mount(pause: std::time::Duration) -> OpenApiRouter<Web> {
    let mounted =
        MOUNTED.iter().fold(OpenApiRouter::new(), |router, path| router.route(path, any(desk)));
    mounted.layer(RequestBodyTimeoutLayer::new(pause))
}

/// What a path names.
enum Named {
    Landing,
    Conformance,
    Api,
    Layers,
    Project,
    Collections,
    Collection(Collection),
    Schema(Collection, Which),
    Items(Collection),
    Item(Collection, String),
}

impl Named {
    /// The collection that it is about.
    fn collection(&self) -> Option<Collection> {
        match self {
            Self::Collection(one)
            | Self::Schema(one, _)
            | Self::Items(one)
            | Self::Item(one, _) => Some(*one),
            Self::Landing
            | Self::Conformance
            | Self::Api
            | Self::Layers
            | Self::Project
            | Self::Collections => None,
        }
    }

    /// What the caller may do here, for `Allow`.
    fn methods(&self, counter: &Counter<'_>) -> &'static str {
        let edits = match self.collection() {
            Some(Collection::Facilities(_)) => counter.caller.may(Operation::EditFacilities),
            Some(Collection::DraftZones(_) | Collection::DraftArcs(_)) => counter.draws(),
            Some(Collection::Zones | Collection::Units | Collection::Incidents) | None => false,
        };
        match self {
            // Borders come and go with zones.
            Self::Item(Collection::DraftArcs(_), _) if edits => "GET, HEAD, OPTIONS, PUT, PATCH",
            Self::Items(one) if edits && !matches!(one, Collection::DraftArcs(_)) => {
                "GET, HEAD, OPTIONS, POST"
            }
            Self::Item(..) if edits => "GET, HEAD, OPTIONS, PUT, PATCH, DELETE",
            _ => "GET, HEAD, OPTIONS",
        }
    }
}

/// What the path names; each segment is decoded by itself.
fn named(path: &str) -> Option<Named> {
    let rest = path.strip_prefix(ROOT)?;
    if !(rest.is_empty() || rest.starts_with('/')) {
        return None;
    }
    let rest = rest.trim_end_matches('/');
    // A plus is itself in a path.
    let segments: Option<Vec<String>> = rest
        .split('/')
        .skip(1)
        .map(|segment| Some(decoded(&segment.replace('+', "%2B"))?.into_owned()))
        .collect();
    let segments = segments?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    Some(match segments[..] {
        [] => Named::Landing,
        ["conformance"] => Named::Conformance,
        ["api"] => Named::Api,
        ["zonewarden.qlr"] => Named::Layers,
        ["zonewarden.qgs"] => Named::Project,
        ["collections"] => Named::Collections,
        ["collections", id, ref more @ ..] => {
            let id = Collection::from_id(id)?;
            match *more {
                [] => Named::Collection(id),
                ["queryables"] => Named::Schema(id, Which::Queryables),
                ["schema"] => Named::Schema(id, Which::Schema),
                ["feature-schema"] => Named::Schema(id, Which::Feature),
                ["items"] => Named::Items(id),
                ["items", one] => Named::Item(id, one.to_owned()),
                _ => return None,
            }
        }
        _ => return None,
    })
}

async fn desk(State(web): State<Web>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut response = if is_preflight(&parts.method, &parts.headers) {
        preflight()
    } else {
        let answered = Box::pin(answer(&web, &parts, body)).await;
        answered.unwrap_or_else(|wrong| wrong.answer(&parts.headers))
    };
    if parts.method == Method::HEAD {
        *response.body_mut() = Body::empty();
    }
    // Keys come in headers that a page must be told to send: whoever may read may read from anywhere.
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(TOLD));
    response
}

async fn answer(web: &Web, parts: &Parts, body: Body) -> Result<Response, Wrong> {
    let Some(named) = named(parts.uri.path()) else {
        return Err(Wrong::missing("there is nothing here; /ogc/collections lists what there is"));
    };
    let query = parts.uri.query().unwrap_or_default();
    let mut counter = Counter::open(web, &parts.headers, query).await?;
    if let Some(draft) = named.collection().and_then(Collection::draft) {
        counter.look_at(draft).await?;
    }
    let method = &parts.method;
    match named {
        named if matches!(*method, Method::GET | Method::HEAD) => read(counter, named).await,
        named if *method == Method::OPTIONS => {
            if let Some(collection) = named.collection() {
                must(&counter.caller, collection.operation())?;
            }
            Ok(allowed(StatusCode::OK.into_response(), named.methods(&counter)))
        }
        Named::Items(Collection::DraftZones(draft)) if *method == Method::POST => {
            Box::pin(drafting::create(counter, draft, body)).await
        }
        Named::Item(one @ Collection::DraftZones(_), id) if changes(method) => {
            Box::pin(drafting::change(counter, (method, one, &id), body)).await
        }
        Named::Item(one @ Collection::DraftArcs(_), id)
            if changes(method) && *method != Method::DELETE =>
        {
            Box::pin(drafting::change(counter, (method, one, &id), body)).await
        }
        Named::Items(Collection::Facilities(kind)) if *method == Method::POST => {
            create(counter, kind, body).await
        }
        Named::Item(Collection::Facilities(kind), id) if changes(method) => {
            change(counter, (method, kind, &id), body).await
        }
        named => {
            let methods = named.methods(&counter);
            let words = format!("this place does not know the method; it knows {methods}");
            let wrong = Wrong::from(Problem::new(Kind::NoMethod, words));
            Ok(allowed(wrong.answer(&parts.headers), methods))
        }
    }
}

/// Whether a method changes a feature that is there.
fn changes(method: &Method) -> bool {
    matches!(*method, Method::PUT | Method::PATCH | Method::DELETE)
}

async fn read(counter: Counter<'_>, named: Named) -> Result<Response, Wrong> {
    match named {
        Named::Landing => landing(counter),
        Named::Conformance => conformance(counter),
        Named::Api => described(counter).await,
        Named::Layers => definition(counter).await,
        Named::Project => project(counter).await,
        Named::Collections => collections(counter).await,
        Named::Collection(one) => collection(counter, one).await,
        Named::Schema(one, which) => schema(counter, one, which),
        Named::Items(one) => items(counter, one).await,
        Named::Item(one, id) => item(counter, one, &id).await,
    }
}

fn allowed(mut response: Response, methods: &'static str) -> Response {
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
    response
}

/// Whether a browser asks if it may ask. QGIS asks by the same method what it may do, without saying so: that
/// is answered with what the caller may do.
fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn preflight() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(TAKEN));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_what_is_there_and_nothing_else() {
        for path in [
            "/ogc",
            "/ogc/",
            "/ogc/api",
            "/ogc/zonewarden.qlr",
            "/ogc/zonewarden.qgs",
            "/ogc/collections/",
            "/ogc/collections/zones/items/a%2Fb",
        ] {
            assert!(named(path).is_some(), "{path}");
        }
        let item = named("/ogc/collections/zones/items/%E8%B4%A3+1");
        assert!(matches!(item, Some(Named::Item(Collection::Zones, id)) if id == "责+1"));
        for path in [
            "/ogcx",
            "/ogc/x",
            "/ogc/collections/zone",
            "/ogc/collections/zones/x",
            "/ogc/collections/zones/items/a/b",
            "/ogc/collections/zones/items/%ff",
        ] {
            assert!(named(path).is_none(), "{path}");
        }
    }
}
