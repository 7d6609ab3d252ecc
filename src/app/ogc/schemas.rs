//! What is known of the features of each collection, told once for each atlas.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::{CityId, DraftId};
use crate::domain::ogc::collection::Collection;
use crate::domain::ogc::schema::Schema;

/// The schemas of the newest atlas of every city that was asked about.
#[derive(Default)]
pub struct Schemas {
    kept: Mutex<HashMap<(CityId, Collection), OfAtlas>>,
}

/// A schema, and the version of the atlas that it is of.
type OfAtlas = (i64, Arc<Schema>);

impl Schemas {
    /// What the atlas knows of a collection. One of the past is looked through each time.
    #[must_use]
    pub fn of(&self, collection: Collection, atlas: &Atlas) -> Arc<Schema> {
        let key = (atlas.city().id.clone(), kept_as(collection));
        let version = atlas.version();
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = match kept().get(&key) {
            Some((known, schema)) if *known == version => return Arc::clone(schema),
            Some((known, _)) => *known,
            None => i64::MIN,
        };
        let schema = Arc::new(Schema::of(collection, atlas));
        if version > newest {
            kept().insert(key, (version, Arc::clone(&schema)));
        }
        schema
    }
}

/// The collection under which a schema is kept: all drafts have the same.
fn kept_as(collection: Collection) -> Collection {
    let any = DraftId(Uuid::nil());
    match collection {
        Collection::DraftZones(_) => Collection::DraftZones(any),
        Collection::DraftArcs(_) => Collection::DraftArcs(any),
        of_atlas => of_atlas,
    }
}
