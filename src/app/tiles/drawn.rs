//! An atlas as tiles: what is drawn of it, prepared once, and for each zoom when it is first asked for.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use geo::CoordsIter;
use geo_types::{Geometry, LineString, MultiPolygon};

use crate::app::tiles::collection::{
    COLOURS, Collection, FACILITIES, MANY, MANY_ZOOM_MIN, STREETS, ZONE_LABELS, ZONES,
};
use crate::domain::atlas::facility::{Facility, FacilityKind};
use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::zone::Zone;
use crate::domain::text::Names;
use crate::formats::mvt::layer::Layer;
use crate::formats::mvt::vocabulary::{Tag, Value, Vocabulary};
use crate::geom::coord::{GridPoint, step};
use crate::geom::coverage::build::build;
use crate::geom::coverage::build::settings::BuildSettings;
use crate::geom::coverage::map::Coverage;
use crate::geom::tile::area::rounded;
use crate::geom::tile::colour::colours;
use crate::geom::tile::grid::{Tile, Unit, World, ZOOM_MAX, ZOOMS};
use crate::geom::tile::label::label_point;
use crate::geom::tile::line;
use crate::geom::tile::partition::{self, TOLERANCE};
use crate::geom::tile::pins::Pins;
use crate::geom::tile::rings::unit;
use crate::geom::tile::sheet::{Shape, Sheet};

/// Kinds drawn as streets.
const STREET_KINDS: [FacilityKind; 2] = [FacilityKind::Street, FacilityKind::Bridge];

/// An atlas as tiles.
pub struct Drawn {
    atlas: Arc<Atlas>,
    words: Vocabulary,
    /// By the zone's place in the atlas.
    zone_tags: Vec<Vec<Tag>>,
    /// By the facility's.
    facility_tags: Vec<Vec<Tag>>,
    /// The zones as one partition; `None` when they are none.
    ground: Option<Coverage>,
    labels: Pins,
    /// Facilities that are points, of kinds with few and with many.
    few: Pins,
    many: Pins,
    /// Where streets meet: these vertices stay at every zoom.
    crossings: Vec<GridPoint>,
    zooms: [OnceLock<Sheets>; ZOOMS],
}

/// What has a length or an area, at one zoom.
struct Sheets {
    zones: Sheet,
    facilities: Sheet,
    streets: Sheet,
}

impl Drawn {
    /// Prepares an atlas.
    ///
    /// # Cost
    /// About that of building the zones' partition: a hundred thousand vertices take a tenth of a second.
    #[must_use]
    pub fn of(atlas: Arc<Atlas>) -> Self {
        let mut words = Vocabulary::default();
        let areas: Vec<&MultiPolygon<f64>> = atlas.zones().iter().map(|zone| &zone.area).collect();
        let hues = colours(&areas, COLOURS);
        let zone_tags = atlas
            .zones()
            .iter()
            .zip(hues)
            .map(|(zone, hue)| zone_tags(&mut words, &atlas, zone, hue))
            .collect();
        let facility_tags =
            atlas.facilities().iter().map(|it| facility_tags(&mut words, it)).collect();
        let labels =
            Pins::of((0..).zip(&areas).filter_map(|(n, area)| Some((n, label_point(area)?))));
        let mut counts: HashMap<FacilityKind, usize> = HashMap::new();
        for facility in atlas.facilities() {
            *counts.entry(facility.kind).or_default() += 1;
        }
        let is_many = |facility: &Facility| counts.get(&facility.kind).is_some_and(|n| *n > MANY);
        Self {
            words,
            zone_tags,
            facility_tags,
            ground: ground(&areas),
            labels,
            few: pins(atlas.facilities(), &|it| !is_many(it)),
            many: pins(atlas.facilities(), &is_many),
            crossings: crossings(atlas.facilities()),
            zooms: std::array::from_fn(|_| OnceLock::new()),
            atlas,
        }
    }

    /// A tile of a collection that is of the atlas; no bytes when nothing lies in it.
    ///
    /// # Cost
    /// The first tile of a zoom draws all of the zoom.
    #[must_use]
    pub fn tile(&self, collection: Collection, tile: Tile) -> Vec<u8> {
        let mut bytes = Vec::new();
        // A tile has no deeper zoom.
        let Some(held) = self.zooms.get(tile.zoom() as usize) else { return bytes };
        let sheets = held.get_or_init(|| self.draw(tile.zoom()));
        let (zones, facilities, streets) = match collection {
            Collection::Zones => (true, false, false),
            Collection::Facilities => (false, true, false),
            Collection::Streets => (false, false, true),
            Collection::City => (true, true, true),
            Collection::Incidents | Collection::Heat => (false, false, false),
        };
        if zones {
            let layer = Layer::new(ZONES.id, &self.words);
            shapes(layer, &self.zone_tags, &sheets.zones, tile).write_to(&mut bytes);
            let layer = Layer::new(ZONE_LABELS.id, &self.words);
            points(layer, &self.zone_tags, &self.labels, tile).write_to(&mut bytes);
        }
        if facilities {
            let layer = Layer::new(FACILITIES.id, &self.words);
            let layer = shapes(layer, &self.facility_tags, &sheets.facilities, tile);
            let mut layer = points(layer, &self.facility_tags, &self.few, tile);
            if tile.zoom() >= MANY_ZOOM_MIN {
                layer = points(layer, &self.facility_tags, &self.many, tile);
            }
            layer.write_to(&mut bytes);
        }
        if streets {
            let layer = Layer::new(STREETS.id, &self.words);
            shapes(layer, &self.facility_tags, &sheets.streets, tile).write_to(&mut bytes);
        }
        bytes
    }

    fn draw(&self, zoom: u32) -> Sheets {
        let count = self.atlas.zones().len();
        let areas = match &self.ground {
            Some(ground) => partition::faces(ground, count, zoom),
            None => self.atlas.zones().iter().map(|zone| rounded(&zone.area, zoom)).collect(),
        };
        let zones = (0..).zip(areas).map(|(n, area)| (n, Shape::Areas(area))).collect();
        let corners: HashSet<Unit> =
            self.crossings.iter().map(|p| World::of(*p).nearest(zoom)).collect();
        let drawn = |streets: bool| -> Vec<(u32, Shape)> {
            (0..)
                .zip(self.atlas.facilities())
                .filter(|(_, it)| STREET_KINDS.contains(&it.kind) == streets)
                .filter_map(|(n, it)| Some((n, shape(&it.geometry, zoom, &corners)?)))
                .filter(|(_, shape)| !shape.is_empty())
                .collect()
        };
        Sheets {
            zones: Sheet::of(zoom, zones),
            facilities: Sheet::of(zoom, drawn(false)),
            streets: Sheet::of(zoom, drawn(true)),
        }
    }
}

/// The zones as one partition.
fn ground(areas: &[&MultiPolygon<f64>]) -> Option<Coverage> {
    let built = build(areas, &BuildSettings::default()).ok()?;
    Coverage::from_sides(&built.sides).ok()
}

fn zone_tags(words: &mut Vocabulary, atlas: &Atlas, zone: &Zone, hue: usize) -> Vec<Tag> {
    let mut tags = vec![
        words.tag("id", Value::Text(zone.id.as_str())),
        words.tag("number", Value::Whole(i64::from(zone.number))),
    ];
    names(words, &mut tags, ["name_zh", "name_en"], &zone.names);
    tags.push(words.tag("lead", Value::Text(zone.lead.as_str())));
    if let Some(unit) = atlas.unit(&zone.lead) {
        names(words, &mut tags, ["lead_zh", "lead_en"], &unit.names);
    }
    tags.push(words.tag("colour", Value::Whole(i64::try_from(hue).unwrap_or(0))));
    tags
}

fn facility_tags(words: &mut Vocabulary, facility: &Facility) -> Vec<Tag> {
    let mut tags = vec![
        words.tag("id", Value::Text(facility.id.as_str())),
        words.tag("kind", Value::Text(facility.kind.code())),
    ];
    names(words, &mut tags, ["name_zh", "name_en"], &facility.names);
    if let Some(unit) = &facility.unit {
        tags.push(words.tag("unit", Value::Text(unit.as_str())));
    }
    tags
}

/// A name that is not there has no tag.
fn names(words: &mut Vocabulary, tags: &mut Vec<Tag>, keys: [&str; 2], names: &Names) {
    for (key, text) in keys.into_iter().zip([&names.zh, &names.en]) {
        if !text.is_empty() {
            tags.push(words.tag(key, Value::Text(text)));
        }
    }
}

/// What features of a layer are called: places in the atlas from 1 on.
fn id(item: u32) -> u64 {
    u64::from(item) + 1
}

fn of(tags: &[Vec<Tag>], item: u32) -> &[Tag] {
    tags.get(item as usize).map_or(&[], Vec::as_slice)
}

fn shapes<'a>(mut layer: Layer<'a>, tags: &[Vec<Tag>], sheet: &Sheet, tile: Tile) -> Layer<'a> {
    for (item, shape) in sheet.in_tile(tile) {
        match shape {
            Shape::Lines(lines) => layer.lines(id(item), of(tags, item), &lines),
            Shape::Areas(polygons) => layer.polygons(id(item), of(tags, item), &polygons),
        }
    }
    layer
}

fn points<'a>(mut layer: Layer<'a>, tags: &[Vec<Tag>], pins: &Pins, tile: Tile) -> Layer<'a> {
    for (item, at) in pins.in_tile(tile) {
        layer.point(id(item), of(tags, item), at);
    }
    layer
}

/// The facilities that are points and of which `wanted` says so.
fn pins(facilities: &[Facility], wanted: &dyn Fn(&Facility) -> bool) -> Pins {
    let of_points = (0..).zip(facilities).filter(|(_, it)| wanted(it)).flat_map(|(n, it)| {
        let is_points = matches!(it.geometry, Geometry::Point(_) | Geometry::MultiPoint(_));
        let places = it.geometry.coords_iter().filter(move |_| is_points);
        places.map(move |c| (n, GridPoint { x: step(c.x), y: step(c.y) }))
    });
    Pins::of(of_points)
}

/// Vertices that more than one street has, or one twice.
fn crossings(facilities: &[Facility]) -> Vec<GridPoint> {
    let mut count: BTreeMap<GridPoint, u32> = BTreeMap::new();
    for facility in facilities.iter().filter(|it| STREET_KINDS.contains(&it.kind)) {
        for c in facility.geometry.coords_iter() {
            *count.entry(GridPoint { x: step(c.x), y: step(c.y) }).or_default() += 1;
        }
    }
    count.into_iter().filter(|(_, count)| *count > 1).map(|(at, _)| at).collect()
}

/// A geometry in the units of a zoom; `None` for points.
fn shape(geometry: &Geometry<f64>, zoom: u32, corners: &HashSet<Unit>) -> Option<Shape> {
    let tolerance = if zoom < ZOOM_MAX { TOLERANCE } else { 0.0 };
    let lines = |lines: &[LineString<f64>]| {
        let drawn = lines.iter().map(|line| {
            let units: Vec<Unit> = line.0.iter().map(|c| unit(*c, zoom)).collect();
            line::thinned(&units, tolerance, &|p| corners.contains(&p))
        });
        Shape::Lines(drawn.filter(|line| !line.is_empty()).collect())
    };
    let areas = |polygons: MultiPolygon<f64>| Shape::Areas(rounded(&polygons, zoom));
    Some(match geometry {
        Geometry::Line(it) => lines(&[LineString(vec![it.start, it.end])]),
        Geometry::LineString(it) => lines(std::slice::from_ref(it)),
        Geometry::MultiLineString(it) => lines(&it.0),
        Geometry::Polygon(it) => areas(MultiPolygon(vec![it.clone()])),
        Geometry::MultiPolygon(it) => Shape::Areas(rounded(it, zoom)),
        Geometry::Rect(it) => areas(MultiPolygon(vec![it.to_polygon()])),
        Geometry::Triangle(it) => areas(MultiPolygon(vec![it.to_polygon()])),
        Geometry::Point(_) | Geometry::MultiPoint(_) | Geometry::GeometryCollection(_) => {
            return None;
        }
    })
}
