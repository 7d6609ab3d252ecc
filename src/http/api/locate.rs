//! Who is responsible at a place? The most asked question: read and answered without detours.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;

use crate::app::locate::{Place, enter, locate};
use crate::app::past;
use crate::app::refusal::{Fault, Refusal};
use crate::app::state::{Seat, must};
use crate::domain::accounts::Operation;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::CategoryCode;
use crate::domain::time::{Instant, Moment};
use crate::geom::crs::Crs;
use crate::http::api::answer::{self, AnswerBody};
use crate::http::api::fragments::Fragments;
use crate::http::desk::{self, View};
use crate::http::etag;
use crate::http::json;
use crate::http::params::Params;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::web::Web;

/// Where it is asked.
pub const PATH: &str = "/api/v1/locate";
/// The type of answers.
pub const JSON: &str = "application/json";

/// A question as it was asked.
struct Question<'a> {
    place: Place,
    category: Option<CategoryCode>,
    at: Option<Instant>,
    /// The moment whose atlas is asked.
    datetime: Option<std::borrow::Cow<'a, str>>,
    city: Option<std::borrow::Cow<'a, str>>,
    /// What is wrong with how it was asked; where the place itself is at fault shows in the atlas.
    faults: Vec<Fault>,
}

/// Who is responsible at a place, and why.
///
/// With `at` the answer depends on the atlas alone and carries its ETag; without, rules with hours
/// depend on the present, and the answer is not to be kept.
#[utoipa::path(
    get, path = "/api/v1/locate", operation_id = "locate_point", tag = "atlas",
    params(
        ("lon" = f64, Query, description = "Longitude in degrees"),
        ("lat" = f64, Query, description = "Latitude in degrees"),
        ("crs" = Option<String>, Query, description = "System of the two: wgs84 (default), cgcs2000, gcj02, bd09"),
        ("accuracy" = Option<f64>, Query, description = "Accuracy radius in metres (68 %)"),
        ("category" = Option<String>, Query, description = "What it is about, such as event.05"),
        ("at" = Option<String>, Query, description = "When, RFC 3339; `datetime`, else now, when absent"),
        ("datetime" = Option<String>, Query, description = "As it was then: RFC 3339, or a date in the city's time zone (its beginning)"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The answer", body = AnswerBody),
        (status = 304, description = "The answer that the caller has"),
        (status = 401, description = "The key opens nothing", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such city", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Every fault of the question", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Busy or not ready", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn locate_point(
    State(web): State<Web>,
    request: Request,
) -> Result<Response, Problem> {
    let query = request.uri().query().unwrap_or_default();
    let question = quick(query).unwrap_or_else(|| careful(query));
    if !question.faults.is_empty() {
        return Err(every_fault(&web, question));
    }
    let seat = web.app.seat(question.city.as_deref())?;
    if desk::has_key(request.headers()) {
        let caller = desk::caller(&web, &seat, request.headers()).await?;
        must(&caller, Operation::LocatePoint)?;
    }
    if let Some(text) = &question.datetime {
        return then(&web, &seat, &question, text, request.headers()).await;
    }
    answer(&web, &seat, &question, request.headers())
}

/// The answer to a question that is plainly right and asked without a key; `None` for any other, and
/// where nothing is in force yet.
pub(crate) fn at_once(web: &Web, query: &str, headers: &HeaderMap) -> Option<Response> {
    if desk::has_key(headers) {
        return None;
    }
    let question = quick(query)?;
    // A moment in the past may have to be read first.
    if question.datetime.is_some() {
        return None;
    }
    let seat = web.app.seat(question.city.as_deref()).ok()?;
    answer(web, &seat, &question, headers).ok()
}

fn answer(
    web: &Web,
    seat: &Seat,
    question: &Question<'_>,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let glance = seat.glance();
    let Some(atlas) = glance.as_ref() else {
        return Err(Problem::from(Refusal::NotReady));
    };
    let at = question.at.unwrap_or_else(|| web.app.now());
    let located = locate(atlas, &question.place, question.category.as_ref(), at)?;
    let body = || {
        let crs = question.place.crs;
        json::short(|json| {
            let of = (crs, None);
            web.fragments.with(atlas, |them| answer::write(json, atlas, them, &located, of));
        })
    };
    Ok(if question.at.is_some() { kept(atlas, headers, body) } else { fresh(body()) })
}

/// The answer of a moment in the past.
async fn then(
    web: &Web,
    seat: &Seat,
    question: &Question<'_>,
    text: &str,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let then = match past::at(&web.app, seat, text).await {
        Ok(then) => then,
        Err(Refusal::Invalid(mut faults)) => {
            // What else is wrong is told along.
            let more = enter(&*seat.atlas()?, &question.place).err();
            faults.extend(more.into_iter().flatten());
            return Err(Refusal::Invalid(faults).into());
        }
        Err(refusal) => return Err(refusal.into()),
    };
    let atlas = Arc::clone(&then.atlas);
    let at = question.at.unwrap_or(then.at);
    let located = locate(&atlas, &question.place, question.category.as_ref(), at)?;
    let when = (then.at, then.stood);
    let view = View { atlas: then.atlas, then: Some(when) };
    Ok(etag::tagged(headers, &view.tag_in_time(), JSON, || {
        let of = (question.place.crs, Some(when));
        let fragments = Fragments::aside(&atlas);
        json::short(|json| answer::write(json, &atlas, &fragments, &located, of))
    }))
}

fn kept(atlas: &Atlas, headers: &HeaderMap, body: impl FnOnce() -> Bytes) -> Response {
    etag::tagged(headers, &etag::of(atlas), JSON, body)
}

fn fresh(body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Reads a question that is plainly right; anything else is for [`careful`], which has the words.
fn quick(query: &str) -> Option<Question<'_>> {
    if query.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return None;
    }
    let mut found = [None; 8];
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=')?;
        let slot = match name {
            "lon" => 0,
            "lat" => 1,
            "crs" => 2,
            "accuracy" => 3,
            "category" => 4,
            "at" => 5,
            "city" => 6,
            "datetime" => 7,
            _ => return None,
        };
        if value.is_empty() || found[slot].replace(value).is_some() {
            return None;
        }
    }
    let [lon, lat, crs, accuracy, category, at, city, datetime] = found;
    let finite = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    // A parameter that is there must be right: `?` leaves the words to the careful reader.
    let right = |given: Option<&str>| given.map(finite);
    Some(Question {
        place: Place {
            lon: finite(lon?)?,
            lat: finite(lat?)?,
            crs: match crs {
                Some(code) => Crs::from_code(code)?,
                None => Crs::Wgs84,
            },
            accuracy_m: match right(accuracy) {
                Some(number) => Some(number?),
                None => None,
            },
        },
        category: match category {
            Some(code) => Some(CategoryCode::new(code).ok()?),
            None => None,
        },
        at: match at {
            Some(text) => Some(Instant::parse(text).ok()?),
            None => None,
        },
        datetime: datetime.map(std::borrow::Cow::Borrowed),
        city: city.map(std::borrow::Cow::Borrowed),
        faults: Vec::new(),
    })
}

fn careful(query: &str) -> Question<'static> {
    let mut params = Params::parse(query);
    let lon = params.must_number("lon");
    let lat = params.must_number("lat");
    let crs = params.crs("crs");
    let accuracy_m = params.number("accuracy");
    let category = params.read("category", CategoryCode::new);
    let at = params.time("at");
    let datetime = params.text("datetime").map(std::borrow::Cow::Owned);
    let city = params.text("city").map(std::borrow::Cow::Owned);
    let faults = params.finish().err().unwrap_or_default();
    let (lon, lat) = (lon.unwrap_or(f64::NAN), lat.unwrap_or(f64::NAN));
    Question { place: Place { lon, lat, crs, accuracy_m }, category, at, datetime, city, faults }
}

/// What is wrong with how it was asked, and with the place that was asked for.
fn every_fault(web: &Web, question: Question<'_>) -> Problem {
    let Question { place, city, datetime, mut faults, .. } = question;
    let seat = web.app.seat(city.as_deref()).ok();
    if let Some(atlas) = seat.as_ref().and_then(|seat| seat.atlas().ok()) {
        // Of a number that could not be read there are words already.
        let read = place.lon.is_finite() && place.lat.is_finite();
        let more = enter(&atlas, &place).err().into_iter().flatten();
        faults.extend(more.filter(|fault| read || fault.place != "lon,lat"));
        let moment = datetime.map(|text| Moment::parse(&text, atlas.time_zone()));
        let no_moment = moment.and_then(Result::err);
        faults.extend(no_moment.map(|words| Fault::new("datetime", words)));
    }
    Refusal::Invalid(faults).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_reader_and_the_careful_one_read_the_same() {
        for query in [
            "lon=109.5&lat=36.6",
            "lat=36.6&lon=-109.5e0&crs=GCJ-02&accuracy=12.5",
            "lon=1&lat=2&category=event.05&at=2026-05-01T08:00:00Z&city=c&datetime=2026-03-03",
        ] {
            let (quick, careful) = (quick(query).unwrap(), careful(query));
            assert_eq!(careful.faults, []);
            assert_eq!(quick.place, careful.place, "{query}");
            assert_eq!(quick.category, careful.category);
            assert_eq!(quick.at, careful.at);
            assert_eq!(quick.datetime, careful.datetime);
            assert_eq!(quick.city, careful.city);
        }
    }

    #[test]
    fn whatever_is_not_plainly_right_is_left_to_the_careful_reader() {
        for query in [
            "",
            "lon=1",
            "lon=1&lat=2&",
            "lon=nan&lat=2",
            "lon=1&lat=2&x=3",
            "lon=1&lon=1&lat=2",
            "lon=1&lat=2&crs=utm",
            "lon=1&lat=2&at=x",
            "lon=%31&lat=2",
            "lon=1&lat=2&accuracy=inf",
        ] {
            assert!(quick(query).is_none(), "{query}");
        }
    }
}
