//! Many reports in one request, for machines.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::app::batch::{BATCH_MAX, file_many};
use crate::app::keyring::hex;
use crate::app::once::Once;
use crate::app::refusal::{Fault, Refusal};
use crate::app::reports::Telling;
use crate::app::state::must;
use crate::domain::accounts::Operation;
use crate::http::api::reports::{NewReportBody, ReceiptBody, receipt, telling};
use crate::http::body::{self, Fields};
use crate::http::desk::Desk;
use crate::http::problem::{Kind, Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// Largest batch, in bytes.
const BATCH_BYTES_MAX: usize = 16 * 1024 * 1024;
/// So many reports are read at one go; for each go a place among the heavy work is taken anew, so that a large
/// batch keeps nobody waiting for long.
const AT_A_GO: usize = 500;

/// One of many reports.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NewReportOfMany)]
pub struct NewReportOfManyBody {
    /// The caller's own key: what was filed under it before is not filed again.
    key: Option<String>,
    /// The report.
    #[serde(flatten)]
    report: NewReportBody,
}

/// What became of one of many reports.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportResult)]
pub struct ReportResultBody {
    /// The status that the report by itself would have had.
    pub status: u16,
    /// Whether it had been filed before under the same key.
    pub again: bool,
    /// Where it went, when it was filed.
    #[schema(required = true)]
    pub receipt: Option<ReceiptBody>,
    /// Why it was not filed.
    #[schema(required = true)]
    pub problem: Option<ProblemBody>,
}

/// What became of many reports, in their order.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportResults)]
pub struct ReportResultsBody {
    /// How many were filed now.
    pub filed: usize,
    /// How many had been filed before.
    pub again: usize,
    /// How many were refused.
    pub refused: usize,
    /// One for each report.
    pub results: Vec<ReportResultBody>,
}

/// Files many reports, each for itself: what became of each stands in the answer. They are taken in the
/// order in which they happened.
#[utoipa::path(
    post, path = "/api/v1/reports/batch", operation_id = "file_reports", tag = "reports",
    params(("city" = Option<String>, Query, description = "The city, where there are several")),
    request_body(
        description = "At most 10,000 reports: a JSON list, or one object a line",
        content((Vec<NewReportOfManyBody> = "application/json"), (String = "application/x-ndjson"))
    ),
    responses(
        (status = 200, description = "What became of each", body = ReportResultsBody),
        (status = 400, description = "The body cannot be read", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body came too slowly", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Neither JSON nor lines of it", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn file_reports(
    State(web): State<Web>,
    desk: Desk,
    request: Request,
) -> Result<Response, Problem> {
    let Desk { seat, caller, params } = desk;
    must(&caller, Operation::FileReports)?;
    params.finish()?;
    let taken = ["application/json", "application/x-ndjson"];
    let media = body::media_type(request.headers(), &taken)?;
    let bytes = body::whole(request.into_body(), BATCH_BYTES_MAX).await?;
    let told = read(&web, bytes, media == taken[0]).await?;
    let results = file_many(&web.app, &seat, &caller, told).await?;
    let mut all = ReportResultsBody { filed: 0, again: 0, refused: 0, results: Vec::new() };
    for result in results {
        all.results.push(match result {
            Ok(filed) => {
                *(if filed.again { &mut all.again } else { &mut all.filed }) += 1;
                let receipt = Some(receipt(&seat.city, &filed.filed));
                ReportResultBody { status: 201, again: filed.again, receipt, problem: None }
            }
            Err(refusal) => {
                all.refused += 1;
                let problem = Problem::from(refusal).body();
                let status = problem.status;
                ReportResultBody { status, again: false, receipt: None, problem: Some(problem) }
            }
        });
    }
    web.meter.reports.increment(all.filed as u64);
    let mut response = Json(all).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

type Told = Vec<Result<(Telling, Once), Refusal>>;

/// The reports of a body, a list or lines, read off the workers that answer.
async fn read(web: &Web, bytes: Bytes, is_list: bool) -> Result<Told, Problem> {
    let place = if is_list { "report" } else { "line" };
    let cut = move || if is_list { listed(&bytes) } else { lines(&bytes) };
    let each = heavily(web, cut).await??;
    let mut told = Vec::with_capacity(each.len());
    for some in each.chunks(AT_A_GO) {
        let some = some.to_vec();
        let read = move || some.iter().map(|one| report(place, one)).collect::<Told>();
        told.extend(heavily(web, read).await?);
    }
    Ok(told)
}

/// Work that keeps a processor busy, in its turn.
async fn heavily<T: Send + 'static>(
    web: &Web,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let place = Arc::clone(&web.heavy).acquire_owned().await;
    let done = tokio::task::spawn_blocking(move || {
        let _place = place;
        work()
    });
    done.await.map_err(|_| Problem::new(Kind::Broken, "a fault of the service ended the batch"))
}

/// The items of a list, looked through and not yet read.
fn listed(bytes: &Bytes) -> Result<Vec<Bytes>, Problem> {
    let given: Vec<&RawValue> = serde_json::from_slice(bytes).map_err(|fault| {
        Problem::new(Kind::Malformed, format!("the body is no JSON list: {fault}"))
    })?;
    too_many(given.len())?;
    Ok(given.into_iter().map(|one| bytes.slice_ref(one.get().as_bytes())).collect())
}

/// The lines that are not empty.
fn lines(bytes: &Bytes) -> Result<Vec<Bytes>, Problem> {
    let filled = |line: &&[u8]| !line.trim_ascii().is_empty();
    let lines = || bytes.split(|byte| *byte == b'\n').filter(filled);
    too_many(lines().count())?;
    Ok(lines().map(|line| bytes.slice_ref(line)).collect())
}

fn too_many(reports: usize) -> Result<(), Problem> {
    if reports <= BATCH_MAX {
        return Ok(());
    }
    let words = format!("{reports} reports; at most {BATCH_MAX} are taken at once");
    Err(Problem::new(Kind::TooLarge, words))
}

/// One report, as its text says it.
fn report(place: &'static str, text: &[u8]) -> Result<(Telling, Once), Refusal> {
    let given = serde_json::from_slice(text);
    one(given.map_err(|fault| Refusal::fault(place, format!("is no JSON: {fault}")))?)
}

/// One report; its hash is that of its members, sorted, whatever their order and the space between.
fn one(given: Value) -> Result<(Telling, Once), Refusal> {
    let request_hash = hex(&Sha256::digest(given.to_string()));
    let Value::Object(_) = &given else {
        return Err(Refusal::fault("report", "is no JSON object"));
    };
    let mut fields = Fields::of(given)
        .map_err(|problem| Refusal::fault("report", problem.detail().to_owned()))?;
    let key = fields.text("key");
    let told = telling(&mut fields);
    fields.finish().map_err(|faults: Vec<Fault>| Refusal::Invalid(faults))?;
    Ok((told, Once { key, request_hash }))
}
