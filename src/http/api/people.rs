//! Who stands behind reports: shown to those who call back, and on request to the person itself; forgotten on
//! request. Every look is journalled before the answer.

use axum::extract::{Path, Request, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::people::look;
use crate::app::people::request::{self, Erasing, Kept, Who};
use crate::app::refusal::Refusal;
use crate::app::state::must;
use crate::domain::accounts::Operation;
use crate::domain::id::{CityId, ReportId};
use crate::domain::reports::person::Handle;
use crate::http::api::reports::{ReportBody, private, report};
use crate::http::body::{self, Fields};
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// Largest request, in bytes.
const REQUEST_BYTES_MAX: usize = 16 * 1024;

/// Why somebody wants to see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LookReason)]
pub struct LookReasonBody {
    /// For what the contact is needed: stands in the journal, with numbers and addresses taken out.
    #[schema(example = "Ask which of the two gates is meant")]
    reason: String,
}

/// Who stands behind a report.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Contact)]
pub struct ContactBody {
    /// The report's id.
    pub report: String,
    /// How to reach the person.
    #[schema(required = true)]
    pub contact: Option<String>,
    /// The person's account at the application it used.
    #[schema(required = true)]
    pub account_id: Option<String>,
    /// The device that sent it.
    #[schema(required = true)]
    pub device_id: Option<String>,
}

/// Whose data are meant: exactly one of the first four.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PersonAsked)]
pub struct PersonAskedBody {
    /// A telephone number, an e-mail address, or the contact as it was given.
    #[schema(example = "13800000000")]
    contact: Option<String>,
    /// An account at an application.
    account: Option<String>,
    /// A device.
    device: Option<String>,
    /// One report alone, by its id.
    report: Option<String>,
    /// For what: stands in the journal, with numbers and addresses taken out.
    #[schema(example = "Request of 6 May, file 12")]
    reason: String,
}

/// Whom to forget: exactly one of the first four.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PersonErased)]
pub struct PersonErasedBody {
    /// A telephone number, an e-mail address, or the contact as it was given.
    #[schema(example = "13800000000")]
    contact: Option<String>,
    /// An account at an application.
    account: Option<String>,
    /// A device.
    device: Option<String>,
    /// One report alone, by its id.
    report: Option<String>,
    /// Also take numbers and addresses out of the words of the reports and of their places, and of what the public
    /// added to their cases; answers that may point to a person, such as number plates; and what the person is known
    /// by out of what staff wrote.
    words: Option<bool>,
    /// Only tell what would be done.
    dry_run: Option<bool>,
}

/// One report of a person, with all that is kept.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = KeptReport)]
pub struct KeptReportBody {
    /// The report.
    #[serde(flatten)]
    pub report: ReportBody,
    /// How to reach the person.
    #[schema(required = true)]
    pub contact: Option<String>,
    /// The person's account at the application it used.
    #[schema(required = true)]
    pub account_id: Option<String>,
    /// The device that sent it.
    #[schema(required = true)]
    pub device_id: Option<String>,
    /// Why the three cannot be read, when they cannot.
    #[schema(required = true)]
    pub unreadable: Option<String>,
    /// The incident behind it, and where that stands.
    #[schema(required = true)]
    pub incident: Option<String>,
    /// Where the incident stands.
    #[schema(required = true)]
    pub stage: Option<String>,
}

/// All that is kept of a person.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = PersonKept)]
pub struct PersonKeptBody {
    /// The person's reports.
    pub reports: Vec<KeptReportBody>,
}

/// What was erased, or would be.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Erased)]
pub struct ErasedBody {
    /// The reports that are meant.
    pub reports: Vec<String>,
    /// Behind so many of them somebody stood.
    pub people: usize,
    /// So many had such words or answers, which were taken out.
    pub words: usize,
    /// So many steps of their cases had such words.
    pub steps: usize,
    /// So many pictures came with them, which lost what a camera wrote into them.
    pub pictures: usize,
    /// Whether nothing was done yet.
    pub dry_run: bool,
}

/// How to reach the person behind a report. The look stands in the journal, with its reason, before the
/// answer goes out.
#[utoipa::path(
    post, path = "/api/v1/reports/{id}/contact", operation_id = "see_contact", tag = "people",
    params(
        ("id" = String, Path, description = "The report's id"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    request_body = LookReasonBody,
    responses(
        (status = 200, description = "Who stands behind the report", body = ContactBody),
        (status = 400, description = "The body is no JSON object", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such report, none that the key opens, or nobody behind it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body came too slowly", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "No JSON", body = ProblemBody, content_type = "application/problem+json"),
        (status = 500, description = "It cannot be opened: the key is missing, or it was changed", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn see_contact(
    State(web): State<Web>,
    Path(id): Path<String>,
    desk: Desk,
    request: Request,
) -> Result<Response, Problem> {
    let (desk, mut fields) = asked(desk, request, Operation::SeeContact).await?;
    let id = Uuid::parse_str(&id).map(ReportId).map_err(|_| Refusal::NotFound)?;
    let reason = fields.text("reason").unwrap_or_default();
    fields.finish()?;
    let person = look::see(&web.app, &desk.seat, &desk.caller, id, &reason).await?;
    Ok(private(ContactBody {
        report: id.to_string(),
        contact: person.contact,
        account_id: person.account_id,
        device_id: person.device_id,
    }))
}

/// All that is kept of a person, for that person. The look stands in the journal before the answer goes out.
#[utoipa::path(
    post, path = "/api/v1/people/export", operation_id = "export_person", tag = "people",
    params(("city" = Option<String>, Query, description = "The city, where there are several")),
    request_body = PersonAskedBody,
    responses(
        (status = 200, description = "The person's reports; none when nothing is kept", body = PersonKeptBody),
        (status = 400, description = "The body is no JSON object", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Nothing that the key opens, or no such report", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body came too slowly", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "No JSON", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn export_person(
    State(web): State<Web>,
    desk: Desk,
    request: Request,
) -> Result<Response, Problem> {
    let (desk, mut fields) = asked(desk, request, Operation::ExportPerson).await?;
    let who = who(&mut fields);
    let reason = fields.text("reason").unwrap_or_default();
    fields.finish()?;
    let Some(who) = who else { return Err(Refusal::NotFound.into()) };
    let kept = request::export(&web.app, &desk.seat, &desk.caller, &who, &reason).await?;
    let reports = kept.into_iter().map(|it| kept_report(&desk.seat.city, it)).collect();
    Ok(private(PersonKeptBody { reports }))
}

/// Forgets a person: contact, account, device, and what cameras wrote into the pictures. The reports stay.
#[utoipa::path(
    post, path = "/api/v1/people/erase", operation_id = "erase_person", tag = "people",
    params(("city" = Option<String>, Query, description = "The city, where there are several")),
    request_body = PersonErasedBody,
    responses(
        (status = 200, description = "What was erased, or would be", body = ErasedBody),
        (status = 400, description = "The body is no JSON object", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Nothing that the key opens, or no such report", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body came too slowly", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "No JSON", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn erase_person(
    State(web): State<Web>,
    desk: Desk,
    request: Request,
) -> Result<Response, Problem> {
    let (desk, mut fields) = asked(desk, request, Operation::ErasePerson).await?;
    let who = who(&mut fields);
    let how = Erasing {
        words: fields.flag("words").unwrap_or_default(),
        dry_run: fields.flag("dry_run").unwrap_or_default(),
    };
    fields.finish()?;
    let Some(who) = who else { return Err(Refusal::NotFound.into()) };
    let erased = request::erase(&web.app, &desk.seat, &desk.caller, &who, how).await?;
    Ok(private(ErasedBody {
        reports: erased.reports.iter().map(ToString::to_string).collect(),
        people: erased.people,
        words: erased.words,
        steps: erased.steps,
        pictures: erased.pictures,
        dry_run: how.dry_run,
    }))
}

/// The caller's right first, then the body.
async fn asked(
    mut desk: Desk,
    request: Request,
    operation: Operation,
) -> Result<(Desk, Fields), Problem> {
    must(&desk.caller, operation)?;
    std::mem::take(&mut desk.params).finish()?;
    body::media_type(request.headers(), &["application/json"])?;
    let bytes = body::whole(request.into_body(), REQUEST_BYTES_MAX).await?;
    let fields = Fields::parse(&bytes)?;
    Ok((desk, fields))
}

/// Who is meant; a fault unless it is said in exactly one way.
fn who(fields: &mut Fields) -> Option<Who> {
    let contact = fields.text("contact").map(|it| Who::Handle(Handle::Contact(it)));
    let account = fields.text("account").map(|it| Who::Handle(Handle::Account(it)));
    let device = fields.text("device").map(|it| Who::Handle(Handle::Device(it)));
    let id = |text: &str| Uuid::parse_str(text).map_err(|_| "is no report's id");
    let report = fields.read("report", id).map(|id| Who::Report(ReportId(id)));
    let given: Vec<Who> = [contact, account, device, report].into_iter().flatten().collect();
    match <[Who; 1]>::try_from(given) {
        Ok([one]) => Some(one),
        Err(given) => {
            let words = format!("{} of them are given, must be exactly one", given.len());
            fields.fault("contact, account, device, report", words);
            None
        }
    }
}

fn kept_report(city: &CityId, kept: Kept) -> KeptReportBody {
    let (person, unreadable) = match kept.person {
        None => (None, None),
        Some(Ok(person)) => (Some(person), None),
        Some(Err(words)) => (None, Some(words)),
    };
    let person = person.unwrap_or_default();
    KeptReportBody {
        report: report(city, &kept.filed),
        contact: person.contact,
        account_id: person.account_id,
        device_id: person.device_id,
        unreadable,
        incident: kept.case.as_ref().map(|case| case.id.to_string()),
        stage: kept.case.as_ref().map(|case| case.stage.code().to_owned()),
    }
}
