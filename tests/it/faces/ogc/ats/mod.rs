//! The abstract tests of the standards, each as a test with its name: `core_fc_op` is `/conf/core/fc-op`. Those with
//! more to them stand beside, in the files of what they are about, under the same names.

mod features;
mod oas30;
mod crs;
mod filtering;
mod crud;
mod schemas;
mod tiles;

use serde_json::Value;

use super::get;
use crate::world::World;

const CONFORMANCE: &str = "/ogc/conformance";

/// Asserts that a class is among those that the service says it conforms to.
async fn declares(world: &World, class: &str) {
    let told = get(world, CONFORMANCE).await;
    let class = Value::from(format!("http://www.opengis.net/spec/{class}"));
    assert!(told["conformsTo"].as_array().unwrap().contains(&class), "{class}");
}

/// Asserts that a document has links of these relations, and that every link says its relation and type.
fn linked(document: &Value, relations: &[&str]) {
    let links = document["links"].as_array().unwrap();
    for link in links {
        assert!(link["rel"].is_string() && link["type"].is_string(), "{link}");
        assert!(link["href"].is_string(), "{link}");
    }
    for relation in relations {
        assert!(links.iter().any(|link| link["rel"] == *relation), "no {relation}: {document}");
    }
}

/// Every position of a geometry.
fn positions(geometry: &Value) -> Vec<[f64; 2]> {
    fn walk(inner: &Value, found: &mut Vec<[f64; 2]>) {
        match (inner[0].as_f64(), inner[1].as_f64()) {
            (Some(x), Some(y)) => found.push([x, y]),
            _ => inner.as_array().into_iter().flatten().for_each(|one| walk(one, found)),
        }
    }
    let mut found = Vec::new();
    walk(&geometry["coordinates"], &mut found);
    found
}
