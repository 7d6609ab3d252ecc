//! What is known of the features of a collection: their properties and the type of their geometry.

use std::collections::BTreeMap;

use geo::BoundingRect;
use geo_types::{Coord, Geometry};

use crate::domain::atlas::facility::{Facility, FacilityKind};
use crate::domain::atlas::in_force::Atlas;
use crate::domain::ogc::collection::Collection;
use crate::domain::text::Attributes;
use crate::geom::coord::{GridBox, GridPoint, step};

/// What the geometry is called where properties are named.
pub const GEOMETRY: &str = "geometry";
/// Most further facts that become properties; what a source names beyond them is left out.
pub const FACTS_MAX: usize = 64;
/// Longest name of one, in characters.
const FACT_CHARS_MAX: usize = 64;

/// What a property holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// An instant.
    Time,
}

impl Kind {
    /// Its type in JSON Schema.
    #[must_use]
    pub fn json_type(self) -> &'static str {
        match self {
            Self::Text | Self::Time => "string",
            Self::Whole => "integer",
            Self::Number => "number",
            Self::Flag => "boolean",
        }
    }
}

/// A property of every feature of a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Its title in Chinese.
    pub zh: String,
    /// Its title in English.
    pub en: String,
}

/// What is known of the features of a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Which collection.
    pub collection: Collection,
    /// The type of their geometry, as OGC API – Features, part 5 names it: `geometry-point` …
    pub geometry: &'static str,
    /// Around all of them; `None` where there is none with a place.
    pub extent: Option<GridBox>,
    /// Their properties: what is known of all of them, then what their sources add, by name.
    pub fields: Vec<Field>,
    /// How many of them are known of all.
    pub known: usize,
}

type Row = (&'static str, Kind, &'static str, &'static str);

/// The property that names a feature.
pub const ID: &str = "code";
/// The property by which `datetime` finds incidents.
pub const INSTANT: &str = "opened_at";

const NAMES: [Row; 3] = [
    (ID, Kind::Text, "编码", "Code"),
    ("name_zh", Kind::Text, "中文名称", "Chinese name"),
    ("name_en", Kind::Text, "英文名称", "English name"),
];

const ZONE: [Row; 7] = [
    ("number", Kind::Whole, "编号", "Number on the map"),
    ("lead", Kind::Text, "责任单位编码", "Lead unit's code"),
    ("lead_zh", Kind::Text, "责任单位", "Lead unit (Chinese)"),
    ("lead_en", Kind::Text, "责任单位（英文）", "Lead unit (English)"),
    ("co", Kind::Text, "协同单位编码", "Codes of units beside the lead"),
    ("plan_version", Kind::Whole, "方案版本", "Version of the plan"),
    ("effective_from", Kind::Time, "方案生效时间", "In force from"),
];

const DRAFT_ZONE: [Row; 6] = [
    ("number", Kind::Whole, "编号", "Number on the map"),
    ("lead", Kind::Text, "责任单位编码", "Lead unit's code"),
    ("lead_zh", Kind::Text, "责任单位", "Lead unit (Chinese)"),
    ("lead_en", Kind::Text, "责任单位（英文）", "Lead unit (English)"),
    ("co", Kind::Text, "协同单位编码", "Codes of units beside the lead"),
    ("locked", Kind::Flag, "边界已锁定", "Whether its area is locked"),
];

const ARC: [Row; 4] = [
    (ID, Kind::Text, "编码", "Code"),
    ("left", Kind::Text, "左侧责任区编码", "Zone on its left"),
    ("right", Kind::Text, "右侧责任区编码", "Zone on its right"),
    ("length_m", Kind::Number, "长度（米）", "Length (m)"),
];

const UNIT: [Row; 3] = [
    ("kind", Kind::Text, "单位性质", "Sort of body"),
    ("capacity", Kind::Whole, "可派人员", "Staff it can send out"),
    ("office_hours", Kind::Text, "工作时间", "Office hours"),
];

const FACILITY: [Row; 4] = [
    ("kind", Kind::Text, "类别", "Kind"),
    ("unit", Kind::Text, "责任单位编码", "Unit's code"),
    ("unit_zh", Kind::Text, "责任单位", "Unit (Chinese)"),
    ("unit_en", Kind::Text, "责任单位（英文）", "Unit (English)"),
];

const INCIDENT: [Row; 22] = [
    (ID, Kind::Text, "案件号", "Incident's id"),
    ("stage", Kind::Text, "阶段编码", "Stage"),
    ("stage_zh", Kind::Text, "阶段", "Stage (Chinese)"),
    ("category", Kind::Text, "类别编码", "Category's code"),
    ("category_zh", Kind::Text, "类别", "Category (Chinese)"),
    ("category_en", Kind::Text, "类别（英文）", "Category (English)"),
    ("zone", Kind::Text, "责任区编码", "Zone's code"),
    ("unit", Kind::Text, "责任单位编码", "Unit's code"),
    ("unit_zh", Kind::Text, "责任单位", "Unit (Chinese)"),
    ("unit_en", Kind::Text, "责任单位（英文）", "Unit (English)"),
    ("co", Kind::Text, "协同单位编码", "Codes of units beside the lead"),
    ("routed_unit", Kind::Text, "规则指定单位", "Unit that the rules named"),
    ("for_dispatcher", Kind::Flag, "待派遣员决定", "Waits for a dispatcher"),
    (INSTANT, Kind::Time, "立案登记时间", "Opened at"),
    ("happened_at", Kind::Time, "发生时间", "Happened at"),
    ("stage_since", Kind::Time, "进入阶段时间", "At this stage since"),
    ("last_at", Kind::Time, "最近处理时间", "Last step at"),
    ("due_at", Kind::Time, "时限", "Due at"),
    ("supporters", Kind::Whole, "举报数", "Reports behind it"),
    ("source", Kind::Text, "来源", "Source"),
    ("revision", Kind::Whole, "修订号", "Revision"),
    ("merged_into", Kind::Text, "并入案件", "Merged into"),
];

impl Schema {
    /// What the atlas knows of a collection. Looks through all of its features; for those of a draft through the
    /// zones in force, which it was made of.
    #[must_use]
    pub fn of(collection: Collection, atlas: &Atlas) -> Self {
        let geometry = match collection {
            Collection::Zones | Collection::DraftZones(_) => "geometry-multipolygon",
            Collection::Units | Collection::Incidents => "geometry-point",
            Collection::DraftArcs(_) => "geometry-linestring",
            Collection::Facilities(kind) => geometry_type(atlas, kind),
        };
        let fields = match collection {
            Collection::Zones => rows(&[&NAMES, &ZONE]),
            Collection::Units => rows(&[&NAMES, &UNIT]),
            Collection::DraftZones(_) => rows(&[&NAMES, &DRAFT_ZONE]),
            Collection::DraftArcs(_) => rows(&[&ARC]),
            Collection::Incidents => rows(&[&INCIDENT]),
            Collection::Facilities(_) => rows(&[&NAMES, &FACILITY]),
        };
        let known = fields.len();
        let fields = match collection {
            Collection::Zones | Collection::DraftZones(_) => {
                with_facts(fields, atlas.zones().iter().map(|zone| &zone.attributes))
            }
            Collection::Units => {
                with_facts(fields, atlas.units().iter().map(|unit| &unit.attributes))
            }
            Collection::Facilities(kind) => {
                with_facts(fields, of_kind(atlas, kind).map(|f| &f.attributes))
            }
            Collection::DraftArcs(_) | Collection::Incidents => fields,
        };
        Self { collection, geometry, extent: extent(collection, atlas), fields, known }
    }

    /// The property with this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

fn rows(tables: &[&[Row]]) -> Vec<Field> {
    let field = |(name, kind, zh, en): &Row| Field {
        name: (*name).to_owned(),
        kind: *kind,
        zh: (*zh).to_owned(),
        en: (*en).to_owned(),
    };
    tables.iter().flat_map(|table| table.iter().map(field)).collect()
}

/// The fields, and one for each further fact that any of the features has.
fn with_facts<'a>(
    mut fields: Vec<Field>,
    facts: impl Iterator<Item = &'a Attributes>,
) -> Vec<Field> {
    let mut kinds: BTreeMap<&str, Option<Kind>> = BTreeMap::new();
    for (name, value) in facts.flatten() {
        let kind = kind_of(value);
        if let Some(known) = kinds.get_mut(name.as_str()) {
            *known = common(*known, kind);
        } else if kinds.len() < FACTS_MAX && is_fact(name, &fields) {
            kinds.insert(name, kind);
        }
    }
    fields.extend(kinds.into_iter().map(|(name, kind)| Field {
        name: name.to_owned(),
        kind: kind.unwrap_or(Kind::Text),
        zh: name.to_owned(),
        en: name.to_owned(),
    }));
    fields
}

/// Whether a fact can stand beside what is known of all features.
fn is_fact(name: &str, fields: &[Field]) -> bool {
    !name.is_empty()
        && name.chars().count() <= FACT_CHARS_MAX
        && !name.chars().any(char::is_control)
        && name != GEOMETRY
        && fields.iter().all(|field| field.name != name)
}

/// What a fact holds; `None` of null.
fn kind_of(value: &serde_json::Value) -> Option<Kind> {
    match value {
        serde_json::Value::Null => None,
        serde_json::Value::Bool(_) => Some(Kind::Flag),
        serde_json::Value::Number(number) if number.is_i64() => Some(Kind::Whole),
        serde_json::Value::Number(_) => Some(Kind::Number),
        _ => Some(Kind::Text),
    }
}

/// What holds both.
fn common(a: Option<Kind>, b: Option<Kind>) -> Option<Kind> {
    match (a, b) {
        (None, one) | (one, None) => one,
        (Some(a), Some(b)) if a == b => Some(a),
        (Some(Kind::Whole | Kind::Number), Some(Kind::Whole | Kind::Number)) => Some(Kind::Number),
        _ => Some(Kind::Text),
    }
}

/// Around all features of a collection. Incidents lie where the zones do, and so do drafts.
fn extent(collection: Collection, atlas: &Atlas) -> Option<GridBox> {
    let of_point = |at: GridPoint| GridBox { min: at, max: at };
    match collection {
        Collection::Zones
        | Collection::Incidents
        | Collection::DraftZones(_)
        | Collection::DraftArcs(_) => atlas.areas().extent(),
        Collection::Units => {
            let seats = atlas.units().iter().filter_map(|unit| unit.seat);
            seats.map(of_point).reduce(GridBox::with)
        }
        Collection::Facilities(kind) => {
            let corner = |c: Coord<f64>| GridPoint { x: step(c.x), y: step(c.y) };
            let all = of_kind(atlas, kind);
            let boxes = all.filter_map(|facility| facility.geometry.bounding_rect());
            boxes
                .map(|rect| GridBox { min: corner(rect.min()), max: corner(rect.max()) })
                .reduce(GridBox::with)
        }
    }
}

fn of_kind(atlas: &Atlas, kind: FacilityKind) -> impl Iterator<Item = &Facility> {
    atlas.of_kind(kind).iter().filter_map(|number| atlas.facilities().get(*number as usize))
}

/// The narrowest name for all geometries of a kind.
fn geometry_type(atlas: &Atlas, kind: FacilityKind) -> &'static str {
    let (mut single, mut several) = ([false; 3], [false; 3]);
    for facility in of_kind(atlas, kind) {
        match &facility.geometry {
            Geometry::Point(_) => single[0] = true,
            Geometry::MultiPoint(_) => several[0] = true,
            Geometry::Line(_) | Geometry::LineString(_) => single[1] = true,
            Geometry::MultiLineString(_) => several[1] = true,
            Geometry::Polygon(_) | Geometry::Rect(_) | Geometry::Triangle(_) => single[2] = true,
            Geometry::MultiPolygon(_) => several[2] = true,
            Geometry::GeometryCollection(_) => return "geometry-any",
        }
    }
    match (single, several) {
        ([true, false, false], [false, false, false]) => "geometry-point",
        ([false, false, false], [true, false, false]) => "geometry-multipoint",
        ([true, false, false], [true, false, false]) => "geometry-point-or-multipoint",
        ([false, true, false], [false, false, false]) => "geometry-linestring",
        ([false, false, false], [false, true, false]) => "geometry-multilinestring",
        ([false, true, false], [false, true, false]) => "geometry-linestring-or-multilinestring",
        ([false, false, true], [false, false, false]) => "geometry-polygon",
        ([false, false, false], [false, false, true]) => "geometry-multipolygon",
        ([false, false, true], [false, false, true]) => "geometry-polygon-or-multipolygon",
        _ => "geometry-any",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn facts(rows: &[serde_json::Value]) -> Vec<(String, Kind)> {
        let rows: Vec<Attributes> =
            rows.iter().map(|row| serde_json::from_value(row.clone()).unwrap()).collect();
        let fields = with_facts(rows_of_names(), rows.iter());
        fields.into_iter().skip(3).map(|field| (field.name, field.kind)).collect()
    }

    fn rows_of_names() -> Vec<Field> {
        rows(&[&NAMES])
    }

    #[test]
    fn what_sources_add_becomes_properties_of_the_narrowest_kind_that_holds_all() {
        let found = facts(&[
            json!({ "pupils": 12, "grade": "A", "open": true, "mixed": 1, "none": null }),
            json!({ "pupils": 1.5, "mixed": "x", "code": "not ours", "geometry": 1, "": 2 }),
        ]);
        let named = |name: &str, kind| (name.to_owned(), kind);
        assert_eq!(
            found,
            [
                named("grade", Kind::Text),
                named("mixed", Kind::Text),
                named("none", Kind::Text),
                named("open", Kind::Flag),
                named("pupils", Kind::Number),
            ]
        );
    }

    #[test]
    fn no_more_facts_than_the_limit_become_properties() {
        let rows: Vec<serde_json::Value> =
            (0..FACTS_MAX + 9).map(|n| json!({ (format!("fact{n}")): n })).collect();
        assert_eq!(facts(&rows).len(), FACTS_MAX);
    }

    #[test]
    fn the_names_of_properties_are_unique() {
        for tables in [
            rows(&[&NAMES, &ZONE]),
            rows(&[&NAMES, &UNIT]),
            rows(&[&INCIDENT]),
            rows(&[&NAMES, &DRAFT_ZONE]),
            rows(&[&ARC]),
        ] {
            let names: std::collections::BTreeSet<&str> =
                tables.iter().map(|field| field.name.as_str()).collect();
            assert_eq!(names.len(), tables.len());
        }
    }
}
