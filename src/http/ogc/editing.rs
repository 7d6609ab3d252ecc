//! Part 4: facilities are made, replaced, changed and removed by who may.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::app::ogc::edit::{self, Edit};
use crate::app::ogc::select;
use crate::app::refusal::Refusal;
use crate::app::state::must;
use crate::domain::accounts::Operation;
use crate::domain::atlas::facility::FacilityKind;
use crate::domain::ogc::collection::Collection;
use crate::domain::ogc::feature::Thing;
use crate::formats::urlencoded::encoded;
use crate::geom::crs::wire::WireCrs;
use crate::http::body::{media_type, whole};
use crate::http::json::Json;
use crate::http::ogc::counter::Counter;
use crate::http::ogc::error::Wrong;
use crate::http::ogc::write::Pen;
use crate::http::problem::{Kind, Problem};

/// Largest feature taken, in bytes.
pub(crate) const FEATURE_BYTES_MAX: usize = 4 * 1024 * 1024;
pub(crate) const FEATURE: &[&str] = &["application/geo+json", "application/json"];
pub(crate) const PATCH: &[&str] =
    &["application/merge-patch+json", "application/json", "application/geo+json"];

/// A new facility.
pub(crate) async fn create(
    mut counter: Counter<'_>,
    kind: FacilityKind,
    body: Body,
) -> Result<Response, Wrong> {
    must(&counter.caller, Operation::EditFacilities)?;
    counter.finish()?;
    media_type(counter.headers, FEATURE)?;
    let crs = content_crs(counter.headers)?;
    let seen = seen(&counter)?;
    let feature = whole(body, FEATURE_BYTES_MAX).await?;
    let edit = Edit { kind, id: None, feature: &feature, crs, seen };
    let id = edit::put(&counter.web.app, &counter.seat, &counter.caller, edit).await?;
    let collection = Collection::Facilities(kind);
    let path = format!("/collections/{}/items/{}", collection.id(), encoded(id.as_str()));
    let mut response = StatusCode::CREATED.into_response();
    if let Ok(place) = HeaderValue::try_from(counter.href(&path, &[])) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// A facility in the place of the one with an id, or changed, or gone.
pub(crate) async fn change(
    mut counter: Counter<'_>,
    (method, kind, id): (&Method, FacilityKind, &str),
    body: Body,
) -> Result<Response, Wrong> {
    must(&counter.caller, Operation::EditFacilities)?;
    counter.finish()?;
    let seen = seen(&counter)?;
    let (app, seat, caller) = (&counter.web.app, &counter.seat, &counter.caller);
    match *method {
        Method::DELETE => edit::remove(app, seat, caller, (kind, id), seen).await?,
        Method::PATCH => {
            media_type(counter.headers, PATCH)?;
            let crs = content_crs(counter.headers)?;
            let patch = whole(body, FEATURE_BYTES_MAX).await?;
            let (feature, crs) = patched(&counter, kind, id, &patch, crs)?;
            // What another changed meanwhile is not put back to what was read here.
            let seen = seen.or(Some(counter.atlas.version()));
            let edit = Edit { kind, id: Some(id), feature: &feature, crs, seen };
            edit::put(app, seat, caller, edit).await?;
        }
        _ => {
            media_type(counter.headers, FEATURE)?;
            let crs = content_crs(counter.headers)?;
            let feature = whole(body, FEATURE_BYTES_MAX).await?;
            let edit = Edit { kind, id: Some(id), feature: &feature, crs, seen };
            edit::put(app, seat, caller, edit).await?;
        }
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The feature as it is, with what a merge patch (RFC 7396) says, and the system of its coordinates: that of
/// the patch where it draws anew, else the exact one.
fn patched(
    counter: &Counter<'_>,
    kind: FacilityKind,
    id: &str,
    patch: &[u8],
    crs: WireCrs,
) -> Result<(Vec<u8>, WireCrs), Wrong> {
    let mut patch: Value = serde_json::from_slice(patch)
        .map_err(|fault| Problem::new(Kind::Malformed, format!("the body is no JSON: {fault}")))?;
    if !patch.is_object() {
        return Err(Problem::new(Kind::Malformed, "the body is no JSON object").into());
    }
    let collection = Collection::Facilities(kind);
    let found = select::find(&counter.atlas, collection, id).ok_or(Refusal::NotFound)?;
    let schema = counter.web.schemas.of(collection, &counter.atlas);
    let mut json = Json::default();
    Pen::new(&schema, WireCrs::Crs84).open(&mut json, &found);
    json.raw("}");
    let mut feature: Value = serde_json::from_slice(&json.into_bytes()).unwrap_or_default();
    if let Thing::Facility(facility) = found.thing {
        // As they are kept, also those that are told otherwise or not at all.
        let raw = facility.attributes.iter().filter(|(name, _)| !edit::is_own(name));
        for (name, value) in raw {
            feature["properties"][name.as_str()] = value.clone();
        }
    }
    let drawn = patch["geometry"].is_object();
    if drawn {
        // A geometry is one thing: its type does not go with the coordinates of another.
        feature["geometry"] = patch["geometry"].take();
        patch["geometry"] = feature["geometry"].clone();
    }
    merge(&mut feature, patch);
    let bytes = serde_json::to_vec(&feature).unwrap_or_default();
    Ok((bytes, if drawn { crs } else { WireCrs::Crs84 }))
}

/// A merge patch. No deeper than JSON is read.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    for (name, value) in patch {
        if value.is_null() {
            if let Some(object) = target.as_object_mut() {
                object.remove(&name);
            }
        } else {
            merge(&mut target[name.as_str()], value);
        }
    }
}

/// The system of the body's coordinates.
pub(crate) fn content_crs(headers: &HeaderMap) -> Result<WireCrs, Refusal> {
    let Some(value) = headers.get("content-crs") else { return Ok(WireCrs::default()) };
    let name = value.to_str().unwrap_or_default();
    WireCrs::from_name(name).map_err(|words| Refusal::fault("Content-Crs", words))
}

/// The atlas version that the caller looked at, where it says so.
fn seen(counter: &Counter<'_>) -> Result<Option<i64>, Wrong> {
    let Some(given) = counter.headers.get(header::IF_MATCH) else { return Ok(None) };
    let given = given.to_str().unwrap_or_default();
    // Tags of ours begin with what names the atlas; role, language and format stand behind it.
    let of_atlas = |tag: &str| {
        let opaque = tag.trim().trim_start_matches("W/").trim_matches('"');
        opaque.rsplitn(4, '-').nth(3).map(str::to_owned)
    };
    let wanted = of_atlas(&counter.tag(&counter.atlas));
    let holds = given.split(',').any(|one| one.trim() == "*" || of_atlas(one) == wanted);
    if holds { Ok(Some(counter.atlas.version())) } else { Err(Wrong::stale()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_merge_patch_is_what_rfc_7396_shows() {
        for (target, patch, merged) in [
            (json!({ "a": "b" }), json!({ "a": "c" }), json!({ "a": "c" })),
            (json!({ "a": "b" }), json!({ "b": "c" }), json!({ "a": "b", "b": "c" })),
            (json!({ "a": "b" }), json!({ "a": null }), json!({})),
            (json!({ "a": ["b"] }), json!({ "a": "c" }), json!({ "a": "c" })),
            (
                json!({ "a": { "b": "c" } }),
                json!({ "a": { "b": "d", "c": null } }),
                json!({ "a": { "b": "d" } }),
            ),
            (json!({ "a": [{ "b": "c" }] }), json!({ "a": [1] }), json!({ "a": [1] })),
            (json!({ "e": null }), json!({ "a": 1 }), json!({ "e": null, "a": 1 })),
            (json!([1, 2]), json!({ "a": "b", "c": null }), json!({ "a": "b" })),
            (json!({}), json!({ "a": { "bb": { "ccc": null } } }), json!({ "a": { "bb": {} } })),
        ] {
            let mut target = target;
            merge(&mut target, patch);
            assert_eq!(target, merged);
        }
    }
}
