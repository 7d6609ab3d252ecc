//! The collections that the caller may see.

use axum::response::Response;
use serde_json::{Value, json};

use crate::app::ogc::{drafts, when};
use crate::app::state::must;
use crate::domain::accounts::Operation;
use crate::domain::drafts::docket::DraftDocket;
use crate::domain::ogc::collection::Collection;
use crate::domain::time::Instant;
use crate::geom::coord::GridBox;
use crate::geom::crs::wire::WireCrs;
use crate::http::ogc::counter::{Counter, JSON, Link, SCHEMA};
use crate::http::ogc::error::Wrong;
use crate::http::ogc::schemas::Which;

/// The media type of features.
pub const GEOJSON: &str = "application/geo+json";
/// The relation of links to the vector tile sets of something.
pub const TILESETS: &str = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector";

/// Those that the caller may see, and of facilities those kinds of which there is one.
pub fn visible(counter: &Counter<'_>) -> impl Iterator<Item = Collection> {
    let held = move |one: &Collection| match one {
        Collection::Facilities(_) => counter.web.schemas.of(*one, &counter.atlas).extent.is_some(),
        Collection::Zones
        | Collection::Units
        | Collection::Incidents
        | Collection::DraftZones(_)
        | Collection::DraftArcs(_) => true,
    };
    Collection::all().filter(move |one| counter.sees(*one)).filter(held)
}

/// Those of drafts that the caller may see, each with what people call it.
///
/// # Errors
/// When the store does not answer.
pub async fn of_drafts(counter: &Counter<'_>) -> Result<Vec<(Collection, String)>, Wrong> {
    let found = drafts::listed(&counter.web.app, &counter.seat, &counter.caller).await?;
    let two = |draft: DraftDocket| {
        let title =
            move |one: Collection| (one, format!("{} · {}", draft.name, counter.word(one.label())));
        Collection::of_draft(draft.id).map(title)
    };
    Ok(found.into_iter().flat_map(two).collect())
}

/// All of them.
pub(crate) async fn collections(mut counter: Counter<'_>) -> Result<Response, Wrong> {
    counter.finish()?;
    let begins = when::begins(&counter.web.app, &counter.seat).await?;
    let of_drafts = of_drafts(&counter).await?;
    let all = visible(&counter).map(|one| (one, counter.title(one))).chain(of_drafts);
    let told: Vec<Value> = all.map(|(one, title)| told(&counter, one, &title, begins)).collect();
    let crs: Vec<&str> = WireCrs::ALL.iter().map(|crs| crs.uri()).collect();
    let links = counter.own_links("/collections", JSON);
    let document = json!({ "collections": told, "crs": crs, "links": links });
    let title = counter.word(("数据集", "Collections"));
    if counter.caller.may(Operation::ListDrafts) {
        return Ok(counter.fresh(title, &document, JSON));
    }
    Ok(counter.answer(title, &document, JSON))
}

/// One of them.
pub(crate) async fn collection(
    mut counter: Counter<'_>,
    collection: Collection,
) -> Result<Response, Wrong> {
    must(&counter.caller, collection.operation())?;
    counter.finish()?;
    let begins = when::begins(&counter.web.app, &counter.seat).await?;
    let title = counter.title(collection);
    let mut document = told(&counter, collection, &title, begins);
    let mut links = counter.own_links(&format!("/collections/{}", collection.id()), JSON);
    let given = document["links"].take();
    // The first two lead to this very document.
    links.extend(given.as_array().into_iter().flatten().skip(2).cloned());
    document["links"] = links.into();
    if collection.draft().is_some() {
        return Ok(counter.fresh(&title, &document, JSON));
    }
    Ok(counter.answer(&title, &document, JSON))
}

fn told(
    counter: &Counter<'_>,
    collection: Collection,
    title: &str,
    begins: Option<Instant>,
) -> Value {
    let schema = counter.web.schemas.of(collection, &counter.atlas);
    let degrees = |frame: GridBox| {
        let (min, max) = (frame.min.degrees(), frame.max.degrees());
        [min.lon(), min.lat(), max.lon(), max.lat()]
    };
    let bbox: Vec<[f64; 4]> = schema.extent.map(degrees).into_iter().collect();
    let crs: Vec<&str> = WireCrs::ALL.iter().map(|crs| crs.uri()).collect();
    let mut extent = json!({
        "temporal": {
            "interval": [[begins.map(Instant::rfc3339), null]],
            "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian",
        },
    });
    if !bbox.is_empty() {
        extent["spatial"] = json!({ "bbox": bbox, "crs": WireCrs::Crs84.uri() });
    }
    json!({
        "id": collection.id(),
        "title": title,
        "description": counter.word(collection.told()),
        "itemType": "feature",
        "extent": extent,
        "crs": crs,
        "storageCrs": WireCrs::Crs84.uri(),
        "links": links(counter, collection, title),
    })
}

/// Whether there are tiles of a collection under its own name.
#[must_use]
pub fn is_tiled(collection: Collection) -> bool {
    matches!(collection, Collection::Zones | Collection::Incidents)
}

fn links(counter: &Counter<'_>, collection: Collection, title: &str) -> Vec<Value> {
    let path = format!("/collections/{}", collection.id());
    let link = |rel: &str, media: &str, title: &str, end: &str, query: &[(&str, &str)]| {
        Link { rel, media, title, href: counter.href(&format!("{path}{end}"), query) }.value()
    };
    let mut links = vec![
        link("self", JSON, title, "", &[]),
        link("alternate", "text/html", title, "", &[("f", "html")]),
        link("items", GEOJSON, title, "/items", &[]),
        link("items", "text/html", title, "/items", &[("f", "html")]),
    ];
    for which in [Which::Schema, Which::Feature, Which::Queryables] {
        let (end, words) = (format!("/{}", which.path()), counter.word(which.label()));
        links.push(link(which.rel(), SCHEMA, words, &end, &[]));
    }
    if is_tiled(collection) {
        let (rel, media) = (TILESETS, JSON);
        let title = counter.word(("矢量瓦片", "Vector tiles"));
        let href = counter.bare_href(&format!("{path}/tiles"));
        links.push(Link { rel, media, title, href }.value());
    }
    links
}
