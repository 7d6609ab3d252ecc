//! What is known of the features of a collection, as JSON Schema: what may be asked for, what is answered
//! (part 5), and the same nested as GeoJSON has it.

use std::sync::Arc;

use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::app::state::must;
use crate::domain::ogc::collection::Collection;
use crate::domain::ogc::schema::{Field, GEOMETRY, ID, INSTANT, Kind, Schema};
use crate::http::language::Language;
use crate::http::ogc::counter::{Counter, SCHEMA};
use crate::http::ogc::error::Wrong;

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Which of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// What may stand in filters.
    Queryables,
    /// What features hold, flat.
    Schema,
    /// What features hold, as GeoJSON.
    Feature,
}

impl Which {
    /// The end of its path.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Queryables => "queryables",
            Self::Schema => "schema",
            Self::Feature => "feature-schema",
        }
    }

    /// The relation of links to it.
    #[must_use]
    pub fn rel(self) -> &'static str {
        match self {
            Self::Queryables => "http://www.opengis.net/def/rel/ogc/1.0/queryables",
            Self::Schema => "http://www.opengis.net/def/rel/ogc/1.0/schema",
            Self::Feature => "describedby",
        }
    }

    /// What people call it: Chinese, English.
    #[must_use]
    pub fn label(self) -> (&'static str, &'static str) {
        match self {
            Self::Queryables => ("可查询属性", "What may stand in filters"),
            Self::Schema => ("属性结构", "What features hold"),
            Self::Feature => ("要素结构（GeoJSON）", "What features hold, as GeoJSON"),
        }
    }
}

/// The document.
pub(crate) fn schema(
    mut counter: Counter<'_>,
    collection: Collection,
    which: Which,
) -> Result<Response, Wrong> {
    must(&counter.caller, collection.operation())?;
    counter.finish()?;
    let schema: Arc<Schema> = counter.web.schemas.of(collection, &counter.atlas);
    let path = format!("/collections/{}/{}", collection.id(), which.path());
    let title = counter.title(collection);
    let mut document = match which {
        Which::Feature => feature(&schema, counter.language),
        Which::Queryables | Which::Schema => flat(&schema, counter.language, which),
    };
    document["$schema"] = DIALECT.into();
    document["$id"] = counter.href(&path, &[]).into();
    document["title"] = title.as_str().into();
    let response = if collection.draft().is_some() {
        counter.fresh(&title, &document, SCHEMA)
    } else {
        counter.answer(&title, &document, SCHEMA)
    };
    Ok(with_queryables(&counter, collection, response))
}

/// The answer with a link to what may stand in filters of a collection, where who does not read the body looks for it.
#[must_use]
pub fn with_queryables(
    counter: &Counter<'_>,
    collection: Collection,
    mut response: Response,
) -> Response {
    let which = Which::Queryables;
    let href = counter.href(&format!("/collections/{}/{}", collection.id(), which.path()), &[]);
    let link = format!("<{href}>; rel=\"{}\"; type=\"{SCHEMA}\"", which.rel());
    if let Ok(link) = HeaderValue::try_from(link) {
        response.headers_mut().insert(header::LINK, link);
    }
    response
}

/// A property's own schema; its type is one name also where it may be null.
#[must_use]
pub fn property(field: &Field, language: Language) -> Value {
    let title = match language {
        Language::Zh => &field.zh,
        Language::En => &field.en,
    };
    let mut schema = json!({ "title": title, "type": field.kind.json_type() });
    if field.kind == Kind::Time {
        schema["format"] = "date-time".into();
    }
    schema
}

fn flat(schema: &Schema, language: Language, which: Which) -> Value {
    let mut properties = Map::new();
    for (n, field) in schema.fields.iter().enumerate() {
        let mut told = property(field, language);
        told["x-ogc-propertySeq"] = (n + 2).into();
        if which == Which::Schema {
            if field.name == ID {
                told["x-ogc-role"] = "id".into();
            } else if field.name == INSTANT && schema.collection == Collection::Incidents {
                told["x-ogc-role"] = "primary-instant".into();
            }
        }
        properties.insert(field.name.clone(), told);
    }
    let words = match language {
        Language::Zh => "位置",
        Language::En => "Where it is",
    };
    let mut geometry = json!({ "title": words, "format": schema.geometry, "x-ogc-propertySeq": 1 });
    if which == Which::Schema {
        geometry["x-ogc-role"] = "primary-geometry".into();
    }
    properties.insert(GEOMETRY.to_owned(), geometry);
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn feature(schema: &Schema, language: Language) -> Value {
    let fields = schema.fields.iter();
    let properties: Map<String, Value> =
        fields.map(|field| (field.name.clone(), property(field, language))).collect();
    let shape = match schema.geometry {
        "geometry-point" => "Point",
        "geometry-multipoint" => "MultiPoint",
        "geometry-linestring" => "LineString",
        "geometry-multilinestring" => "MultiLineString",
        "geometry-polygon" => "Polygon",
        "geometry-multipolygon" => "MultiPolygon",
        _ => "Geometry",
    };
    json!({
        "type": "object",
        "required": ["type", "geometry", "properties"],
        "properties": {
            "type": { "type": "string", "enum": ["Feature"] },
            "id": { "type": "string" },
            "geometry": { "$ref": format!("https://geojson.org/schema/{shape}.json") },
            "properties": {
                "type": "object",
                "required": schema.fields.iter().map(|field| &field.name).collect::<Vec<_>>(),
                "properties": properties,
            },
        },
    })
}
