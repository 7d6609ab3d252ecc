//! The one layer around every route: request id, limit, timeout, panics, counters, log. One layer,
//! because each costs every request.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tower::{Layer, Service};

use crate::formats::open311::document::Format;
use crate::http::api::locate;
use crate::http::json::Json;
use crate::http::open311::error::{Wrong, format_of};
use crate::http::problem::{Cause, Kind, Problem};
use crate::http::web::Web;

/// Longest request id taken from a caller, in bytes.
const REQUEST_ID_BYTES_MAX: usize = 64;
/// The header of a request's id.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The layer.
#[derive(Clone)]
pub struct Gate {
    web: Web,
}

impl Gate {
    /// A gate of this server.
    #[must_use]
    pub fn new(web: Web) -> Self {
        Self { web }
    }
}

impl<S> Layer<S> for Gate {
    type Service = Gated<S>;

    fn layer(&self, inner: S) -> Gated<S> {
        Gated { inner, web: self.web.clone() }
    }
}

/// A service behind the gate.
#[derive(Clone)]
pub struct Gated<S> {
    inner: S,
    web: Web,
}

impl<S> Service<Request> for Gated<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let matched = request.extensions().get::<MatchedPath>().cloned();
        let route = matched.map_or(Route::Nowhere, Route::Matched);
        let visit = Visit::begin(&self.web, &request, route);
        let answer = visit.admitted().then(|| AssertUnwindSafe(self.inner.call(request)));
        let timeout = self.web.limits.request_timeout;
        Box::pin(async move {
            let response = match answer {
                None => {
                    visit.web.meter.shed.increment(1);
                    visit.refused(Problem::busy())
                }
                Some(answer) => match tokio::time::timeout(timeout, answer.catch_unwind()).await {
                    Ok(Ok(Ok(response))) => response,
                    Ok(Ok(Err(never))) => match never {},
                    Ok(Err(panic)) => panicked(&visit, panic.as_ref()),
                    Err(_) => {
                        visit.refused(Problem::new(Kind::TimedOut, "the answer took too long"))
                    }
                },
            };
            Ok(visit.end(response))
        })
    }
}

fn panicked(visit: &Visit, panic: &(dyn std::any::Any + Send)) -> Response {
    let words = panic
        .downcast_ref::<&str>()
        .map(|words| (*words).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    let problem = Problem::new(Kind::Broken, "a fault of the service; it has been logged");
    let mut response = visit.refused(problem);
    response.extensions_mut().insert(Cause(format!("panic: {words}")));
    response
}

/// One request on its way through.
struct Visit {
    web: Web,
    began: Instant,
    method: Method,
    route: Route,
    id: HeaderValue,
    others: usize,
    /// The format that Open311 is to answer in; its errors have a shape of their own.
    open311: Option<Format>,
}

/// Which route a request takes.
enum Route {
    /// The router found it.
    Matched(MatchedPath),
    /// It was known without the router.
    Known(&'static str),
    /// There is none.
    Nowhere,
}

impl Route {
    fn name(&self) -> Option<&str> {
        match self {
            Self::Matched(path) => Some(path.as_str()),
            Self::Known(name) => Some(name),
            Self::Nowhere => None,
        }
    }
}

/// The most asked question, answered in place: without the router, and without a future, which has
/// nothing to wait for. Same counters, same log, same limit. `None` for whatever else is asked, or is
/// not plainly right: the router has the words for it.
pub(crate) fn at_once<B>(web: &Web, request: &axum::http::Request<B>) -> Option<Response> {
    if request.uri().path() != locate::PATH || request.method() != Method::GET {
        return None;
    }
    let visit = Visit::begin(web, request, Route::Known(locate::PATH));
    let answer = || locate::at_once(web, request.uri().query()?, request.headers());
    // What panics here panics again behind the router, where it is told.
    let response = visit.admitted().then(|| catch_unwind(AssertUnwindSafe(answer)))?.ok()??;
    Some(visit.end(response))
}

impl Visit {
    fn begin<B>(web: &Web, request: &axum::http::Request<B>, route: Route) -> Self {
        let others = web.in_flight.fetch_add(1, Ordering::Relaxed);
        Self {
            web: web.clone(),
            began: Instant::now(),
            method: request.method().clone(),
            route,
            id: request_id(request),
            others,
            open311: format_of(request.uri().path(), request.headers()),
        }
    }

    /// The answer of the gate itself.
    fn refused(&self, problem: Problem) -> Response {
        match self.open311 {
            Some(format) => Wrong::from(problem).answer(format),
            None => problem.into_response(),
        }
    }

    fn admitted(&self) -> bool {
        self.others < self.web.limits.requests_max
    }

    fn end(self, mut response: Response) -> Response {
        let took = self.began.elapsed();
        let (route, meter) = self.web.meter.route(self.route.name());
        meter.count(response.status(), took.as_secs_f64());
        if let Some(Cause(cause)) = response.extensions_mut().remove() {
            let id = self.id.to_str().unwrap_or_default();
            tracing::error!(request_id = id, route, %cause, "a request failed");
        }
        self.log(route, response.status(), took.as_micros());
        let headers = response.headers_mut();
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(REQUEST_ID, self.id.clone());
        response
    }

    fn log(&self, route: &str, status: StatusCode, took_us: u128) {
        let Some(log) = &self.web.log else { return };
        let mut line = Json::with_capacity(200);
        line.raw("{\"timestamp\":\"").raw(&self.web.app.now().rfc3339());
        line.raw("\",\"level\":\"INFO\",\"kind\":\"request\",\"request_id\":");
        line.text(self.id.to_str().unwrap_or_default());
        line.raw(",\"method\":").text(self.method.as_str());
        line.raw(",\"route\":").text(route);
        line.raw(",\"status\":").whole(i64::from(status.as_u16()));
        line.raw(",\"took_us\":").whole(i64::try_from(took_us).unwrap_or(i64::MAX));
        line.raw("}\n");
        log.push(&line.into_bytes());
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.web.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The caller's own id where it is a plain one, else one that no other request of this process has.
fn request_id<B>(request: &axum::http::Request<B>) -> HeaderValue {
    let plain = |id: &&HeaderValue| {
        let bytes = id.as_bytes();
        (1..=REQUEST_ID_BYTES_MAX).contains(&bytes.len())
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    request.headers().get(REQUEST_ID).filter(plain).cloned().unwrap_or_else(fresh_id)
}

fn fresh_id() -> HeaderValue {
    static PROCESS: OnceLock<Arc<str>> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let process = PROCESS.get_or_init(|| {
        // Two processes must not give the same ids; nothing secret hangs on it.
        format!("{:016x}", RandomState::new().hash_one(std::process::id())).into()
    });
    let mut id = String::with_capacity(32);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let _ = write!(id, "{process}{count:012x}");
    HeaderValue::try_from(id).unwrap_or_else(|_| HeaderValue::from_static("none"))
}
