//! Who is responsible at many places? Read, answered and sent as a stream: order kept, a fault a
//! row, memory that does not grow with the body.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt, Limited};

use crate::domain::accounts::Operation;
use crate::domain::id::CategoryCode;
use crate::http::api::batch_work::{AnswerRow, Defaults, PlaceBody, Work};
use crate::http::api::rows::{Broken, Cutter, Form};
use crate::http::body;
use crate::http::desk::Desk;
use crate::http::problem::{Kind, Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// So many bytes of the body are cut and routed at one go, at most.
const PIECE_BYTES_MAX: usize = 256 * 1024;

/// The media types taken, and sent back.
const TAKEN: [&str; 5] = [
    "application/json",
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "text/csv",
];

/// Who is responsible at many places, streamed.
///
/// The body is a JSON array, one JSON object a line, or CSV with the columns `lon` and `lat` (and
/// `crs`, `accuracy`, `category`, `at` where needed). The answer has the same form, a row for each
/// row in the same order; CSV keeps every column and adds
/// `zone,unit,rule,border_m,runner_up,confidence,plan,fault`.
#[utoipa::path(
    post, path = "/api/v1/locate", operation_id = "locate_batch", tag = "atlas",
    params(
        ("crs" = Option<String>, Query, description = "System of rows that name none: wgs84 (default), cgcs2000, gcj02, bd09"),
        ("accuracy" = Option<f64>, Query, description = "Accuracy radius (m) of rows that name none"),
        ("category" = Option<String>, Query, description = "Category of rows that name none"),
        ("at" = Option<String>, Query, description = "Time of rows that name none; `datetime`, else now, when absent"),
        ("datetime" = Option<String>, Query, description = "As it was then: RFC 3339, or a date in the city's time zone (its beginning)"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    request_body(
        description = "The places",
        content(
            (Vec<PlaceBody> = "application/json"),
            (String = "application/x-ndjson"),
            (String = "text/csv"),
        )
    ),
    responses(
        (status = 200, description = "A row for each row", content(
            (Vec<AnswerRow> = "application/json"),
            (String = "application/x-ndjson"),
            (String = "text/csv"),
        )),
        (status = 400, description = "The body cannot be read", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such city", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "No batch of places", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    )
)]
pub(crate) async fn locate_batch(
    State(web): State<Web>,
    mut desk: Desk,
    request: Request,
) -> Result<Response, Problem> {
    let view = desk.view(&web, Operation::LocateBatch).await?;
    let media = body::media_type(request.headers(), &TAKEN)?;
    let defaults = Defaults {
        crs: desk.params.crs("crs"),
        accuracy_m: desk.params.number("accuracy"),
        category: desk.params.read("category", CategoryCode::new),
        at: desk.params.time("at").unwrap_or_else(|| match view.then {
            Some((at, _)) => at,
            None => web.app.now(),
        }),
    };
    desk.params.finish()?;
    let form = match media {
        "application/json" => Form::Json,
        "text/csv" => Form::Csv,
        _ => Form::Ndjson,
    };
    let max = web.limits.body_bytes_max;
    let mut batch = Batch {
        body: Limited::new(request.into_body(), max),
        read: Bytes::new(),
        bench: Some(Bench {
            cutter: Cutter::new(form),
            work: Work::new(view.atlas, defaults, form),
        }),
        web,
        stage: Stage::Rows,
    };
    // What is wrong from the start is told by the status, not in the stream.
    let first = batch.next().await?.unwrap_or_default();
    let rest = stream::unfold((Some(Bytes::from(first)), batch), |(ready, mut batch)| async move {
        if let Some(ready) = ready {
            return Some((Ok::<_, std::convert::Infallible>(ready), (None, batch)));
        }
        let more = match batch.next().await {
            Ok(more) => more?,
            Err(problem) => batch.broken(&problem),
        };
        Some((Ok(Bytes::from(more)), (None, batch)))
    });
    let mut response = Response::new(body::streamed(rest));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// A batch on its way through.
struct Batch {
    web: Web,
    body: Limited<Body>,
    /// What came and was not looked at yet.
    read: Bytes,
    /// With the batch while it waits for bytes, away while rows are cut and routed.
    bench: Option<Bench>,
    stage: Stage,
}

/// Where rows are cut and routed.
struct Bench {
    cutter: Cutter,
    work: Work,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Rows,
    Done,
}

impl Batch {
    /// The next piece of the answer; `None` at its end.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Problem> {
        while self.stage == Stage::Rows {
            let piece = self.piece().await?;
            if piece.is_none() {
                self.stage = Stage::Done;
            }
            let written = self.route(piece).await?;
            if !written.is_empty() {
                return Ok(Some(written));
            }
        }
        Ok(None)
    }

    /// The next piece of the body, of what has come; `None` at its end.
    async fn piece(&mut self) -> Result<Option<Bytes>, Problem> {
        while self.read.is_empty() {
            match self.body.frame().await {
                None => return Ok(None),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.read = data;
                    }
                }
                Some(Err(fault)) => {
                    return Err(body::unread(fault.as_ref(), self.web.limits.body_bytes_max));
                }
            }
        }
        let size = self.read.len().min(PIECE_BYTES_MAX);
        Ok(Some(self.read.split_to(size)))
    }

    /// Cuts a piece into rows and routes them, off the workers that answer requests.
    async fn route(&mut self, piece: Option<Bytes>) -> Result<Vec<u8>, Problem> {
        let broken = |cause: &str| Problem::new(Kind::Broken, cause);
        let place = Arc::clone(&self.web.heavy).acquire_owned().await;
        let mut bench = self.bench.take().ok_or_else(|| broken("the batch was given up"))?;
        let done = tokio::task::spawn_blocking(move || {
            let _place = place;
            let before = bench.work.rows();
            let written = bench.write(piece.as_deref());
            (written, bench.work.rows() - before, bench)
        });
        let (written, points, bench) =
            done.await.map_err(|_| broken("a fault of the service ended the batch"))?;
        self.bench = Some(bench);
        self.web.meter.batch_points.increment(points);
        written
    }

    /// The last words of a stream that breaks off.
    fn broken(&mut self, problem: &Problem) -> Vec<u8> {
        self.stage = Stage::Done;
        self.bench.as_mut().map_or_else(Vec::new, |it| it.work.last_words(problem.detail()))
    }
}

impl Bench {
    /// The answers to the rows that a piece makes whole; without one, to those that are left at the end.
    fn write(&mut self, piece: Option<&[u8]>) -> Result<Vec<u8>, Problem> {
        let rows = match piece {
            Some(piece) => self.cutter.push(piece).map_err(malformed)?,
            None => self.cutter.end().map_err(malformed)?,
        };
        if rows.is_empty() && piece.is_some() {
            return Ok(Vec::new());
        }
        self.work.write(&rows, piece.is_none())
    }
}

fn malformed(broken: Broken) -> Problem {
    Problem::new(Kind::Malformed, broken.0)
}
