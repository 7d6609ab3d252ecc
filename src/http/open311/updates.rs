//! `servicerequestupdates`, the extension of mySociety: what became of what was told in public, and
//! what the public adds to it.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};

use crate::app::open311::updates::{self, Addition, UpdateId};
use crate::domain::accounts::Operation;
use crate::domain::reports::public::masked;
use crate::domain::text::{self, NAME_CHARS_MAX, WORDS_CHARS_MAX};
use crate::domain::time::Instant;
use crate::formats::link;
use crate::formats::open311::document::{Document, Value};
use crate::http::once::{REPLAYED, idempotency_key};
use crate::http::open311::bodies::{ErrorBody, NewUpdateBody, UpdateBody, UpdateReceiptBody};
use crate::http::open311::counter::{Answered, Asked, Counter, found, pairs};
use crate::http::open311::error::Wrong;
use crate::http::open311::filing::form_of;
use crate::http::open311::requests::{PAGE_MAX, report_id};
use crate::http::params::shown;

/// The last page that is told ends here; behind it, begin later.
const UPDATES_MAX: u32 = 10_000;
/// What a client may send that is not kept: who adds words to a public request is not asked for.
const NOT_KEPT: [&str; 14] = [
    "account_id",
    "device_id",
    "email",
    "email_alerts_requested",
    "first_name",
    "fms_extra_email",
    "fms_extra_title",
    "last_name",
    "phone",
    "public_anonymity_required",
    "service_code",
    "service_request_id_ext",
    "title",
    "update_id_ext",
];

/// Open311: what became of what was told in public, the oldest first.
///
/// The last 90 days when nothing is said. A page that is full is followed by the next `page`, or by
/// asking again from the last `updated_datetime` on.
#[utoipa::path(
    get, path = "/open311/v2/servicerequestupdates.{format}", operation_id = "list_service_request_updates", tag = "open311",
    params(
        ("format" = String, Path, description = "xml or json"),
        ("jurisdiction_id" = Option<String>, Query, description = "The city, where there are several"),
        ("start_date" = Option<String>, Query, description = "Happened at or after, RFC 3339"),
        ("end_date" = Option<String>, Query, description = "Happened at or before, RFC 3339; at most 90 days behind start_date"),
        ("page" = Option<u32>, Query, description = "Which page, from 1"),
        ("page_size" = Option<u32>, Query, description = "Most on a page, 1 to 1000"),
        ("lang" = Option<String>, Query, description = "zh or en; else as Accept-Language says"),
    ),
    responses(
        (status = 200, description = "The updates", content((Vec<UpdateBody> = "application/json"), (String = "text/xml"))),
        (status = 400, description = "Every fault", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 403, description = "The key opens nothing", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 404, description = "No such jurisdiction", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 503, description = "Busy or not ready", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
    )
)]
pub(crate) async fn list_service_request_updates(asked: &Asked<'_>) -> Result<Answered, Wrong> {
    let mut counter = Counter::open(asked, Operation::ListServiceRequestUpdates).await?;
    let stretch = counter.dates("start_date", "end_date");
    let (skip, limit) = counter.page(UPDATES_MAX, PAGE_MAX);
    counter.finish()?;
    let stretch = stretch.unwrap_or_else(|| counter.lately());
    let (app, seat) = (&asked.web.app, &counter.seat);
    let found = updates::list(app, seat, &counter.caller, stretch, (skip, limit)).await?;
    let teller = counter.teller();
    let listed = found.iter().map(|update| {
        let words = update.words.as_deref().map(masked);
        let stage = || counter.language.stage(update.stage);
        Value::Members(vec![
            ("update_id", Value::Text(update_id(update.id))),
            ("service_request_id", Value::Text(update.report.to_string())),
            ("status", Value::text(if update.closed { "closed" } else { "open" })),
            ("updated_datetime", Value::Text(teller.time(update.at))),
            ("description", Value::Text(words.unwrap_or_else(stage))),
            ("media_url", Value::Null),
            ("external_status_code", Value::text(update.stage.code())),
        ])
    });
    Ok(counter.answer(updates_of(listed.collect())))
}

fn updates_of(listed: Vec<Value>) -> Document {
    Document { root: "service_request_updates", body: Value::List("request_update", listed) }
}

fn update_id(id: UpdateId) -> String {
    format!("{}-{}", id.incident, id.revision)
}

/// Open311: add to what was told in public.
///
/// The words go to who works on the case, and are public like the request itself; numbers of people
/// are taken out where they are told. They move nothing: a `status` is passed on in words. With an
/// `update_id` or an `Idempotency-Key` a repetition is safe. Who adds them is not kept.
#[utoipa::path(
    post, path = "/open311/v2/servicerequestupdates.{format}", operation_id = "file_service_request_update", tag = "open311",
    params(
        ("format" = String, Path, description = "xml or json"),
        ("Idempotency-Key" = Option<String>, Header, description = "The caller's own key for this update"),
        ("lang" = Option<String>, Query, description = "zh or en; else as Accept-Language says"),
    ),
    request_body(content(
        (NewUpdateBody = "application/x-www-form-urlencoded"),
        (NewUpdateBody = "multipart/form-data"),
    )),
    responses(
        (status = 201, description = "Kept with the case", content((Vec<UpdateReceiptBody> = "application/json"), (String = "text/xml"))),
        (status = 400, description = "Every fault", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 403, description = "The key opens nothing", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 404, description = "No such request or jurisdiction", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 503, description = "Busy or not ready", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
    )
)]
pub(crate) async fn file_service_request_update(
    asked: &Asked<'_>,
    body: Body,
) -> Result<Answered, Wrong> {
    let header_key = idempotency_key(asked.headers)?;
    let mut given = pairs(asked.query)?;
    let form = form_of(asked, body).await?;
    given.extend(form.fields);
    let mut counter = Counter::with(asked, Operation::FileServiceRequestUpdate, given).await?;
    for file in &form.files {
        let words = "takes no file; send media_url, or a new request with media";
        counter.params.fault(shown(&file.field), words);
    }
    let addition = counter.addition(header_key)?;
    let (app, seat) = (&asked.web.app, &counter.seat);
    let missing =
        || format!("service_request_id: there is no request `{}` in public", addition.report);
    let added = found(updates::add(app, seat, &counter.caller, &addition).await, missing)?;
    let receipt = Value::Members(vec![
        ("update_id", Value::Text(update_id(added.id))),
        ("service_request_id", Value::Text(addition.report.to_string())),
    ]);
    let mut answered = counter.answer(updates_of(vec![receipt]));
    answered.status = StatusCode::CREATED;
    if added.again {
        answered.headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    answered.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answered)
}

impl Counter<'_> {
    /// What is added, every fault collected.
    fn addition(&mut self, header_key: Option<String>) -> Result<Addition, Wrong> {
        let id = self.params.text("service_request_id");
        let update_id = self.line("update_id");
        let status = self.params.read("status", |raw| text::line(raw, NAME_CHARS_MAX));
        // Our own time counts; theirs must be one all the same.
        let _theirs: Option<Instant> = self.params.time("updated_datetime");
        let link = self.params.read("media_url", link::checked);
        let description = self.params.text("description").unwrap_or_default();
        let _attributes = self.params.beginning("attribute[");
        for name in NOT_KEPT {
            self.params.text(name);
        }
        let status = status.map(|status| status.to_lowercase()).filter(|status| status != "open");
        let parts = [
            Some(text::without_markup(&description)).filter(|words| !words.trim().is_empty()),
            status.map(|status| format!("status: {status}")),
            link,
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let words = text::words(&parts.join("\n"), WORDS_CHARS_MAX);
        match &words {
            Ok(words) if words.is_empty() => {
                let fault = "is missing; say what is new, or give a media_url";
                self.params.fault("description", fault);
            }
            Ok(_) => {}
            Err(fault) => self.params.fault("description", fault.to_string()),
        }
        if id.is_none() {
            self.params.fault("service_request_id", "was not given");
        }
        self.finish()?;
        let id = id.unwrap_or_default();
        let missing = format!("service_request_id: there is no request `{}` in public", shown(&id));
        let report = report_id(&id).ok_or_else(|| Wrong::missing(missing))?;
        Ok(Addition { report, words: words.unwrap_or_default(), key: header_key.or(update_id) })
    }
}
