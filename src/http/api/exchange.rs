//! Files out, in every format and of any day; and the whole city as one archive, out and in.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::refusal::{Fault, Refusal};
use crate::app::state::must;
use crate::app::transfer::archive::{self, ArchiveImport};
use crate::app::transfer::export::{Which, export};
use crate::app::transfer::import::Outcome;
use crate::app::transfer::{Format, Kind};
use crate::domain::accounts::Operation;
use crate::http::api::plans::bodies::{number, private};
use crate::http::api::rules::seen;
use crate::http::body;
use crate::http::desk::Desk;
use crate::http::params::shown;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

const ZIP: &str = "application/zip";

/// What importing a city did, or would do; counted are units, zones, facilities and rules.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = CityImported)]
pub struct CityImportedBody {
    /// The atlas that it made; null when nothing was written.
    #[schema(required = true)]
    pub atlas_version: Option<i64>,
    /// What was not there before.
    pub added: usize,
    /// What is otherwise.
    pub changed: usize,
    /// What is gone.
    pub removed: usize,
    /// What stays as it was.
    pub same: usize,
    /// What was noticed and is no error.
    pub warnings: Vec<String>,
}

/// Zones, units, facilities or rules as a file: what an import takes.
#[utoipa::path(
    get, path = "/api/v1/export/{layer}", operation_id = "export_layer", tag = "atlas",
    params(
        ("layer" = String, Path, description = "zones, units, facilities or rules"),
        ("format" = Option<String>, Query, description = "geojson (when absent), csv, gpkg, shapefile (a zip), kml, gpx (points and lines alone) or fgb"),
        ("crs" = Option<String>, Query, description = "The coordinate system (default wgs84): wgs84, cgcs2000, gcj02, bd09; KML and GPX hold the first two alone"),
        ("datetime" = Option<String>, Query, description = "As it was then: RFC 3339, or a date in the city's time zone"),
        ("plan" = Option<i64>, Query, description = "Of zones: those of this published plan"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The file", content(
            (serde_json::Value = "application/geo+json"), (String = "text/csv"),
            (Vec<u8> = "application/geopackage+sqlite3"), (Vec<u8> = "application/zip"),
            (String = "application/vnd.google-earth.kml+xml"), (String = "application/gpx+xml"),
            (Vec<u8> = "application/flatgeobuf"),
        )),
        (status = 404, description = "No such layer, or nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn export_layer(
    State(web): State<Web>,
    mut desk: Desk,
    Path(layer): Path<String>,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::ExportLayer)?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.code() == layer).ok_or(Refusal::NotFound)?;
    let params = &mut desk.params;
    let format = params.read("format", format).unwrap_or(Format::GeoJson);
    let crs = params.crs("crs");
    let datetime = params.text("datetime");
    let plan = params.read("plan", number);
    let which = Which::of(kind, plan, datetime.as_deref()).unwrap_or_else(|words| {
        params.fault("plan", words);
        Which::Now
    });
    let Desk { seat, params, .. } = desk;
    params.finish()?;
    let place = Arc::clone(&web.heavy).acquire_owned().await;
    let bytes = export(&web.app, &seat.city, kind, format, crs, which).await;
    drop(place);
    let name = format!("{}.{}", kind.code(), format.ending());
    Ok(attached(format.media(), &name, bytes?))
}

/// The whole city as one zip: settings, units, facilities, rules, and the zones of every plan.
#[utoipa::path(
    get, path = "/api/v1/city/archive", operation_id = "export_city", tag = "atlas",
    params(
        ("datetime" = Option<String>, Query, description = "As it was then, with the plans until then: RFC 3339, or a date in the city's time zone"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The archive", body = Vec<u8>, content_type = "application/zip"),
        (status = 404, description = "Nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn export_city(
    State(web): State<Web>,
    mut desk: Desk,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::ExportCity)?;
    let datetime = desk.params.text("datetime");
    let Desk { seat, params, .. } = desk;
    params.finish()?;
    let place = Arc::clone(&web.heavy).acquire_owned().await;
    let bytes = archive::export(&web.app, &seat.city, datetime.as_deref()).await;
    drop(place);
    Ok(attached(ZIP, &format!("{}.zip", seat.city), bytes?))
}

/// Sets the city as an archive of it says; its zones are published as the next plan.
#[utoipa::path(
    put, path = "/api/v1/city/archive", operation_id = "import_city", tag = "atlas",
    params(
        ("dry_run" = Option<bool>, Query, description = "Only look"),
        ("note" = Option<String>, Query, description = "Why; kept with the new plan and the new version of the rules"),
        ("If-Match" = Option<String>, Header, description = "The ETag of what was looked at; another city meanwhile is then not overwritten"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    request_body(content = Vec<u8>, content_type = "application/zip", description = "What `export_city` gave"),
    responses(
        (status = 200, description = "What it did, or would do", body = CityImportedBody),
        (status = 400, description = "The body breaks off", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body came too slowly", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The city is another than that looked at", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "No zip", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn import_city(
    State(web): State<Web>,
    mut desk: Desk,
    request: Request,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::ImportCity)?;
    body::media_type(request.headers(), &[ZIP, "application/octet-stream"])?;
    let dry_run = desk.params.flag("dry_run").unwrap_or_default();
    let note = desk.params.text("note").unwrap_or_default();
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    let seen = seen(request.headers(), &*seat.atlas()?)?;
    let bytes = body::whole(request.into_body(), web.limits.body_bytes_max).await?;
    let ask = ArchiveImport { bytes: Arc::from(&bytes[..]), dry_run, note, seen };
    let place = Arc::clone(&web.heavy).acquire_owned().await;
    let outcome = archive::import(&web.app, &caller, Some(seat.city.as_str()), ask).await;
    drop(place);
    let outcome = outcome?;
    if outcome.refused() {
        return Err(faults(&outcome).into());
    }
    let tally = outcome.tally;
    let body = CityImportedBody {
        atlas_version: outcome.committed,
        added: tally.added,
        changed: tally.changed,
        removed: tally.removed,
        same: tally.same,
        warnings: outcome.findings.iter().map(ToString::to_string).collect(),
    };
    Ok(private(Json(body).into_response()))
}

fn format(text: &str) -> Result<Format, String> {
    Format::ALL.into_iter().find(|format| format.code() == text).ok_or_else(|| {
        let codes = Format::ALL.map(Format::code).join(", ");
        format!("`{}` is no format; these are: {codes}", shown(text))
    })
}

/// A file to be kept under a name.
fn attached(media: &'static str, name: &str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers =
        [(header::CONTENT_TYPE, media.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    private((headers, Bytes::from(bytes)).into_response())
}

/// What kept a file out.
pub(super) fn faults(outcome: &Outcome) -> Vec<Fault> {
    let errors = outcome.findings.iter().filter(|finding| !finding.warning);
    errors
        .map(|it| {
            let place = match it.row {
                0 => it.place.clone(),
                row => format!("{}, row {row}", it.place),
            };
            Fault::new(place, format!("{}; {}", it.fault, it.remedy))
        })
        .collect()
}
