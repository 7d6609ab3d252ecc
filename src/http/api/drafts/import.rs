//! A redrawn plan out of a file, as a draft.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::drafts::import::{Closing, DraftImport, Source, import};
use crate::app::state::must;
use crate::app::transfer::Format;
use crate::domain::accounts::Operation;
use crate::domain::id::UnitId;
use crate::formats::layer::Finding;
use crate::geom::crs::Crs;
use crate::http::api::drafts::bodies::DraftBody;
use crate::http::api::drafts::repair::{RepairBody, SnappedBody};
use crate::http::body;
use crate::http::desk::Desk;
use crate::http::params::crs;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// Kinds of bodies that are taken.
const TAKEN: [&str; 11] = [
    "application/geo+json",
    "application/json",
    "application/geopackage+sqlite3",
    "application/vnd.sqlite3",
    "application/zip",
    "application/vnd.google-earth.kml+xml",
    "application/gpx+xml",
    "application/flatgeobuf",
    "application/vnd.flatgeobuf",
    "text/csv",
    "application/octet-stream",
];

/// A finding of an import.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ImportFinding)]
pub struct FindingBody {
    /// The row, from 1; 0 for the file as a whole.
    pub row: usize,
    /// Where in the row, or on the ground.
    pub place: String,
    /// What is wrong.
    pub fault: String,
    /// What was done, or would be right.
    pub remedy: String,
    /// Whether the import may go on in spite of it.
    pub warning: bool,
}

/// What an import did, or would do.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ImportedDraft)]
pub struct ImportedBody {
    /// Rows of the file.
    pub rows: usize,
    /// Zones drawn.
    pub zones: usize,
    /// Whether an error keeps everything out.
    pub refused: bool,
    /// Every finding.
    pub findings: Vec<FindingBody>,
    /// Of each gap and overlap of the areas as they came, also of those that were snapped away: which ways are open,
    /// which is proposed, why, and what was done. A thousand at most; where there are more, the largest.
    pub repairs: Vec<RepairBody>,
    /// How many more gaps and overlaps there are.
    pub more_repairs: usize,
    /// What was snapped; null when nothing was.
    #[schema(required = true)]
    pub snapped: Option<SnappedBody>,
    /// The draft; null when nothing was written.
    #[schema(required = true)]
    pub draft: Option<DraftBody>,
}

impl FindingBody {
    fn of(it: &Finding) -> Self {
        Self {
            row: it.row,
            place: it.place.clone(),
            fault: it.fault.clone(),
            remedy: it.remedy.clone(),
            warning: it.warning,
        }
    }
}

/// Begins a draft on the plan in force with the zones of a file, or with a table of blocks and zones; every
/// finding is told, and nothing is written while one is an error.
#[utoipa::path(
    post, path = "/api/v1/drafts/import", operation_id = "import_draft", tag = "drafts",
    params(
        ("name" = String, Query, description = "What the draft is called"),
        ("words" = Option<String>, Query, description = "What it is for"),
        ("format" = String, Query, description = "geojson, gpkg, shapefile (a zip), kml, fgb, csv (zones with WKT), or blocks (a CSV of `block,zone`: the zones are the dissolved blocks)"),
        ("layer" = Option<String>, Query, description = "The layer of a GeoPackage that holds several"),
        ("crs" = Option<String>, Query, description = "The system, where the file does not say it: wgs84, cgcs2000, gcj02, bd09"),
        ("id" = Option<String>, Query, description = "The column that holds the id, where it is called otherwise"),
        ("lead" = Option<String>, Query, description = "The unit that leads zones of which nothing says who does"),
        ("gap_width" = Option<f64>, Query, description = "Gaps up to so many metres are closed, from 0.5 (the default) to 100; the others stay and are told"),
        ("remedy" = Option<String>, Query, description = "How they are closed: `proposed` (the default: as is proposed for each), `longest` (by the neighbour with the longest border), `largest` (by the largest neighbour), `middle` (split along the middle line, where they lie between two)"),
        ("dry_run" = Option<bool>, Query, description = "Only look"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file; also as application/geo+json, application/zip, text/csv …"),
    responses(
        (status = 200, description = "What a dry run found", body = ImportedBody),
        (status = 201, description = "The draft", body = ImportedBody),
        (status = 404, description = "Nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body came too slowly", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The city has as many drafts as it may", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "No file that is taken", body = ProblemBody, content_type = "application/problem+json"),
        (status = 400, description = "The body breaks off", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn import_draft(
    State(web): State<Web>,
    mut desk: Desk,
    request: Request,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::ImportDraft)?;
    body::media_type(request.headers(), &TAKEN)?;
    let params = &mut desk.params;
    let name = params.text("name").unwrap_or_default();
    let source = params.read("format", source);
    if name.is_empty() {
        params.fault("name", "is missing; say what the draft is called");
    }
    let usual = Closing::default();
    let ask = DraftImport {
        name,
        words: params.text("words").unwrap_or_default(),
        source: source.unwrap_or(Source::Blocks),
        layer: params.text("layer"),
        crs: params.read("crs", crs),
        id: params.text("id"),
        lead: params.read("lead", UnitId::new),
        closing: Closing {
            width_m: params.read("gap_width", Closing::width).unwrap_or(usual.width_m),
            remedy: params.read("remedy", Closing::remedy).unwrap_or(usual.remedy),
        },
        dry_run: params.flag("dry_run").unwrap_or_default(),
    };
    if source.is_none() {
        params
            .fault("format", "is missing; give geojson, gpkg, shapefile, kml, fgb, csv or blocks");
    }
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    let bytes = body::whole(request.into_body(), web.limits.body_bytes_max).await?;
    let outcome = import(&web.app, &seat, &caller, Arc::from(&bytes[..]), &ask).await?;
    if outcome.refused() && !ask.dry_run {
        return Err(faults(&outcome.findings).into());
    }
    let body = ImportedBody {
        rows: outcome.rows,
        zones: outcome.zones,
        refused: outcome.refused(),
        findings: outcome.findings.iter().map(FindingBody::of).collect(),
        repairs: outcome.repairs.listed.iter().map(|it| RepairBody::of(it, Crs::Wgs84)).collect(),
        more_repairs: outcome.repairs.more,
        snapped: outcome.repairs.snapped.as_ref().map(|it| SnappedBody::of(it, Crs::Wgs84)),
        draft: outcome.draft.as_ref().map(|draft| DraftBody::of(draft, &caller)),
    };
    let status = if body.draft.is_some() { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = (status, axum::Json(body)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn source(text: &str) -> Result<Source, &'static str> {
    if text == "blocks" {
        return Ok(Source::Blocks);
    }
    let format = Format::ALL.into_iter().find(|format| format.code() == text);
    format.map(Source::Zones).ok_or("is none of geojson, gpkg, shapefile, kml, fgb, csv, blocks")
}

fn faults(findings: &[Finding]) -> Vec<crate::app::refusal::Fault> {
    let errors = findings.iter().filter(|finding| !finding.warning);
    errors
        .map(|finding| {
            let place = match finding.row {
                0 => finding.place.clone(),
                row => format!("row {row}, {}", finding.place),
            };
            let words = format!("{}; {}", finding.fault, finding.remedy);
            crate::app::refusal::Fault::new(place, words)
        })
        .collect()
}
