//! The layers of a style, from the ground up, in the language of `MapLibre`.

use serde_json::{Value, json};

use crate::http::language::Language;
use crate::http::tiles::palette::{Ink, KINDS, OTHER_KIND};

/// The one source that all layers draw from.
pub const SOURCE: &str = "city";

/// Drawn by the map itself, without a server of glyphs: any family that the machine has.
const FONT: [&str; 4] = ["Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "sans-serif"];
const FONT_BOLD: [&str; 3] = ["Noto Sans CJK SC Bold", "PingFang SC Bold", "Microsoft YaHei Bold"];
/// Kinds that lie beneath the zones, and are no dots.
const GROUND: [&str; 3] = ["block", "river", "community"];

/// Every layer.
#[must_use]
pub fn layers(ink: &Ink, language: Language) -> Vec<Value> {
    let mut all = beneath(ink);
    all.extend(zones(ink));
    all.extend(facilities(ink, language));
    all.extend(street_words(ink, language));
    all.extend(zone_words(ink, language));
    all
}

fn is_kind(kind: &str) -> Value {
    json!(["==", ["get", "kind"], kind])
}

fn is_type(kind: &str) -> Value {
    // Older maps tell features of several parts like those of one, newer ones by another name.
    json!(["in", ["geometry-type"], ["literal", [kind, format!("Multi{kind}")]]])
}

/// Wider the nearer one looks: pairs of zoom and width.
fn wide(stops: &[(f64, f64)]) -> Value {
    let mut all = vec![json!("interpolate"), json!(["exponential", 1.5]), json!(["zoom"])];
    all.extend(stops.iter().flat_map(|(zoom, width)| [json!(zoom), json!(width)]));
    Value::Array(all)
}

/// A name in the language, or in the other where there is none.
fn name(language: Language, [zh, en]: [&str; 2]) -> Value {
    let (first, second) = match language {
        Language::Zh => (zh, en),
        Language::En => (en, zh),
    };
    json!(["coalesce", ["get", first], ["get", second], ""])
}

fn beneath(ink: &Ink) -> Vec<Value> {
    let line = |id: &str, layer: &str, filter: Value, colour: &str, width: Value| {
        json!({
            "id": id, "type": "line", "source": SOURCE, "source-layer": layer, "filter": filter,
            "layout": { "line-cap": "round", "line-join": "round" },
            "paint": { "line-color": colour, "line-width": width },
        })
    };
    let area = |id: &str, kind: &str, colour: &str| {
        json!({
            "id": id, "type": "fill", "source": SOURCE, "source-layer": "facilities",
            "filter": ["all", is_kind(kind), is_type("Polygon")],
            "paint": { "fill-color": colour },
        })
    };
    let river = json!(["all", is_kind("river"), is_type("LineString")]);
    let street = || json!(["all", is_kind("street"), is_type("LineString")]);
    let bridge = json!(["all", is_kind("bridge"), is_type("LineString")]);
    let river_width = wide(&[(11.0, 3.0), (14.0, 7.0), (17.0, 14.0)]);
    let edge_width = wide(&[(11.0, 1.0), (14.0, 5.0), (17.0, 22.0)]);
    let street_width = wide(&[(11.0, 0.6), (14.0, 3.4), (17.0, 18.0)]);
    let bridge_width = wide(&[(11.0, 0.8), (14.0, 4.0), (17.0, 20.0)]);
    vec![
        json!({ "id": "ground", "type": "background", "paint": { "background-color": ink.ground } }),
        area("block", "block", ink.block),
        area("river-area", "river", ink.water),
        line("river", "facilities", river, ink.water, river_width),
        line("street-edge", "streets", street(), ink.street_edge, edge_width),
        line("street", "streets", street(), ink.street, street_width),
        line("bridge", "streets", bridge, ink.street, bridge_width),
    ]
}

fn zones(ink: &Ink) -> Vec<Value> {
    let mut colour = vec![json!("match"), json!(["get", "colour"])];
    for (number, hue) in ink.hues.iter().enumerate() {
        colour.extend([json!(number), json!(hue)]);
    }
    colour.push(json!(ink.hues[0]));
    let border = |id: &str, colour: &str, opacity: f64, width: Value| {
        json!({
            "id": id, "type": "line", "source": SOURCE, "source-layer": "zones",
            "layout": { "line-join": "round" },
            "paint": { "line-color": colour, "line-opacity": opacity, "line-width": width },
        })
    };
    vec![
        json!({
            "id": "zones", "type": "fill", "source": SOURCE, "source-layer": "zones",
            "paint": { "fill-color": colour, "fill-opacity": ink.fill },
        }),
        border("zone-border-edge", ink.border_edge, 0.35, wide(&[(11.0, 1.4), (16.0, 5.0)])),
        border("zone-border", ink.border, 1.0, wide(&[(11.0, 0.8), (16.0, 3.0)])),
    ]
}

fn facilities(ink: &Ink, language: Language) -> Vec<Value> {
    let mut colour = vec![json!("match"), json!(["get", "kind"])];
    colour.extend(KINDS.iter().flat_map(|(kind, colour)| [json!(kind), json!(colour)]));
    colour.push(json!(OTHER_KIND));
    let stands = json!(["!", ["in", ["get", "kind"], ["literal", GROUND]]]);
    let of = |kinds: Value| json!(["all", stands, kinds]);
    vec![
        json!({
            "id": "facility-areas", "type": "fill", "source": SOURCE, "source-layer": "facilities",
            "filter": of(is_type("Polygon")),
            "paint": { "fill-color": colour, "fill-opacity": 0.22 },
        }),
        json!({
            "id": "facility-lines", "type": "line", "source": SOURCE, "source-layer": "facilities",
            "filter": of(json!(["!", is_type("Point")])),
            "paint": { "line-color": colour, "line-width": 1.6, "line-dasharray": [3, 1.5] },
        }),
        json!({
            "id": "facilities", "type": "circle", "source": SOURCE, "source-layer": "facilities",
            "filter": of(is_type("Point")),
            "paint": {
                "circle-color": colour, "circle-stroke-color": ink.facility_edge,
                "circle-radius": wide(&[(11.0, 1.2), (13.0, 2.4), (15.0, 5.0), (18.0, 8.0)]),
                "circle-stroke-width": wide(&[(11.0, 0.2), (13.0, 0.7), (15.0, 1.5), (18.0, 2.0)]),
            },
        }),
        json!({
            "id": "facility-words", "type": "symbol", "source": SOURCE,
            "source-layer": "facilities", "minzoom": 15.6, "filter": of(is_type("Point")),
            "layout": {
                "text-field": name(language, ["name_zh", "name_en"]), "text-font": FONT,
                "text-size": 11, "text-anchor": "top", "text-offset": [0, 0.8],
                "text-max-width": 9, "text-optional": true,
            },
            "paint": text(ink.text, ink),
        }),
    ]
}

fn text(colour: &str, ink: &Ink) -> Value {
    json!({ "text-color": colour, "text-halo-color": ink.halo, "text-halo-width": 1.4 })
}

fn street_words(ink: &Ink, language: Language) -> Vec<Value> {
    let along = |id: &str, layer: &str, kind: &str, colour: &str, zoom: f64| {
        json!({
            "id": id, "type": "symbol", "source": SOURCE, "source-layer": layer, "minzoom": zoom,
            "filter": ["all", is_kind(kind), is_type("LineString")],
            "layout": {
                "symbol-placement": "line", "symbol-spacing": 420,
                "text-field": name(language, ["name_zh", "name_en"]), "text-font": FONT,
                "text-size": 12, "text-letter-spacing": 0.12,
            },
            "paint": text(colour, ink),
        })
    };
    vec![
        along("river-words", "facilities", "river", ink.water_text, 12.0),
        along("street-words", "streets", "street", ink.street_text, 13.0),
    ]
}

fn zone_words(ink: &Ink, language: Language) -> Vec<Value> {
    vec![
        json!({
            "id": "zone-leads", "type": "symbol", "source": SOURCE, "source-layer": "zone_labels",
            "minzoom": 12,
            "layout": {
                "text-field": name(language, ["lead_zh", "lead_en"]), "text-font": FONT,
                "text-max-width": 7.5, "text-anchor": "top", "text-offset": [0, 1.05],
                "text-size": ["interpolate", ["linear"], ["zoom"], 12, 9.5, 14, 12, 17, 14],
                "text-line-height": 1.15, "text-padding": 0,
            },
            "paint": text(ink.text, ink),
        }),
        json!({
            "id": "zone-words", "type": "symbol", "source": SOURCE, "source-layer": "zone_labels",
            "layout": {
                "text-field": ["to-string", ["get", "number"]], "text-font": FONT_BOLD,
                "text-padding": 1, "symbol-sort-key": ["get", "number"],
                "text-size": ["interpolate", ["linear"], ["zoom"], 11, 11, 14, 18, 17, 22],
            },
            "paint": text(ink.text, ink),
        }),
    ]
}
