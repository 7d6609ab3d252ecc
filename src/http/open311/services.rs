//! What can be told: discovery, services, their definitions, and where the city is.

use crate::app::open311;
use crate::app::refusal::Fault;
use crate::domain::accounts::Operation;
use crate::domain::catalogue::questions::{Choice, Question};
use crate::domain::catalogue::whole::Service;
use crate::formats::open311::document::{Document, Format, Value};
use crate::http::language::Language;
use crate::http::open311::bodies::{
    CoverageBody, DefinitionBody, DiscoveryBody, ErrorBody, ServiceBody,
};
use crate::http::open311::counter::{Answered, Asked, Counter};
use crate::http::open311::error::Wrong;
use crate::http::params::shown;

/// When the interface last changed.
const CHANGESET: &str = "2026-11-01T00:00:00Z";
/// The name of the specification.
const SPECIFICATION: &str = "http://wiki.open311.org/GeoReport_v2";
/// Where the interface lies.
pub const ROOT: &str = "/open311/v2";

/// Open311: where what is.
#[utoipa::path(
    get, path = "/open311/v2/discovery.{format}", operation_id = "get_discovery", tag = "open311",
    params(("format" = String, Path, description = "xml or json")),
    responses(
        (status = 200, description = "The interface", content((DiscoveryBody = "application/json"), (String = "text/xml"))),
        (status = 400, description = "Every fault", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 403, description = "The key opens nothing", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 404, description = "No such jurisdiction", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 503, description = "Busy or not ready", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
    )
)]
pub(crate) async fn get_discovery(asked: &Asked<'_>) -> Result<Answered, Wrong> {
    let mut counter = Counter::open(asked, Operation::GetDiscovery).await?;
    counter.finish()?;
    let city = counter.atlas.city();
    let contact = match counter.language {
        Language::Zh => format!("{}（{}）", counter.language.name(&city.names), city.id),
        Language::En => format!("{} ({})", counter.language.name(&city.names), city.id),
    };
    let key = match counter.language {
        Language::Zh => {
            "无需密钥即可上报；密钥由本市运行方签发，以 api_key 或 Authorization: Bearer 发送"
        }
        Language::En => {
            "No key is needed to post; the city issues keys, sent as api_key or as Authorization: Bearer"
        }
    };
    let formats = Format::ALL.iter().map(|format| Value::text(format.media())).collect();
    let endpoint = Value::Members(vec![
        ("specification", Value::text(SPECIFICATION)),
        ("url", Value::Text(format!("{}{ROOT}", counter.base))),
        ("changeset", Value::text(CHANGESET)),
        ("type", Value::text("production")),
        ("formats", Value::List("format", formats)),
    ]);
    let body = Value::Members(vec![
        ("changeset", Value::text(CHANGESET)),
        ("contact", Value::Text(contact)),
        ("key_service", Value::text(key)),
        ("endpoints", Value::List("endpoint", vec![endpoint])),
    ]);
    Ok(counter.answer(Document { root: "discovery", body }))
}

/// Open311: what can be told; with a place, what somebody answers for there.
#[utoipa::path(
    get, path = "/open311/v2/services.{format}", operation_id = "list_services", tag = "open311",
    params(
        ("format" = String, Path, description = "xml or json"),
        ("jurisdiction_id" = Option<String>, Query, description = "The city, where there are several"),
        ("lat" = Option<f64>, Query, description = "Only what applies at this place"),
        ("long" = Option<f64>, Query, description = "Only what applies at this place"),
        ("coord_type" = Option<String>, Query, description = "System of the two: wgs84 (default), cgcs2000, gcj02, bd09"),
        ("lang" = Option<String>, Query, description = "zh or en; else as Accept-Language says"),
    ),
    responses(
        (status = 200, description = "The services", content((Vec<ServiceBody> = "application/json"), (String = "text/xml"))),
        (status = 400, description = "Every fault", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 403, description = "The key opens nothing", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 404, description = "No such jurisdiction", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 503, description = "Busy or not ready", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
    )
)]
pub(crate) async fn list_services(asked: &Asked<'_>) -> Result<Answered, Wrong> {
    let mut counter = Counter::open(asked, Operation::ListServices).await?;
    let place = counter.place();
    counter.finish()?;
    let now = counter.web.app.now();
    let applies = |service: &Service<'_>| {
        let code = service.category.code.as_str();
        place.is_none_or(|place| open311::applies(&counter.atlas, place, code, now))
    };
    let listed = counter.atlas.city().catalogue.services().filter(applies);
    let body = Value::List("service", listed.map(|it| service(it, counter.language)).collect());
    Ok(counter.answer(Document { root: "services", body }))
}

fn service(service: Service<'_>, language: Language) -> Value {
    let Service { category, group } = service;
    Value::Members(vec![
        ("service_code", Value::text(category.code.as_str())),
        ("service_name", Value::text(language.category(category))),
        ("description", Value::text(language.of(category.told()))),
        ("metadata", Value::Flag(!category.questions.is_empty())),
        ("type", Value::text("realtime")),
        ("keywords", Value::text(language.of(&category.keywords))),
        ("group", Value::text(language.category(group))),
    ])
}

/// Open311: what is asked of who tells it.
#[utoipa::path(
    get, path = "/open311/v2/services/{service_code}.{format}", operation_id = "get_service", tag = "open311",
    params(
        ("service_code" = String, Path, description = "The service"),
        ("format" = String, Path, description = "xml or json"),
        ("jurisdiction_id" = Option<String>, Query, description = "The city, where there are several"),
        ("lang" = Option<String>, Query, description = "zh or en; else as Accept-Language says"),
    ),
    responses(
        (status = 200, description = "The definition", content((DefinitionBody = "application/json"), (String = "text/xml"))),
        (status = 400, description = "Every fault", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 403, description = "The key opens nothing", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 404, description = "No such service or jurisdiction", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 503, description = "Busy or not ready", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
    )
)]
pub(crate) async fn get_service(asked: &Asked<'_>, code: &str) -> Result<Answered, Wrong> {
    let mut counter = Counter::open(asked, Operation::GetService).await?;
    counter.finish()?;
    let service = counter.atlas.city().catalogue.find(code).ok_or_else(|| unknown(code))?;
    let (category, language) = (service.category, counter.language);
    let attributes = category.questions.iter().zip(1..).map(|(it, n)| attribute(it, n, language));
    let body = Value::Members(vec![
        ("service_code", Value::text(category.code.as_str())),
        ("attributes", Value::List("attribute", attributes.collect())),
    ]);
    Ok(counter.answer(Document { root: "service_definition", body }))
}

/// A service that is none.
pub(crate) fn unknown(code: &str) -> Wrong {
    Wrong::missing(format!("service_code: there is no service `{}`", shown(code)))
}

fn attribute(question: &Question, order: i64, language: Language) -> Value {
    let choice = |choice: &Choice| {
        let name = language.of(&choice.name);
        Value::Members(vec![("key", Value::text(choice.key.as_str())), ("name", Value::text(name))])
    };
    let mut members = vec![
        ("variable", Value::Flag(true)),
        ("code", Value::text(question.code.as_str())),
        ("datatype", Value::text(question.datatype.code())),
        ("required", Value::Flag(question.required)),
        ("datatype_description", Value::text(language.of(&question.hint))),
        ("order", Value::Whole(order)),
        ("description", Value::text(language.of(&question.words))),
    ];
    let choices = &question.choices;
    if !choices.is_empty() {
        members.push(("values", Value::List("value", choices.iter().map(choice).collect())));
    }
    Value::Members(members)
}

/// Open311: whether a place is the city's.
#[utoipa::path(
    get, path = "/open311/v2/coverage.{format}", operation_id = "get_coverage", tag = "open311",
    params(
        ("format" = String, Path, description = "xml or json"),
        ("jurisdiction_id" = Option<String>, Query, description = "The city, where there are several"),
        ("lat" = f64, Query, description = "Latitude"),
        ("long" = f64, Query, description = "Longitude"),
        ("coord_type" = Option<String>, Query, description = "System of the two: wgs84 (default), cgcs2000, gcj02, bd09"),
    ),
    responses(
        (status = 200, description = "Whether a zone holds it", content((CoverageBody = "application/json"), (String = "text/xml"))),
        (status = 400, description = "Every fault", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 403, description = "The key opens nothing", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 404, description = "No such jurisdiction", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 503, description = "Busy or not ready", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
    )
)]
pub(crate) async fn get_coverage(asked: &Asked<'_>) -> Result<Answered, Wrong> {
    let mut counter = Counter::open(asked, Operation::GetCoverage).await?;
    let place = counter.place();
    counter.finish()?;
    let place = place.ok_or_else(|| vec![Fault::new("lat, long", "are missing; give degrees")])?;
    let body = Value::Members(vec![
        ("jurisdiction_id", Value::text(counter.seat.city.as_str())),
        ("in_coverage", Value::Flag(open311::covers(&counter.atlas, place))),
    ]);
    Ok(counter.answer(Document { root: "coverage", body }))
}
