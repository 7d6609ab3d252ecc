//! The public feeds: what is open and what was closed lately, as Atom and as GeoJSON.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::app::keyring::hex;
use crate::app::public_feed::{self, FEED_MAX, Item};
use crate::domain::accounts::Operation;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::{CategoryCode, ZoneId};
use crate::domain::time::Instant;
use crate::formats::atom;
use crate::http::desk::Desk;
use crate::http::etag;
use crate::http::json::GEOJSON;
use crate::http::language::Language;
use crate::http::origin::base;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// Incidents in a feed when nothing is said.
const FEED_DEFAULT: u32 = 100;
const ATOM: &str = "application/atom+xml; charset=utf-8";

/// A feed that was asked for.
struct Asked {
    items: Vec<Item>,
    atlas: std::sync::Arc<Atlas>,
    zone: Option<ZoneId>,
    language: Language,
    /// Under which address the caller sees this service.
    base: String,
    /// What names the city in an address of ours, where there are several.
    of_city: String,
}

async fn asked(
    web: &Web,
    mut desk: Desk,
    headers: &HeaderMap,
    operation: Operation,
) -> Result<Asked, Problem> {
    let atlas = desk.open(operation)?;
    let zone = desk.params.read("zone", ZoneId::new);
    let limit = desk.params.whole("limit", 1, FEED_MAX).unwrap_or(FEED_DEFAULT);
    let accepted = Language::accepted(headers);
    let language = desk.params.read("lang", Language::named).unwrap_or(accepted);
    desk.params.finish()?;
    let (app, seat, caller) = (&web.app, &desk.seat, &desk.caller);
    let items = public_feed::items(app, seat, caller, operation, zone.clone(), limit).await?;
    let several = app.cities().len() > 1;
    let of_city = if several { format!("city={}", seat.city) } else { String::new() };
    Ok(Asked { items, atlas, zone, language, base: base(headers), of_city })
}

/// What is open and what was closed within 14 days, as an Atom feed: what changed last first.
///
/// Only what was told in public (through Open311) within the last 90 days. Telephone numbers, number plates and
/// e-mail addresses are taken out of the words; a place is told as blurred as its category asks (see `blur_m` of
/// `list_categories`).
#[utoipa::path(
    get, path = "/api/v1/feed.atom", operation_id = "get_feed_atom", tag = "live",
    params(
        ("zone" = Option<String>, Query, description = "Only this zone"),
        ("limit" = Option<u32>, Query, description = "At most so many (1 to 500; 100 when absent)"),
        ("lang" = Option<String>, Query, description = "zh or en; else as Accept-Language says"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The feed", body = String, content_type = "application/atom+xml"),
        (status = 304, description = "What the caller has"),
        (status = 404, description = "No such city", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    )
)]
pub(crate) async fn get_feed_atom(
    State(web): State<Web>,
    desk: Desk,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = asked(&web, desk, &headers, Operation::GetFeedAtom).await?;
    let body = atom::write(&asked.atom()).into_bytes();
    Ok(etag::tagged(&headers, &tag(&body), ATOM, || body))
}

/// The same as GeoJSON, for maps.
#[utoipa::path(
    get, path = "/api/v1/feed.geojson", operation_id = "get_feed_geojson", tag = "live",
    params(
        ("zone" = Option<String>, Query, description = "Only this zone"),
        ("limit" = Option<u32>, Query, description = "At most so many (1 to 500; 100 when absent)"),
        ("lang" = Option<String>, Query, description = "zh or en; else as Accept-Language says"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The feed", body = serde_json::Value, content_type = "application/geo+json"),
        (status = 304, description = "What the caller has"),
        (status = 404, description = "No such city", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    )
)]
pub(crate) async fn get_feed_geojson(
    State(web): State<Web>,
    desk: Desk,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = asked(&web, desk, &headers, Operation::GetFeedGeojson).await?;
    let features: Vec<Value> = asked.items.iter().map(|item| asked.feature(item)).collect();
    let collection = json!({ "type": "FeatureCollection", "features": features });
    let body = serde_json::to_vec(&collection).unwrap_or_default();
    Ok(etag::tagged(&headers, &tag(&body), GEOJSON, || body))
}

/// What the body says is its tag; weak, because compression changes the bytes.
fn tag(body: &[u8]) -> String {
    format!("W/\"{}\"", hex(&Sha256::digest(body)[..16]))
}

impl Asked {
    fn category(&self, item: &Item) -> Option<(String, String)> {
        let code = item.category.as_ref().map(CategoryCode::as_str)?;
        let named = self.atlas.city().catalogue.named(code);
        let name = named.map_or(code, |named| self.language.category(named));
        Some((code.to_owned(), name.to_owned()))
    }

    fn unit(&self, item: &Item) -> String {
        let named = self.atlas.unit(&item.unit);
        named.map_or(item.unit.as_str(), |unit| self.language.name(&unit.names)).to_owned()
    }

    fn time(&self, at: Instant) -> String {
        at.on_wall_clock(self.atlas.time_zone())
    }

    fn feature(&self, item: &Item) -> Value {
        let at = item.place.at.degrees();
        let category = self.category(item);
        json!({
            "type": "Feature",
            "id": item.id,
            "geometry": { "type": "Point", "coordinates": [at.lon(), at.lat()] },
            "properties": {
                "category": category.as_ref().map(|(code, _)| code),
                "category_name": category.as_ref().map(|(_, name)| name),
                "status": if item.is_open { "open" } else { "closed" },
                "stage": item.stage.code(),
                "stage_name": self.language.stage(item.stage),
                "told_at": self.time(item.told_at),
                "updated_at": self.time(item.updated_at),
                "expected_at": item.expected_at.map(|at| self.time(at)),
                "zone": item.zone,
                "unit": item.unit,
                "unit_name": self.unit(item),
                "words": item.words,
                "supporters": item.supporters,
                "blur_m": item.place.blur_m,
            },
        })
    }

    /// An address of ours; empty where the caller's own is not known.
    fn address(&self, path: &str, query: &[&str]) -> String {
        if self.base.is_empty() {
            return String::new();
        }
        let given: Vec<&str> = query.iter().copied().filter(|part| !part.is_empty()).collect();
        let mark = if given.is_empty() { "" } else { "?" };
        format!("{}{path}{mark}{}", self.base, given.join("&"))
    }

    fn atom(&self) -> atom::Feed {
        let city = &self.atlas.city();
        let name = self.language.name(&city.names).to_owned();
        let zone = self.zone.as_ref().and_then(|id| self.atlas.zone(id));
        let of_zone = zone.map_or(String::new(), |zone| format!("zone={}", zone.id));
        let title = match (zone, self.language) {
            (None, Language::Zh) => format!("{name} 公开案件"),
            (None, Language::En) => format!("{name}: public incidents"),
            (Some(zone), Language::Zh) => {
                format!("{name} {} 公开案件", self.language.name(&zone.names))
            }
            (Some(zone), Language::En) => {
                format!("{name}, {}: public incidents", self.language.name(&zone.names))
            }
        };
        let newest = self.items.iter().map(|item| item.updated_at).max().unwrap_or_default();
        atom::Feed {
            id: format!("urn:zonewarden:feed:{}:{}", city.id, zone.map_or("", |it| it.id.as_str())),
            title,
            author: name,
            link: self.address("/api/v1/feed.atom", &[&of_zone, &self.of_city]),
            updated: self.time(newest),
            entries: self.items.iter().map(|item| self.entry(item)).collect(),
        }
    }

    fn entry(&self, item: &Item) -> atom::Entry {
        let category = self.category(item);
        let what = category.as_ref().map_or("-", |(_, name)| name.as_str());
        let stage = self.language.stage(item.stage);
        let at = item.place.at.degrees();
        let summary = [item.words.as_str(), &self.unit(item), &stage]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" · ");
        let city = self.of_city.replacen("city", "jurisdiction_id", 1);
        atom::Entry {
            id: format!("urn:uuid:{}", item.id),
            title: format!("{what} · {stage}"),
            summary,
            link: self.address(&format!("/open311/v2/requests/{}.json", item.report), &[&city]),
            category,
            published: self.time(item.told_at),
            updated: self.time(item.updated_at),
            place: (at.lat(), at.lon()),
        }
    }
}
