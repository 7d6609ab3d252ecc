//! The definition of the API: `OpenAPI` 3.0.3, built from the collections that the caller may see. Clients of
//! this standard read no later version, and look for paths of concrete collections.

use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::domain::accounts::Operation;
use crate::domain::ogc::collection::Collection;
use crate::domain::ogc::schema::Schema;
use crate::geom::crs::wire::WireCrs;
use crate::http::ogc::collections::{GEOJSON, is_tiled, of_drafts, visible};
use crate::http::ogc::counter::{Counter, JSON, SCHEMA};
use crate::http::ogc::error::Wrong;
use crate::http::ogc::landing::OPENAPI;
use crate::http::ogc::schemas::{Which, property};
use crate::http::ogc::wish::{PAGE_DEFAULT, PAGE_MAX, RESERVED};
use crate::http::ogc::{project, qgis};
use crate::http::problem::MEDIA_TYPE;

/// The media type of tiles.
const MVT: &str = "application/vnd.mapbox-vector-tile";

/// The document.
pub(crate) async fn described(mut counter: Counter<'_>) -> Result<Response, Wrong> {
    counter.finish()?;
    let mut paths = Map::new();
    let fixed = [
        ("/", "getLandingPage", JSON, ("首页", "Where everything begins")),
        ("/conformance", "getConformance", JSON, ("符合性", "What it conforms to")),
        ("/api", "getApi", OPENAPI, ("本文档", "This document")),
        ("/collections", "getCollections", JSON, ("数据集", "The collections")),
    ];
    for (path, id, media, words) in fixed {
        let get = operation(id, counter.word(words), &common(&[]), media, false);
        paths.insert(path.to_owned(), json!({ "get": get }));
    }
    let files = [
        (qgis::PATH, "getLayers", qgis::MEDIA, ("QGIS 图层文件", "Layers for QGIS")),
        (project::PATH, "getProject", project::MEDIA, ("QGIS 工程文件", "A project of QGIS")),
    ];
    for (path, id, media, words) in files {
        let mut get = operation(id, counter.word(words), &common(&[]), media, false);
        // It has one form, whatever is preferred.
        let whole = json!({ "schema": { "type": "string" } });
        get["responses"]["200"]["content"] = json!({ (media): whole });
        paths.insert(path.to_owned(), json!({ "get": get }));
    }
    of_squares(&mut paths, &counter);
    let of_drafts = of_drafts(&counter).await?;
    let in_force = visible(&counter).map(|one| (one, counter.title(one)));
    for (collection, title) in in_force.chain(of_drafts) {
        let schema = counter.web.schemas.of(collection, &counter.atlas);
        of_collection(&mut paths, &counter, (collection, &title), &schema);
    }
    let title = counter.word(("责任区地图服务", "Responsibility zones for maps"));
    let document = json!({
        "openapi": "3.0.3",
        "info": {
            "title": title,
            "version": env!("CARGO_PKG_VERSION"),
            "description": counter.word((
                "OGC API – Features 第 1 至 5 部分，OGC API – Tiles 第 1 部分",
                "OGC API – Features, parts 1 to 5, and OGC API – Tiles, part 1",
            )),
        },
        "servers": [{ "url": counter.base }],
        "paths": paths,
        "components": components(&counter),
        "security": [{}, { "bearer": [] }, { "header": [] }],
    });
    if counter.caller.may(Operation::ListDrafts) {
        return Ok(counter.fresh(title, &document, OPENAPI));
    }
    Ok(counter.answer(title, &document, OPENAPI))
}

/// References to what every place takes, and some more.
fn common(more: &[&str]) -> Vec<Value> {
    let names = more.iter().chain(&["f", "lang", "city"]);
    names.map(|name| json!({ "$ref": format!("#/components/parameters/{name}") })).collect()
}

fn operation(id: &str, summary: &str, parameters: &[Value], media: &str, found: bool) -> Value {
    let shape = match media {
        GEOJSON if found => json!({ "$ref": "#/components/schemas/FeatureCollection" }),
        GEOJSON => json!({ "$ref": "#/components/schemas/Feature" }),
        _ => json!({ "type": "object" }),
    };
    let mut content = Map::new();
    content.insert(media.to_owned(), json!({ "schema": shape }));
    content.insert("text/html".to_owned(), json!({ "schema": { "type": "string" } }));
    let faulty = |words: &str| {
        let content = json!({ MEDIA_TYPE: { "schema": { "type": "object" } } });
        json!({ "description": words, "content": content })
    };
    json!({
        "operationId": id,
        "summary": summary,
        "parameters": parameters,
        "responses": {
            "200": { "description": summary, "content": content },
            "304": { "description": "What the caller has" },
            "400": faulty("Every fault of the parameters"),
            "401": faulty("The key opens nothing"),
            "404": faulty("Nothing here, or nothing that the key opens"),
            "503": faulty("Busy or not ready"),
        },
    })
}

fn of_collection(
    paths: &mut Map<String, Value>,
    counter: &Counter<'_>,
    (collection, title): (Collection, &str),
    schema: &Schema,
) {
    let id = collection.id();
    let path = format!("/collections/{id}");
    let mut put = |end: &str, name: &str, parameters: &[Value], media: &str, found: bool| {
        let name = format!("{id}.{name}");
        let mut get = operation(&name, title, parameters, media, found);
        get["tags"] = json!([title]);
        paths.insert(format!("{path}{end}"), json!({ "get": get }));
    };
    put("", "describe", &common(&[]), JSON, false);
    let taken = ["limit", "after", "bbox", "bbox-crs", "datetime", "crs"];
    let filters = ["filter", "filter-lang", "filter-crs"];
    let mut parameters = common(&[&taken[..], &filters[..]].concat());
    let queryable = schema.fields.iter().filter(|field| !RESERVED.contains(&field.name.as_str()));
    parameters.extend(queryable.map(|field| {
        json!({
            "name": field.name,
            "in": "query",
            "required": false,
            "schema": property(field, counter.language),
            "style": "form",
            "explode": false,
        })
    }));
    put("/items", "items", &parameters, GEOJSON, true);
    let one = common(&["featureId", "datetime", "crs"]);
    put("/items/{featureId}", "item", &one, GEOJSON, false);
    for which in [Which::Queryables, Which::Schema, Which::Feature] {
        put(&format!("/{}", which.path()), which.path(), &common(&[]), SCHEMA, false);
    }
    if is_tiled(collection) {
        of_tiles(paths, &path, (&*id, title));
    }
    let may = |operation| counter.caller.may(operation);
    match collection {
        Collection::Facilities(_) if may(Operation::EditFacilities) => {
            editing(paths, &path, (&*id, title), &[]);
        }
        Collection::DraftZones(_) if may(Operation::ActOnDraft) => {
            editing(paths, &path, (&*id, title), &[]);
        }
        // Borders come and go with zones.
        Collection::DraftArcs(_) if may(Operation::ActOnDraft) => {
            editing(paths, &path, (&*id, title), &["post", "delete"]);
        }
        _ => {}
    }
}

/// The tiles of a collection, and what describes them.
fn of_tiles(paths: &mut Map<String, Value>, path: &str, (id, title): (&str, &str)) {
    let number = |name: &str| {
        let schema = json!({ "type": "integer", "minimum": 0 });
        json!({ "name": name, "in": "path", "required": true, "schema": schema })
    };
    let zoom = json!({
        "name": "tileMatrix", "in": "path", "required": true, "schema": { "type": "string" },
    });
    let numbers = vec![matrix_set(), zoom, number("tileRow"), number("tileCol")];
    for (end, name, media, parameters) in [
        ("", "getTileSetsList", JSON, Vec::new()),
        ("/{tileMatrixSetId}", "getTileSet", JSON, vec![matrix_set()]),
        ("/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}", "getTile", MVT, numbers),
    ] {
        let id = format!("{id}.collection.vector.{name}");
        let mut get = bare_operation(&id, title, parameters, media);
        get["tags"] = json!([title]);
        paths.insert(format!("{path}/tiles{end}"), json!({ "get": get }));
    }
}

/// The squares in which tiles are counted.
fn of_squares(paths: &mut Map<String, Value>, counter: &Counter<'_>) {
    let title = counter.word(("瓦片矩阵集", "The squares in which tiles are counted"));
    for (path, id, parameters) in [
        ("/tileMatrixSets", "getTileMatrixSetsList", Vec::new()),
        ("/tileMatrixSets/{tileMatrixSetId}", "getTileMatrixSet", vec![matrix_set()]),
    ] {
        let get = bare_operation(id, title, parameters, JSON);
        paths.insert(path.to_owned(), json!({ "get": get }));
    }
}

fn matrix_set() -> Value {
    json!({
        "name": "tileMatrixSetId", "in": "path", "required": true,
        "schema": { "type": "string", "enum": ["WebMercatorQuad"] },
    })
}

/// Of what knows neither format nor language.
fn bare_operation(id: &str, summary: &str, mut parameters: Vec<Value>, media: &str) -> Value {
    parameters.push(json!({ "$ref": "#/components/parameters/city" }));
    let shape = match media {
        MVT => json!({ "type": "string", "format": "binary" }),
        _ => json!({ "type": "object" }),
    };
    let mut told = json!({
        "operationId": id,
        "summary": summary,
        "parameters": parameters,
        "responses": {
            "200": { "description": summary, "content": { media: { "schema": shape } } },
            "304": { "description": "What the caller has" },
        },
    });
    if media == MVT {
        told["responses"]["204"] = json!({ "description": "Nothing lies in the tile" });
    }
    for (status, words) in [
        ("400", "Numbers that name no tile"),
        ("401", "The key opens nothing"),
        ("404", "Nothing here, or nothing that the key opens"),
        ("422", "Every fault of the parameters"),
        ("503", "Busy or not ready"),
    ] {
        let content = json!({ MEDIA_TYPE: { "schema": { "type": "object" } } });
        told["responses"][status] = json!({ "description": words, "content": content });
    }
    told
}

/// What who may edit can do besides, `without` some methods.
fn editing(
    paths: &mut Map<String, Value>,
    path: &str,
    (id, title): (&str, &str),
    without: &[&str],
) {
    let feature = json!({ "schema": { "$ref": "#/components/schemas/Feature" } });
    let whole = json!({ "required": true, "content": { GEOJSON: feature } });
    let any = json!({ "schema": { "type": "object" } });
    let part = json!({ "required": true, "content": { "application/merge-patch+json": any } });
    let one = || common(&["featureId"]);
    for (end, method, name, status, parameters, body) in [
        ("/items", "post", "create", "201", common(&[]), Some(&whole)),
        ("/items/{featureId}", "put", "replace", "204", one(), Some(&whole)),
        ("/items/{featureId}", "patch", "update", "204", one(), Some(&part)),
        ("/items/{featureId}", "delete", "remove", "204", one(), None),
    ] {
        if without.contains(&method) {
            continue;
        }
        let name = format!("{id}.{name}");
        let mut told = json!({
            "operationId": name,
            "summary": title,
            "tags": [title],
            "parameters": parameters,
            "responses": {},
        });
        let statuses = [
            (status, "Done"),
            ("400", "Every fault"),
            ("401", "The key opens nothing"),
            ("403", "It is for somebody else"),
            ("404", "Nothing here, or nothing that the key opens"),
            ("408", "The body came too slowly"),
            ("409", "It contradicts what is there"),
            ("412", "It is not as it was looked at"),
            ("413", "The body is too large"),
            ("415", "The body's type is not taken"),
            ("422", "What is drawn does not fit, with the place"),
            ("503", "Busy or not ready"),
        ];
        for (status, words) in statuses {
            told["responses"][status] = json!({ "description": words });
        }
        if let Some(body) = body {
            told["requestBody"] = body.clone();
        }
        if let Some(item) = paths.get_mut(&format!("{path}{end}")) {
            item[method] = told;
        }
    }
}

fn components(counter: &Counter<'_>) -> Value {
    let crs: Vec<&str> = WireCrs::ALL.iter().map(|crs| crs.uri()).collect();
    let query = |name: &str, words: (&str, &str), schema: Value| {
        json!({
            "name": name, "in": "query", "required": false, "description": counter.word(words),
            "schema": schema, "style": "form", "explode": false,
        })
    };
    let of_crs = |name: &str, words: (&str, &str)| {
        query(name, words, json!({ "type": "string", "enum": crs, "default": crs.first() }))
    };
    let text = || json!({ "type": "string" });
    let bbox =
        json!({ "type": "array", "minItems": 4, "maxItems": 6, "items": { "type": "number" } });
    let limit = json!({
        "type": "integer", "minimum": 1, "maximum": PAGE_MAX, "default": PAGE_DEFAULT,
    });
    json!({
        "parameters": {
            "limit": query("limit", ("每页要素数", "Features on a page"), limit),
            "after": query("after", ("续页位置，取自 next", "Where to go on, from `next`"), text()),
            "bbox": query("bbox", ("范围", "A box: its lower corner and its upper one"), bbox),
            "bbox-crs": of_crs("bbox-crs", ("bbox 的坐标系", "The system of `bbox`")),
            "datetime": query(
                "datetime",
                ("时刻或区间：责任区为当时的方案", "A moment or interval: zones of the plan of that time"),
                text(),
            ),
            "crs": of_crs("crs", ("结果的坐标系", "The system of the answer")),
            "filter": query("filter", ("CQL2 条件", "A condition in CQL2"), text()),
            "filter-lang": query(
                "filter-lang",
                ("条件的语言", "The language of `filter`"),
                json!({ "type": "string", "enum": ["cql2-text", "cql2-json"], "default": "cql2-text" }),
            ),
            "filter-crs": of_crs("filter-crs", ("条件的坐标系", "The system of `filter`")),
            "f": query(
                "f",
                ("格式", "The format"),
                json!({ "type": "string", "enum": ["json", "html"] }),
            ),
            "lang": query(
                "lang",
                ("语言", "The language"),
                json!({ "type": "string", "enum": ["zh", "en"] }),
            ),
            "city": query("city", ("城市（多城市时）", "The city, where there are several"), text()),
            "featureId": {
                "name": "featureId", "in": "path", "required": true, "schema": { "type": "string" },
            },
        },
        "schemas": { "Feature": feature(), "FeatureCollection": feature_collection() },
        "securitySchemes": {
            "bearer": { "type": "http", "scheme": "bearer" },
            "header": { "type": "apiKey", "in": "header", "name": "X-API-Key" },
        },
    })
}

fn feature() -> Value {
    json!({
        "type": "object",
        "required": ["type", "geometry", "properties"],
        "properties": {
            "type": { "type": "string", "enum": ["Feature"] },
            "id": { "type": "string" },
            "geometry": { "type": "object", "nullable": true },
            "properties": { "type": "object" },
        },
    })
}

fn feature_collection() -> Value {
    json!({
        "type": "object",
        "required": ["type", "features"],
        "properties": {
            "type": { "type": "string", "enum": ["FeatureCollection"] },
            "timeStamp": { "type": "string", "format": "date-time" },
            "numberMatched": { "type": "integer", "minimum": 0 },
            "numberReturned": { "type": "integer", "minimum": 0 },
            "links": { "type": "array", "items": { "type": "object" } },
            "features": { "type": "array", "items": { "$ref": "#/components/schemas/Feature" } },
        },
    })
}
