//! Part 4 in drafts: a zone or a border that is drawn on a map is a step of the draft.

use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::ogc::drawing::{self, Sent, Target};
use crate::app::state::must;
use crate::domain::accounts::Operation;
use crate::domain::id::DraftId;
use crate::domain::ogc::collection::Collection;
use crate::formats::urlencoded::encoded;
use crate::http::body::{media_type, whole};
use crate::http::ogc::counter::Counter;
use crate::http::ogc::editing::{FEATURE, FEATURE_BYTES_MAX, PATCH, content_crs};
use crate::http::ogc::error::Wrong;

/// A new zone, out of what others have of its area.
pub(crate) async fn create(
    mut counter: Counter<'_>,
    draft: DraftId,
    body: Body,
) -> Result<Response, Wrong> {
    must(&counter.caller, Operation::ActOnDraft)?;
    counter.finish()?;
    media_type(counter.headers, FEATURE)?;
    let crs = content_crs(counter.headers)?;
    let seen = counter.draft_seen()?;
    let feature = whole(body, FEATURE_BYTES_MAX).await?;
    let (app, seat, caller) = (&counter.web.app, &counter.seat, &counter.caller);
    let made = drawing::create(app, seat, caller, (draft, seen), (&feature[..], crs)).await;
    let zone = made.map_err(Wrong::of_drawing)?;
    let collection = Collection::DraftZones(draft);
    let path = format!("/collections/{}/items/{}", collection.id(), encoded(zone.as_str()));
    let mut response = StatusCode::CREATED.into_response();
    if let Ok(place) = HeaderValue::try_from(counter.href(&path, &[])) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// A zone is drawn anew, told otherwise or gone; a border is drawn anew.
pub(crate) async fn change(
    mut counter: Counter<'_>,
    (method, collection, id): (&Method, Collection, &str),
    body: Body,
) -> Result<Response, Wrong> {
    must(&counter.caller, Operation::ActOnDraft)?;
    counter.finish()?;
    let Some(draft) = collection.draft() else {
        return Err(Wrong::missing("this is no collection of a draft"));
    };
    let target = Target { draft, collection, id, seen: counter.draft_seen()? };
    let (app, seat, caller) = (&counter.web.app, &counter.seat, &counter.caller);
    if *method == Method::DELETE {
        drawing::remove(app, seat, caller, target).await.map_err(Wrong::of_drawing)?;
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let part = *method == Method::PATCH;
    media_type(counter.headers, if part { PATCH } else { FEATURE })?;
    let crs = content_crs(counter.headers)?;
    let given = whole(body, FEATURE_BYTES_MAX).await?;
    let told = if part { Sent::Part(&given) } else { Sent::Whole(&given) };
    let changed = drawing::change(app, seat, caller, target, (told, crs)).await;
    changed.map_err(Wrong::of_drawing)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
