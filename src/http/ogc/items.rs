//! Features: a page of them, written as it is read, and one.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};

use crate::app::incidents;
use crate::app::ogc::dockets;
use crate::app::ogc::drafts::OfDraft;
use crate::app::ogc::select::{self, Page};
use crate::app::refusal::Refusal;
use crate::app::state::must;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::IncidentId;
use crate::domain::incidents::docket::Docket;
use crate::domain::ogc::collection::Collection;
use crate::domain::ogc::feature::{Feature, Thing};
use crate::domain::ogc::schema::Schema;
use crate::formats::urlencoded::encoded;
use crate::geom::crs::wire::WireCrs;
use crate::http::body::streamed;
use crate::http::etag;
use crate::http::json::Json;
use crate::http::language::Language;
use crate::http::ogc::collections::GEOJSON;
use crate::http::ogc::counter::{Counter, Format, Link};
use crate::http::ogc::error::Wrong;
use crate::http::ogc::html;
use crate::http::ogc::schemas;
use crate::http::ogc::wish::{Asked, AskedOne};
use crate::http::ogc::write::Pen;
use crate::http::ogc::written::{BLOCK, Written};
use crate::http::web::Web;

/// Features written at once; no more lie in memory.
const AT_ONCE: usize = 200;
/// Features after which what is written goes out and others on this worker have their turn; so does the head of a page
/// that is longer, before the first of its features is written.
const IN_A_ROW: usize = 1_000;
/// In which system coordinates are.
const CONTENT_CRS: HeaderName = HeaderName::from_static("content-crs");

/// A page that was found.
struct Found {
    features: Features,
    matched: Option<usize>,
    next: Option<String>,
}

/// The features of a page, and how they are written.
struct Features {
    atlas: Arc<Atlas>,
    collection: Collection,
    schema: Arc<Schema>,
    crs: WireCrs,
    numbers: Vec<u32>,
    dockets: Vec<Docket>,
    /// The draft whose they are.
    of_draft: Option<Arc<OfDraft>>,
    /// The rank of the first, where they follow one another as in the newest atlas: then they may lie written.
    first: Option<usize>,
}

impl Features {
    fn len(&self) -> usize {
        self.numbers.len() + self.dockets.len()
    }

    fn get(&self, at: usize) -> Option<Feature<'_>> {
        if let Some(draft) = &self.of_draft {
            return draft.feature(&self.atlas, *self.numbers.get(at)?);
        }
        match self.collection {
            Collection::Incidents => {
                let thing = Thing::Incident(self.dockets.get(at)?);
                Some(Feature { atlas: &self.atlas, thing })
            }
            of_atlas => select::feature(&self.atlas, of_atlas, *self.numbers.get(at)?),
        }
    }
}

/// A page of features.
pub(crate) async fn items(
    mut counter: Counter<'_>,
    collection: Collection,
) -> Result<Response, Wrong> {
    must(&counter.caller, collection.operation())?;
    let asked = Asked::read(&mut counter, collection).await?;
    let (crs, atlas) = (asked.crs, Arc::clone(&asked.atlas));
    let found = find(&counter, collection, asked).await?;
    let tag = match &found.features.of_draft {
        Some(draft) => counter.tag_of_draft(&atlas, draft.revision),
        None => counter.tag(&atlas),
    };
    let links = links(&counter, collection, found.next.as_deref());
    // Incidents change without the atlas.
    let tag = Some(tag).filter(|_| collection != Collection::Incidents);
    let response = match counter.format {
        Format::Html => {
            let page = table(&counter, &found, &links);
            tagged(&counter, tag.as_deref(), html::MEDIA, || Body::from(page))
        }
        Format::Json => {
            let now = counter.web.app.now().rfc3339();
            let head = head(&found, &links, &now);
            let (features, web) = (found.features, counter.web.clone());
            tagged(&counter, tag.as_deref(), GEOJSON, || poured(head, features, web))
        }
    };
    let response = with_crs(counter.dressed(response), crs);
    Ok(schemas::with_queryables(&counter, collection, response))
}

fn tagged(
    counter: &Counter<'_>,
    tag: Option<&str>,
    media: &'static str,
    body: impl FnOnce() -> Body,
) -> Response {
    if let Some(tag) = tag {
        return etag::tagged(counter.headers, tag, media, body);
    }
    let mut response = Response::new(body());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn with_crs(mut response: Response, crs: WireCrs) -> Response {
    if let Ok(value) = HeaderValue::try_from(format!("<{}>", crs.uri())) {
        response.headers_mut().insert(CONTENT_CRS, value);
    }
    response
}

async fn find(counter: &Counter<'_>, collection: Collection, asked: Asked) -> Result<Found, Wrong> {
    let Asked { atlas, schema, wish, crs, opened } = asked;
    let (app, seat, caller) = (&counter.web.app, &counter.seat, &counter.caller);
    if collection == Collection::Incidents {
        let found = dockets::page(app, seat, caller, &atlas, &wish, opened).await?;
        let dockets::Found { dockets, matched, next } = found;
        let (numbers, of_draft, first) = (Vec::new(), None, None);
        let features =
            Features { atlas, collection, schema, crs, numbers, dockets, of_draft, first };
        return Ok(Found { features, matched, next });
    }
    let of_draft = of_draft(counter, collection).await?.map(Arc::new);
    let is_whole = of_draft.is_none()
        && wish.test.is_none()
        && wish.frames.is_none()
        && seat.atlas().is_ok_and(|newest| Arc::ptr_eq(&newest, &atlas));
    let page = if wish.test.is_some() || of_draft.is_some() {
        // Geometries may be large: never on the workers that answer.
        let heavy = Arc::clone(&counter.web.heavy);
        let _place = heavy.acquire_owned().await.map_err(|_| Refusal::Busy)?;
        let (held, draft, web) = (Arc::clone(&atlas), of_draft.clone(), counter.web.clone());
        tokio::task::spawn_blocking(move || match draft {
            Some(draft) => draft.page(&held, &wish),
            None => select::page(&held, collection, &wish, &web.columns),
        })
        .await
        .map_err(|fault| Refusal::Inner(format!("the filter broke off: {fault}")))?
    } else {
        select::page(&atlas, collection, &wish, &counter.web.columns)
    };
    let Page { numbers, matched, more } = page;
    let last = numbers.last().filter(|_| more);
    let feature = |number: u32| match &of_draft {
        Some(draft) => draft.feature(&atlas, number),
        None => select::feature(&atlas, collection, number),
    };
    let next = last.and_then(|last| feature(*last)).map(|last| last.id().into_owned());
    let first = numbers.first().filter(|_| is_whole);
    let first = first.and_then(|first| select::rank(&atlas, collection, *first));
    let dockets = Vec::new();
    let features = Features { atlas, collection, schema, crs, numbers, dockets, of_draft, first };
    Ok(Found { features, matched: Some(matched), next })
}

/// The features of the draft that was taken in; `None` where a collection is no draft's.
async fn of_draft(
    counter: &Counter<'_>,
    collection: Collection,
) -> Result<Option<OfDraft>, Refusal> {
    let Some(draft) = &counter.draft else { return Ok(None) };
    let app = &counter.web.app;
    OfDraft::read(app, &counter.seat, &counter.caller, collection, &draft.locked).await
}

fn links(counter: &Counter<'_>, collection: Collection, next: Option<&str>) -> Vec<Value> {
    let path = format!("/collections/{}", collection.id());
    let items = format!("{path}/items");
    let mut links = counter.own_links(&items, GEOJSON);
    if let Some(next) = next {
        let media = match counter.format {
            Format::Json => GEOJSON,
            Format::Html => html::MEDIA,
        };
        let title = counter.word(("下一页", "The next page"));
        let href = counter.next(&items, next);
        links.push(Link { rel: "next", media, title, href }.value());
    }
    let title = &counter.title(collection);
    let href = counter.href(&path, &[]);
    links.push(Link { rel: "collection", media: "application/json", title, href }.value());
    links
}

/// A page up to its first feature.
fn head(found: &Found, links: &[Value], now: &str) -> Vec<u8> {
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let mut json = Json::with_capacity(2_048);
    json.raw("{\"type\":\"FeatureCollection\",\"timeStamp\":").text(now);
    if let Some(matched) = found.matched {
        json.raw(",\"numberMatched\":").whole(count(matched));
    }
    json.raw(",\"numberReturned\":").whole(count(found.features.len()));
    let links = serde_json::to_string(links).unwrap_or_default();
    json.raw(",\"links\":").raw(&links).raw(",\"features\":[");
    json.into_bytes()
}

/// The body, some features at a time: the first byte goes out before the second pile is written.
fn poured(head: Vec<u8>, features: Features, web: Web) -> Body {
    let state = (Some(head), Some(0), features, web);
    let piles = stream::unfold(state, |(head, at, features, web)| async move {
        if let Some(head) = head {
            return Some((Ok::<_, Infallible>(Bytes::from(head)), (None, at, features, web)));
        }
        let at = at?;
        if at >= features.len() {
            return Some((Ok(Bytes::from_static(b"]}\n")), (None, None, features, web)));
        }
        if features.len() > IN_A_ROW && at % IN_A_ROW < AT_ONCE {
            tokio::task::yield_now().await;
        }
        let (pile, at) = match features.first {
            Some(first) => written(&features, first, at, &web.written),
            None => pile(&features, at),
        };
        Some((Ok(pile), (None, Some(at), features, web)))
    });
    streamed(piles)
}

/// Features from `from` on up to the end of their block, and where to go on; `first` is the rank of the page's first.
fn written(features: &Features, first: usize, from: usize, written: &Written) -> (Bytes, usize) {
    let begins = (first + from) / BLOCK * BLOCK;
    let block = written.block(&features.atlas, &features.schema, features.crs, begins / BLOCK);
    let to = features.len().min(begins + BLOCK - first);
    (block.part(first + from - begins, first + to - begins, from == 0), to)
}

/// Some features from `from` on, and where to go on.
fn pile(features: &Features, from: usize) -> (Bytes, usize) {
    let to = features.len().min(from + AT_ONCE);
    let mut json = Json::with_capacity(AT_ONCE * 512);
    let pen = Pen::new(&features.schema, features.crs);
    for at in from..to {
        if let Some(feature) = features.get(at) {
            json.raw(if at == 0 { "\n" } else { ",\n" });
            pen.open(&mut json, &feature);
            json.raw("}");
        }
    }
    (Bytes::from(json.into_bytes()), to)
}

/// A page for people.
fn table(counter: &Counter<'_>, found: &Found, links: &[Value]) -> String {
    let Features { schema, collection, .. } = &found.features;
    let path = format!("/collections/{}/items", collection.id());
    let pen = Pen::new(schema, found.features.crs);
    let rows: Vec<Value> = (0..found.features.len())
        .filter_map(|at| found.features.get(at))
        .map(|feature| {
            let mut json = Json::default();
            pen.open(&mut json, &feature);
            json.raw("}");
            let mut row: Value = serde_json::from_slice(&json.into_bytes()).unwrap_or_default();
            let at = format!("{path}/{}", segment(&feature.id()));
            row["links"] = json!([{ "href": counter.href(&at, &[("f", "html")]) }]);
            row
        })
        .collect();
    let columns: Vec<(String, String)> = schema
        .fields
        .iter()
        .map(|field| {
            let title = match counter.language {
                Language::Zh => &field.zh,
                Language::En => &field.en,
            };
            (field.name.clone(), title.clone())
        })
        .collect();
    let told =
        json!({ "numberMatched": found.matched, "numberReturned": rows.len(), "links": links });
    let page = html::page(&counter.title(*collection), counter.language, &told);
    page.replace("</body>", &format!("{}</body>", html::table(&rows, &columns)))
}

/// An id as a segment of a path: codes hold letters of any script.
fn segment(id: &str) -> String {
    encoded(id).replace('/', "%2F")
}

/// One feature.
pub(crate) async fn item(
    mut counter: Counter<'_>,
    collection: Collection,
    id: &str,
) -> Result<Response, Wrong> {
    must(&counter.caller, collection.operation())?;
    let asked = AskedOne::read(&mut counter, collection).await?;
    let missing = || {
        let id: String = id.chars().take(64).flat_map(char::escape_debug).collect();
        Wrong::missing(format!("there is no feature `{id}` in {}", collection.id()))
    };
    let (web, atlas) = (counter.web, Arc::clone(&asked.atlas));
    let docket = match collection {
        Collection::Incidents => Some(docket(web, &counter, id).await?.ok_or_else(missing)?),
        _ => None,
    };
    let of_draft = of_draft(&counter, collection).await?;
    let feature = match (&docket, &of_draft) {
        (Some(docket), _) => Feature { atlas: &atlas, thing: Thing::Incident(docket) },
        (None, Some(draft)) => draft.find(&atlas, id).ok_or_else(missing)?,
        (None, None) => select::find(&atlas, collection, id).ok_or_else(missing)?,
    };
    let path = format!("/collections/{}", collection.id());
    let own = format!("{path}/items/{}", segment(&feature.id()));
    let mut links = counter.own_links(&own, GEOJSON);
    let title = &counter.title(collection);
    let href = counter.href(&path, &[]);
    links.push(Link { rel: "collection", media: "application/json", title, href }.value());
    let mut json = Json::with_capacity(4_096);
    Pen::new(&asked.schema, asked.crs).open(&mut json, &feature);
    json.raw(",\"links\":").raw(&serde_json::to_string(&links).unwrap_or_default()).raw("}");
    let bytes = json.into_bytes();
    let tag = match &of_draft {
        Some(draft) => counter.tag_of_draft(&atlas, draft.revision),
        None => counter.tag(&atlas),
    };
    let tag = Some(tag).filter(|_| docket.is_none());
    let response = match counter.format {
        Format::Json => tagged(&counter, tag.as_deref(), GEOJSON, || Body::from(bytes)),
        Format::Html => {
            let document: Value = serde_json::from_slice(&bytes).unwrap_or_default();
            let title = format!("{title} · {}", feature.id());
            let page = html::page(&title, counter.language, &document);
            tagged(&counter, tag.as_deref(), html::MEDIA, || Body::from(page))
        }
    };
    Ok(with_crs(counter.dressed(response), asked.crs))
}

/// An incident that the caller may see.
async fn docket(web: &Web, counter: &Counter<'_>, id: &str) -> Result<Option<Docket>, Refusal> {
    let Ok(id) = id.parse() else { return Ok(None) };
    match incidents::get(&web.app, &counter.seat, &counter.caller, IncidentId(id)).await {
        Ok(shown) => Ok(Some(shown.docket)),
        Err(Refusal::NotFound) => Ok(None),
        Err(refusal) => Err(refusal),
    }
}
