//! The collections as a layer definition of QGIS: opened there, it draws zones, units and facilities in the colours
//! of the page's map, all of it read from this service.

use std::sync::Arc;

use axum::http::{HeaderValue, header};
use axum::response::Response;
use geo_types::MultiPolygon;

use crate::app::refusal::Refusal;
use crate::app::tiles::collection::{COLOURS, Collection as Tiled, MANY};
use crate::domain::atlas::facility::FacilityKind;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::ogc::collection::Collection;
use crate::domain::ogc::schema::{ID, Schema};
use crate::formats::urlencoded::encoded;
use crate::geom::tile::colour::colours;
use crate::http::etag;
use crate::http::ogc::collections::visible;
use crate::http::ogc::counter::{Counter, ROOT};
use crate::http::ogc::error::Wrong;
use crate::http::ogc::symbols::{Pen, clear, element, labels, symbol, text};
use crate::http::tiles::palette::{Ink, KINDS, OTHER_KIND, Theme};

/// Where it lies, behind [`ROOT`].
pub const PATH: &str = "/zonewarden.qlr";
/// Its media type.
pub const MEDIA: &str = "application/x-qgis-layer-definition";
/// What a browser saves it as.
const SAVED: &str = "attachment; filename=\"zonewarden.qlr\"";
/// Colour of incidents.
const INCIDENT: &str = "#b42318";

/// A layer of QGIS.
pub struct Layer {
    id: String,
    name: String,
    provider: &'static str,
    source: String,
    /// Whether it is drawn from the beginning.
    shown: bool,
    /// Layers above have smaller ones: 0 has incidents, 1 points, 2 lines and what is of several dimensions, 3 zones,
    /// 4 areas, 5 tiles.
    pub depth: u8,
    /// What stands of it in the list of map layers.
    pub map: String,
}

/// The document.
///
/// # Errors
/// A parameter that is not known; [`Refusal::Busy`].
pub(crate) async fn definition(mut counter: Counter<'_>) -> Result<Response, Wrong> {
    counter.finish()?;
    let hues = hues(&counter).await?;
    let tag = counter.tag(&counter.atlas);
    let write = || document(&counter, &layers(&counter, &hues));
    let mut response = etag::tagged(counter.headers, &tag, MEDIA, write);
    response.headers_mut().insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(SAVED));
    Ok(counter.dressed(response))
}

/// The colour of each zone, the same as on the page's map and in tiles.
///
/// # Errors
/// [`Refusal::Busy`].
pub async fn hues(counter: &Counter<'_>) -> Result<Vec<usize>, Refusal> {
    let atlas = Arc::clone(&counter.atlas);
    let heavy = Arc::clone(&counter.web.heavy);
    let _place = heavy.acquire_owned().await.map_err(|_| Refusal::Busy)?;
    let chosen = tokio::task::spawn_blocking(move || {
        let areas: Vec<&MultiPolygon<f64>> = atlas.zones().iter().map(|zone| &zone.area).collect();
        colours(&areas, COLOURS)
    });
    chosen.await.map_err(|fault| Refusal::Inner(format!("no colours were chosen: {fault}")))
}

/// Every layer that the caller may see, from above.
#[must_use]
pub fn layers(counter: &Counter<'_>, hues: &[usize]) -> Vec<Layer> {
    let ink = Theme::Light.ink();
    let mut layers: Vec<Layer> =
        visible(counter).map(|one| features(counter, one, &ink, hues)).collect();
    layers.push(tiles(counter, &ink));
    layers.sort_by_key(|layer| layer.depth);
    layers
}

fn document(counter: &Counter<'_>, layers: &[Layer]) -> String {
    let leaves: String = layers.iter().map(leaf).collect();
    let maps: String = layers.iter().map(|layer| layer.map.as_str()).collect();
    let title = counter.language.name(&counter.atlas.city().names);
    let tree = group("", &group(title, &leaves));
    let inner = format!("\n{tree}\n{}", element("maplayers", &[], &maps));
    format!("<!DOCTYPE qgis-layer-definition>\n{}\n", element("qlr", &[], &inner))
}

/// A group of the tree.
#[must_use]
pub fn group(name: &str, inner: &str) -> String {
    let given = [("name", name), ("checked", "Qt::Checked"), ("expanded", "1")];
    element("layer-tree-group", &given, inner)
}

/// A layer as it stands in the tree.
#[must_use]
pub fn leaf(layer: &Layer) -> String {
    let checked = if layer.shown { "Qt::Checked" } else { "Qt::Unchecked" };
    let given = [
        ("id", layer.id.as_str()),
        ("name", layer.name.as_str()),
        ("providerKey", layer.provider),
        ("source", layer.source.as_str()),
        ("checked", checked),
        ("expanded", "0"),
    ];
    element("layer-tree-layer", &given, "") + "\n"
}

/// The layer of a collection, page by page as far as the map is looked at.
fn features(counter: &Counter<'_>, of: Collection, ink: &Ink, hues: &[usize]) -> Layer {
    let schema = counter.web.schemas.of(of, &counter.atlas);
    let pen = pen(&schema);
    let url = counter.href("", &[]).replace('\'', "%27");
    let source = format!(
        "pagingEnabled='true' restrictToRequestBBOX='1' typename='{}' url='{url}'",
        of.id()
    );
    let (renderer, words) = if of == Collection::Zones {
        (by_hue(&counter.atlas, hues, ink), zone_words(counter, ink))
    } else {
        (pen.map_or_else(String::new, |pen| plain(pen, colour(of, ink))), String::new())
    };
    let depth = match (of, pen) {
        (Collection::Incidents, _) => 0,
        (Collection::Zones, _) => 3,
        (_, Some(Pen::Point)) => 1,
        (_, Some(Pen::Line) | None) => 2,
        (_, Some(Pen::Area)) => 4,
    };
    let id = format!("zonewarden_{}", of.id());
    let name = counter.word(of.label()).to_owned();
    let mut given = vec![("type", "vector"), ("autoRefreshEnabled", "0")];
    given.push(("labelsEnabled", if words.is_empty() { "0" } else { "1" }));
    given.extend(pen.map(|pen| ("geometry", pen.geometry())));
    let inner = [
        head(&id, &source, &name, "OGC:CRS84"),
        element("provider", &[("encoding", "UTF-8")], "OAPIF"),
        renderer,
        words,
    ];
    Layer {
        map: element("maplayer", &given, &inner.concat()) + "\n",
        shown: count(&counter.atlas, of) <= MANY,
        id,
        name,
        provider: "OAPIF",
        source,
        depth,
    }
}

/// What every map layer begins with.
fn head(id: &str, source: &str, name: &str, crs: &str) -> String {
    let system = element("spatialrefsys", &[], &text("authid", crs));
    let system = element("srs", &[], &system);
    [text("id", id), text("datasource", source), text("layername", name), system].concat()
}

fn count(atlas: &Atlas, of: Collection) -> usize {
    match of {
        Collection::Facilities(kind) => {
            atlas.facilities().iter().filter(|facility| facility.kind == kind).count()
        }
        Collection::Zones
        | Collection::Units
        | Collection::Incidents
        | Collection::DraftZones(_)
        | Collection::DraftArcs(_) => 0,
    }
}

/// With what features of these geometries are drawn; `None` where they are of several dimensions.
fn pen(schema: &Schema) -> Option<Pen> {
    match schema.geometry {
        "geometry-point" | "geometry-multipoint" | "geometry-point-or-multipoint" => {
            Some(Pen::Point)
        }
        "geometry-linestring"
        | "geometry-multilinestring"
        | "geometry-linestring-or-multilinestring" => Some(Pen::Line),
        "geometry-polygon" | "geometry-multipolygon" | "geometry-polygon-or-multipolygon" => {
            Some(Pen::Area)
        }
        _ => None,
    }
}

/// The colour of a collection that has one.
fn colour(of: Collection, ink: &Ink) -> &'static str {
    let kind = match of {
        Collection::Facilities(FacilityKind::River) => return ink.water,
        Collection::Facilities(FacilityKind::Street | FacilityKind::Bridge) => {
            return ink.street_text;
        }
        Collection::Facilities(kind) => kind.code(),
        Collection::Units => return ink.text,
        Collection::Zones
        | Collection::Incidents
        | Collection::DraftZones(_)
        | Collection::DraftArcs(_) => return INCIDENT,
    };
    KINDS.iter().find(|(code, _)| *code == kind).map_or(OTHER_KIND, |(_, colour)| colour)
}

/// All in one colour.
fn plain(pen: Pen, colour: &str) -> String {
    let colour = if pen == Pen::Area { clear(colour) } else { colour.to_owned() };
    let symbols = element("symbols", &[], &symbol("0", pen, &colour));
    element("renderer-v2", &[("type", "singleSymbol"), ("enableorderby", "0")], &symbols)
}

/// Zones by the colours that tell neighbours apart. One that comes with a later plan is drawn in the last.
fn by_hue(atlas: &Atlas, hues: &[usize], ink: &Ink) -> String {
    let (mut categories, mut symbols) = (String::new(), String::new());
    for (n, colour) in ink.hues.iter().enumerate() {
        let name = n.to_string();
        let zones = atlas.zones().iter().zip(hues).filter(|(_, hue)| **hue == n);
        let values: String = zones
            .map(|(zone, _)| element("val", &[("type", "string"), ("value", zone.id.as_str())], ""))
            .collect();
        let given = [("symbol", name.as_str()), ("label", ""), ("render", "true")];
        if !values.is_empty() {
            categories += &element("category", &given, &values);
            symbols += &symbol(&name, Pen::Area, &clear(colour));
        }
    }
    let given =
        [("symbol", "later"), ("label", ""), ("render", "true"), ("type", "string"), ("value", "")];
    categories += &element("category", &given, "");
    symbols += &symbol("later", Pen::Area, &clear(OTHER_KIND));
    let inner = element("categories", &[], &categories) + &element("symbols", &[], &symbols);
    let given = [("type", "categorizedSymbol"), ("attr", ID), ("enableorderby", "0")];
    element("renderer-v2", &given, &inner)
}

/// The number of a zone and who leads it.
fn zone_words(counter: &Counter<'_>, ink: &Ink) -> String {
    let lead = counter.word(("lead_zh", "lead_en"));
    labels(&format!("\"number\" || '\\n' || coalesce(\"{lead}\", '')"), ink.text)
}

/// The same city as vector tiles, beneath all of it and not drawn at first: for far looks, and for many at once.
fn tiles(counter: &Counter<'_>, ink: &Ink) -> Layer {
    let root = counter.base.strip_suffix(ROOT).unwrap_or(&counter.base);
    let city = counter.given.iter().find(|(name, _)| name == "city");
    let query = city.map_or_else(String::new, |(_, city)| format!("?city={}", encoded(city)));
    let tiled = Tiled::City;
    let url = format!("{root}/tiles/{}/{{z}}/{{x}}/{{y}}.mvt{query}", tiled.code());
    let source = format!("type=xyz&url={}&zmax={}&zmin=0", encoded(&url), tiled.zoom_max());
    let id = "zonewarden_tiles".to_owned();
    let name = counter.word(("城市（矢量瓦片）", "City (vector tiles)")).to_owned();
    let mut styles = String::new();
    for (n, colour) in ink.hues.iter().enumerate() {
        let only = format!("\"colour\" = {n}");
        styles += &style(("zones", &only), Pen::Area, &clear(colour));
    }
    styles += &style(("streets", ""), Pen::Line, ink.street_text);
    for (kind, colour) in KINDS {
        styles += &style(("facilities", &format!("\"kind\" = '{kind}'")), Pen::Point, colour);
    }
    let styles = element("styles", &[], &styles);
    let inner = [
        head(&id, &source, &name, "EPSG:3857"),
        text("provider", "vectortile"),
        element("renderer", &[("type", "basic")], &styles),
    ];
    Layer {
        map: element("maplayer", &[("type", "vector-tile")], &inner.concat()) + "\n",
        shown: false,
        depth: 5,
        provider: "vectortile",
        id,
        name,
        source,
    }
}

/// How features of a tile's layer are drawn, where an expression holds.
fn style((layer, only): (&str, &str), pen: Pen, colour: &str) -> String {
    let given = [
        ("name", layer),
        ("layer", layer),
        ("expression", only),
        ("geometry", pen.number()),
        ("enabled", "1"),
        ("min-zoom", "-1"),
        ("max-zoom", "-1"),
    ];
    element("style", &given, &element("symbols", &[], &symbol("0", pen, colour)))
}
