//! What was told in public, and what became of it.

use std::str::FromStr;
use std::sync::Arc;

use uuid::Uuid;

use crate::app::open311::{self, LISTED_MAX, LOOKED_AT_MAX, RADIUS_M_MAX, Seen, Wanted};
use crate::app::refusal::Refusal;
use crate::domain::accounts::Operation;
use crate::domain::id::{CategoryCode, ReportId};
use crate::domain::time::Instant;
use crate::formats::open311::document::{Document, Value};
use crate::http::open311::bodies::{ErrorBody, RequestBody, TokenBody};
use crate::http::open311::counter::{Answered, Asked, Counter, found};
use crate::http::open311::error::Wrong;
use crate::http::open311::services::unknown;
use crate::http::params::shown;

/// Requests on a page when nothing is said, and at most.
pub const PAGE_MAX: u32 = 1_000;
/// Most ids or services named at once.
pub const NAMED_MAX: usize = 100;
/// The longest stretch of time that is searched.
const DAYS_MAX: i64 = 90;
const SECOND_US: i64 = 1_000_000;
const STRETCH_US: i64 = DAYS_MAX * 24 * 3_600 * SECOND_US;

/// Open311: what was told in public, newest first.
///
/// The last 90 days, or the 1,000 newest, when nothing is said. Only what came through Open311 is
/// public: what was told at a hotline, say, is not. As csv all of them come, without pages. Else pages reach to
/// number 10,000 of what is found, and at most 50,000 are looked through for one of them: what would need more is
/// refused, with what to narrow.
#[utoipa::path(
    get, path = "/open311/v2/requests.{format}", operation_id = "list_service_requests", tag = "open311",
    params(
        ("format" = String, Path, description = "xml or json; csv for all of them in one table"),
        ("jurisdiction_id" = Option<String>, Query, description = "The city, where there are several"),
        ("service_request_id" = Option<String>, Query, description = "Ids, separated by commas; nothing else is looked at then"),
        ("service_code" = Option<String>, Query, description = "Services or branches of them, separated by commas"),
        ("start_date" = Option<String>, Query, description = "Received at or after, RFC 3339"),
        ("end_date" = Option<String>, Query, description = "Received at or before, RFC 3339; at most 90 days behind start_date"),
        ("updated_after" = Option<String>, Query, description = "Changed at or after, RFC 3339"),
        ("updated_before" = Option<String>, Query, description = "Changed at or before, RFC 3339; at most 90 days behind updated_after"),
        ("status" = Option<String>, Query, description = "open, closed, or both, separated by a comma"),
        ("bbox" = Option<String>, Query, description = "west,south,east,north in WGS84 degrees"),
        ("lat" = Option<f64>, Query, description = "Near this place; with long and radius"),
        ("long" = Option<f64>, Query, description = "Near this place; with lat and radius"),
        ("radius" = Option<f64>, Query, description = "Metres around lat, long, at most 100000"),
        ("coord_type" = Option<String>, Query, description = "System of lat and long: wgs84 (default), cgcs2000, gcj02, bd09"),
        ("page" = Option<u32>, Query, description = "Which page, from 1"),
        ("page_size" = Option<u32>, Query, description = "Most on a page, 1 to 1000"),
        ("extensions" = Option<bool>, Query, description = "Whether extended_attributes and notes are told"),
        ("lang" = Option<String>, Query, description = "zh or en; else as Accept-Language says"),
    ),
    responses(
        (status = 200, description = "The requests", content((Vec<RequestBody> = "application/json"), (String = "text/xml"), (String = "text/csv"))),
        (status = 400, description = "Every fault", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 403, description = "The key opens nothing", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 404, description = "No such service or jurisdiction", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 503, description = "Busy or not ready", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
    )
)]
pub(crate) async fn list_service_requests(asked: &Asked<'_>) -> Result<Answered, Wrong> {
    let mut counter = Counter::open(asked, Operation::ListServiceRequests).await?;
    let extensions = counter.params.flag("extensions").unwrap_or_default();
    let ids = counter.list("service_request_id");
    let wanted = if ids.is_empty() {
        Some(counter.wanted().await?)
    } else {
        if ids.len() > NAMED_MAX {
            let words = format!("names {} requests, at most {NAMED_MAX} are taken", ids.len());
            counter.params.fault("service_request_id", words);
            counter.finish()?;
        }
        // Ids override everything else, faults and all. What is no id of ours is not there.
        let ids: Vec<ReportId> = ids.iter().filter_map(|id| report_id(id)).collect();
        let limit = u32::try_from(ids.len()).unwrap_or_default();
        Some(Wanted { ids, limit, ..Wanted::default() }).filter(|wanted| wanted.limit > 0)
    };
    let found = match wanted {
        Some(wanted) => {
            let searches = Arc::clone(&asked.web.searches);
            let _place = searches.acquire_owned().await.map_err(|_| Refusal::Busy)?;
            let (app, seat) = (&asked.web.app, &counter.seat);
            open311::list(app, seat, &counter.caller, &wanted, LOOKED_AT_MAX).await?
        }
        None => Vec::new(),
    };
    let teller = counter.teller();
    let listed = found.iter().map(|found| teller.request(found, extensions)).collect();
    Ok(counter.answer(requests(listed)))
}

fn requests(listed: Vec<Value>) -> Document {
    Document { root: "service_requests", body: Value::List("request", listed) }
}

/// The report that an id names.
pub(super) fn report_id(text: &str) -> Option<ReportId> {
    // Ids are texts: only the one spelling that we give is one.
    Uuid::from_str(text).ok().map(ReportId).filter(|id| id.to_string() == text)
}

/// Open311: one thing told in public; a list of one.
#[utoipa::path(
    get, path = "/open311/v2/requests/{service_request_id}.{format}", operation_id = "get_service_request", tag = "open311",
    params(
        ("service_request_id" = String, Path, description = "The request's id"),
        ("format" = String, Path, description = "xml or json"),
        ("jurisdiction_id" = Option<String>, Query, description = "The city, where there are several"),
        ("extensions" = Option<bool>, Query, description = "Whether extended_attributes and notes are told"),
        ("lang" = Option<String>, Query, description = "zh or en; else as Accept-Language says"),
    ),
    responses(
        (status = 200, description = "The request", content((Vec<RequestBody> = "application/json"), (String = "text/xml"))),
        (status = 400, description = "Every fault", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 403, description = "The key opens nothing", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 404, description = "No such request or jurisdiction", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 503, description = "Busy or not ready", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
    )
)]
pub(crate) async fn get_service_request(asked: &Asked<'_>, id: &str) -> Result<Answered, Wrong> {
    let mut counter = Counter::open(asked, Operation::GetServiceRequest).await?;
    let extensions = counter.params.flag("extensions").unwrap_or_default();
    counter.finish()?;
    let found = counter.public(Operation::GetServiceRequest, id, "service_request_id").await?;
    Ok(counter.answer(requests(vec![counter.teller().request(&found, extensions)])))
}

/// Open311: the request of a token. An id is given at once here, and is its own token.
#[utoipa::path(
    get, path = "/open311/v2/tokens/{token}.{format}", operation_id = "get_token", tag = "open311",
    params(
        ("token" = String, Path, description = "The token"),
        ("format" = String, Path, description = "xml or json"),
        ("jurisdiction_id" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The id", content((Vec<TokenBody> = "application/json"), (String = "text/xml"))),
        (status = 400, description = "Every fault", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 403, description = "The key opens nothing", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 404, description = "No such token or jurisdiction", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 503, description = "Busy or not ready", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
    )
)]
pub(crate) async fn get_token(asked: &Asked<'_>, token: &str) -> Result<Answered, Wrong> {
    let mut counter = Counter::open(asked, Operation::GetToken).await?;
    counter.finish()?;
    let found = counter.public(Operation::GetToken, token, "token").await?;
    let id = found.filed.report.id.to_string();
    let request = Value::Members(vec![
        ("service_request_id", Value::Text(id.clone())),
        ("token", Value::Text(id)),
    ]);
    Ok(counter.answer(requests(vec![request])))
}

/// From when, and to before when.
type Ends = (Option<Instant>, Option<Instant>);

impl Counter<'_> {
    async fn public(&self, operation: Operation, id: &str, place: &str) -> Result<Seen, Wrong> {
        let missing = || format!("{place}: there is no request `{}` in public", shown(id));
        let report = report_id(id).ok_or_else(|| Wrong::missing(missing()))?;
        let (app, caller) = (&self.web.app, &self.caller);
        found(open311::get(app, &self.seat, caller, operation, report).await, missing)
    }

    /// The values of a list: repeated, separated by commas, or both.
    fn list(&mut self, name: &'static str) -> Vec<String> {
        let given = self.params.all(name);
        let parts = given.iter().flat_map(|value| value.split(','));
        parts.map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    }

    /// What is asked for.
    pub(super) async fn wanted(&mut self) -> Result<Wanted, Wrong> {
        let categories = self.categories().await?;
        let closed = self.closed();
        let (received, updated) = self.stretch();
        let frame = self.params.frame("bbox");
        let around = self.around();
        let (skip, limit) = self.page(LISTED_MAX, PAGE_MAX);
        self.finish()?;
        Ok(Wanted {
            ids: Vec::new(),
            categories,
            from: received.0,
            to: received.1,
            updated_from: updated.0,
            updated_to: updated.1,
            closed,
            frame,
            around,
            skip,
            limit,
        })
    }

    /// How many `page` and `page_size` leave out, and how many they ask for.
    pub(super) fn page(&mut self, last: u32, most: u32) -> (u32, u32) {
        let page = self.params.whole("page", 1, last).unwrap_or(1);
        let limit = self.params.whole("page_size", 1, most).unwrap_or(most);
        let skip = (page - 1).saturating_mul(limit);
        if skip.saturating_add(limit) > last {
            self.params
                .fault("page", format!("ends behind number {last}; narrow the dates instead"));
        }
        (skip, limit)
    }

    /// The city's categories that are named, or what it has under a code that it no longer tells of.
    async fn categories(&mut self) -> Result<Vec<CategoryCode>, Wrong> {
        let codes = self.list("service_code");
        if codes.len() > NAMED_MAX {
            let words = format!("names {} services, at most {NAMED_MAX} are taken", codes.len());
            self.params.fault("service_code", words);
            return Ok(Vec::new());
        }
        let (atlas, mut known) = (Arc::clone(&self.atlas), Vec::new());
        for given in codes {
            let code = CategoryCode::new(&given).map_err(|_| unknown(&given))?;
            if !atlas.city().catalogue.lists(code.as_str()) {
                let searches = Arc::clone(&self.web.searches);
                let _place = searches.acquire_owned().await.map_err(|_| Refusal::Busy)?;
                if !open311::was_told(&self.web.app, &self.seat, &self.caller, &code).await? {
                    return Err(unknown(&given));
                }
            }
            known.push(code);
        }
        Ok(known)
    }

    /// Whether only what is closed is asked for, or only what is open.
    fn closed(&mut self) -> Option<bool> {
        let given = self.list("status");
        for status in &given {
            if !matches!(status.as_str(), "open" | "closed") {
                let words = format!("`{}` is neither open nor closed", shown(status));
                self.params.fault("status", words);
            }
        }
        let first = given.first()?;
        given.iter().all(|status| status == first).then(|| first == "closed")
    }

    /// When received, and when changed last: from when, and to before when.
    fn stretch(&mut self) -> (Ends, Ends) {
        let open = |it: (Instant, Instant)| (Some(it.0), Some(it.1));
        let received = self.dates("start_date", "end_date");
        let updated = self.dates("updated_after", "updated_before").map_or((None, None), open);
        let received = match received {
            Some(received) => open(received),
            None if updated == (None, None) => (Some(self.lately().0), None),
            None => (None, None),
        };
        (received, updated)
    }

    /// The last 90 days.
    pub(super) fn lately(&self) -> (Instant, Instant) {
        let now = self.web.app.now();
        (Instant(now.0.saturating_sub(STRETCH_US)), Instant(now.0.saturating_add(1)))
    }

    /// A stretch of at most 90 days, its end not included; `None` when neither date is given.
    pub(super) fn dates(
        &mut self,
        first: &'static str,
        last: &'static str,
    ) -> Option<(Instant, Instant)> {
        let from = self.params.time(first);
        // The second or microsecond that was named belongs to the stretch: what we show of times is
        // whole seconds.
        let to = self.params.time(last).map(|at| {
            let grain = if at.0 % SECOND_US == 0 { SECOND_US } else { 1 };
            Instant(at.0.saturating_add(grain))
        });
        match (from, to) {
            (None, None) => None,
            (Some(from), None) => Some((from, Instant(from.0.saturating_add(STRETCH_US)))),
            (None, Some(to)) => Some((Instant(to.0.saturating_sub(STRETCH_US)), to)),
            (Some(from), Some(to)) => {
                if from >= to {
                    self.params.fault(last, format!("lies before {first}"));
                } else if to.0.saturating_sub(from.0) > STRETCH_US + SECOND_US {
                    let words = format!("lies more than {DAYS_MAX} days behind {first}");
                    self.params.fault(last, words);
                }
                Some((from, to))
            }
        }
    }

    fn around(&mut self) -> Option<(crate::geom::coord::GridPoint, f64)> {
        let radius_m = self.params.number("radius");
        let given = self.params.has("lat") || self.params.has("long");
        let place = self.place();
        match radius_m {
            None if given => {
                self.params.fault("radius", "is missing; give metres around lat, long");
                None
            }
            None => None,
            Some(_) if !given => {
                self.params.fault("lat, long", "are missing; radius is around them");
                None
            }
            Some(radius_m) if !(0.0..=RADIUS_M_MAX).contains(&radius_m) => {
                self.params.fault("radius", format!("must be 0 to {RADIUS_M_MAX} metres"));
                None
            }
            Some(radius_m) => Some((place?, radius_m)),
        }
    }
}
