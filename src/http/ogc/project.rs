//! The collections as a project of QGIS: opened there, it is the map of the page, with the city in sight.

use axum::http::{HeaderValue, header};
use axum::response::Response;
use geo_types::Coord;

use crate::geom::project::web_mercator;
use crate::http::etag;
use crate::http::ogc::counter::Counter;
use crate::http::ogc::error::Wrong;
use crate::http::ogc::qgis::{Layer, group, hues, layers, leaf};
use crate::http::ogc::symbols::{element, text};
use crate::http::tiles::answer::bounds;

/// Where it lies, behind the root.
pub const PATH: &str = "/zonewarden.qgs";
/// Its media type.
pub const MEDIA: &str = "application/x-qgis-project";
/// What a browser saves it as.
const SAVED: &str = "attachment; filename=\"zonewarden.qgs\"";
/// The version of QGIS that it is written for; later ones read it too.
const VERSION: &str = "3.22.0";
/// The coordinate system that it is drawn in: that of web maps, in metres, in which tiles need not be bent.
const DRAWN_IN: &str = "EPSG:3857";
/// The same in the words of PROJ: by its name alone QGIS does not take it up as a project's.
const PROJ: &str = "+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m \
     +nadgrids=@null +wktext +no_defs";
/// The groups of the tree, by the depth of their layers.
const GROUPS: [(&str, &str); 6] = [
    ("案件", "Incidents"),
    ("单位与点状设施", "Units and places"),
    ("街道与其他设施", "Streets and others"),
    ("责任区划", "Zones"),
    ("面状设施", "Areas"),
    ("底图", "Background"),
];

/// The project.
///
/// # Errors
/// A parameter that is not known; no place for heavy work.
pub(crate) async fn project(mut counter: Counter<'_>) -> Result<Response, Wrong> {
    counter.finish()?;
    let hues = hues(&counter).await?;
    let tag = counter.tag(&counter.atlas);
    let write = || document(&counter, &layers(&counter, &hues));
    let mut response = etag::tagged(counter.headers, &tag, MEDIA, write);
    response.headers_mut().insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(SAVED));
    Ok(counter.dressed(response))
}

fn document(counter: &Counter<'_>, layers: &[Layer]) -> String {
    let title = counter.language.name(&counter.atlas.city().names);
    let tree: String = (0..)
        .zip(GROUPS)
        .map(|(depth, words)| {
            let leaves: String = layers.iter().filter(|it| it.depth == depth).map(leaf).collect();
            if leaves.is_empty() { leaves } else { group(counter.word(words), &leaves) + "\n" }
        })
        .collect();
    let maps: String = layers.iter().map(|layer| layer.map.as_str()).collect();
    let system = [text("proj4", PROJ), text("authid", DRAWN_IN)].concat();
    let system = element("spatialrefsys", &[], &system);
    let sides = sides(counter).map(|side| format!("{side:.3}"));
    let names = ["xmin", "ymin", "xmax", "ymax"];
    let extent: String = names.iter().zip(&sides).map(|(name, side)| text(name, side)).collect();
    let view: Vec<(&str, &str)> = names.into_iter().zip(sides.iter().map(String::as_str)).collect();
    let canvas = [
        text("units", "meters"),
        element("extent", &[], &extent),
        text("rotation", "0"),
        element("destinationsrs", &[], &system),
    ];
    let settings = element("DefaultViewExtent", &view, &system);
    // Without this QGIS does not look at the coordinate system at all.
    let enabled = element("ProjectionsEnabled", &[("type", "int")], "1");
    let properties = element("SpatialRefSys", &[], &enabled);
    let inner = [
        text("title", title),
        element("projectCrs", &[], &system),
        element("layer-tree-group", &[], &tree),
        element("mapcanvas", &[("name", "theMapCanvas")], &canvas.concat()),
        element("projectlayers", &[], &maps),
        element("ProjectViewSettings", &[("UseProjectScales", "0")], &settings),
        element("properties", &[], &properties),
    ];
    let whole = element("qgis", &[("projectname", title), ("version", VERSION)], &inner.join("\n"));
    format!("<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{whole}\n")
}

/// West, south, east and north of the city, in metres.
fn sides(counter: &Counter<'_>) -> [f64; 4] {
    let [west, south, east, north] = bounds(&counter.atlas);
    let [left, below] = web_mercator(Coord { x: west, y: south });
    let [right, above] = web_mercator(Coord { x: east, y: north });
    [left, below, right, above]
}
