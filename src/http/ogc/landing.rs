//! Where everything begins, and what this service conforms to.

use axum::response::Response;
use serde_json::{Value, json};

use crate::http::ogc::collections::TILESETS;
use crate::http::ogc::counter::{Counter, JSON, Link};
use crate::http::ogc::error::Wrong;
use crate::http::ogc::{project, qgis};

/// The media type of the OpenAPI document, exactly as clients look for it.
pub const OPENAPI: &str = "application/vnd.oai.openapi+json;version=3.0";

/// The relation of links to the squares in which tiles are counted.
const TILING_SCHEMES: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes";

const CONFORMANCE: [&str; 37] = [
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/create-replace-delete",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/update",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/features",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/schemas",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/core-roles-features",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/advanced-property-roles",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-common-3/1.0/conf/schemas",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/accent-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions-plus",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/temporal-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/property-property",
    "http://www.opengis.net/spec/cql2/1.0/conf/arithmetic",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
];

/// What the service is and where to go on.
pub(crate) fn landing(mut counter: Counter<'_>) -> Result<Response, Wrong> {
    counter.finish()?;
    let name = counter.language.name(&counter.atlas.city().names).to_owned();
    let title = counter.word(("责任区地图服务", "Responsibility zones for maps"));
    let title = format!("{name} · {title}");
    let told = counter.word((
        "责任区、责任单位、设施与案件，按 OGC API – Features 提供",
        "Zones, units, facilities and incidents as OGC API – Features",
    ));
    let mut links = counter.own_links("/", JSON);
    let more = [
        ("service-desc", OPENAPI, "/api", "f", "json", ("接口定义", "The definition of the API")),
        ("service-doc", "text/html", "/api", "f", "html", ("接口说明", "The API for people")),
        ("conformance", JSON, "/conformance", "", "", ("符合性", "What it conforms to")),
        ("data", JSON, "/collections", "", "", ("数据集", "The collections")),
        ("related", qgis::MEDIA, qgis::PATH, "", "", ("QGIS 图层文件", "Layers for QGIS")),
        ("related", project::MEDIA, project::PATH, "", "", ("QGIS 工程文件", "A project of QGIS")),
    ];
    for (rel, media, path, name, value, words) in more {
        let query = [(name, value)];
        let query = if name.is_empty() { &[][..] } else { &query[..] };
        let link = Link { rel, media, title: counter.word(words), href: counter.href(path, query) };
        links.push(link.value());
    }
    for (rel, path, words) in [
        (TILESETS, "/collections/city/tiles", ("全部图层的矢量瓦片", "Vector tiles of all layers")),
        (
            TILING_SCHEMES,
            "/tileMatrixSets",
            ("瓦片矩阵集", "The squares in which tiles are counted"),
        ),
    ] {
        let href = counter.bare_href(path);
        links.push(Link { rel, media: JSON, title: counter.word(words), href }.value());
    }
    let document = json!({ "title": title, "description": told, "links": links });
    Ok(counter.answer(&title, &document, JSON))
}

/// What it conforms to.
pub(crate) fn conformance(mut counter: Counter<'_>) -> Result<Response, Wrong> {
    counter.finish()?;
    let links: Vec<Value> = counter.own_links("/conformance", JSON);
    let document = json!({ "conformsTo": CONFORMANCE.as_slice(), "links": links });
    Ok(counter.answer(counter.word(("符合性", "Conformance")), &document, JSON))
}
