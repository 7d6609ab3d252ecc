//! The features of a draft's collections, as its edits leave them.

use std::collections::BTreeSet;

use geo::Intersects;
use geo_types::{Coord, Geometry, Rect};

use crate::app::drafts::read;
use crate::app::ogc::select::{Page, Wish, cut};
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::zone::Zone;
use crate::domain::drafts::docket::DraftDocket;
use crate::domain::drafts::state::Draft;
use crate::domain::drafts::step::OPEN_MAX;
use crate::domain::id::{DraftId, ZoneId};
use crate::domain::ogc::collection::Collection;
use crate::domain::ogc::feature::{Feature, Thing};
use crate::domain::ogc::filter::Test;
use crate::domain::zoning::arcs::{NamedBorder, named};
use crate::geom::coord::GridBox;

/// The drafts whose collections are listed for a caller: those that are not over.
///
/// # Errors
/// [`Refusal::Unavailable`].
pub async fn listed(app: &App, seat: &Seat, caller: &Caller) -> Result<Vec<DraftDocket>, Refusal> {
    if !caller.may(Operation::ListDrafts) {
        return Ok(Vec::new());
    }
    let limit = u32::try_from(OPEN_MAX).unwrap_or(read::PAGE_MAX);
    let wanted = read::Wanted { open: Some(true), limit, ..read::Wanted::default() };
    read::list(app, seat, caller, wanted).await
}

/// A draft.
///
/// # Errors
/// As [`read::get`].
pub async fn found(app: &App, seat: &Seat, caller: &Caller, id: DraftId) -> Result<Draft, Refusal> {
    Ok(read::get(app, seat, caller, id, (0, 1)).await?.draft)
}

/// The features of one collection of a draft.
pub struct OfDraft {
    /// At which revision.
    pub revision: u32,
    things: Things,
}

/// What they are; by id.
enum Things {
    Zones(Vec<Zone>, BTreeSet<ZoneId>),
    Arcs(Vec<NamedBorder>),
}

impl OfDraft {
    /// Those of a collection; `None` of one that is no draft's.
    ///
    /// # Errors
    /// As [`read::zones`].
    pub async fn read(
        app: &App,
        seat: &Seat,
        caller: &Caller,
        collection: Collection,
        locked: &BTreeSet<ZoneId>,
    ) -> Result<Option<Self>, Refusal> {
        match collection {
            Collection::DraftZones(id) => {
                let drawn = read::zones(app, seat, caller, id).await?;
                let things = Things::Zones(drawn.zones, locked.clone());
                Ok(Some(Self { revision: drawn.revision, things }))
            }
            Collection::DraftArcs(id) => {
                let found = read::borders(app, seat, caller, id).await?;
                let things = Things::Arcs(named(found.borders));
                Ok(Some(Self { revision: found.revision, things }))
            }
            Collection::Zones
            | Collection::Units
            | Collection::Incidents
            | Collection::Facilities(_) => Ok(None),
        }
    }

    /// The feature of a number.
    #[must_use]
    pub fn feature<'a>(&'a self, atlas: &'a Atlas, number: u32) -> Option<Feature<'a>> {
        let at = number as usize;
        let thing = match &self.things {
            Things::Zones(zones, locked) => {
                let zone = zones.get(at)?;
                Thing::Drawn { zone, locked: locked.contains(&zone.id) }
            }
            Things::Arcs(arcs) => Thing::Arc(arcs.get(at)?),
        };
        Some(Feature { atlas, thing })
    }

    /// The feature with an id.
    #[must_use]
    pub fn find<'a>(&'a self, atlas: &'a Atlas, id: &str) -> Option<Feature<'a>> {
        let at = match &self.things {
            Things::Zones(zones, _) => zones.iter().position(|zone| zone.id.as_str() == id),
            Things::Arcs(arcs) => arcs.iter().position(|arc| arc.id == id),
        };
        self.feature(atlas, u32::try_from(at?).ok()?)
    }

    /// Finds a page, as [`crate::app::ogc::select::page`] does in an atlas.
    #[must_use]
    pub fn page(&self, atlas: &Atlas, wish: &Wish) -> Page {
        let tested = || wish.test.as_ref().and_then(Test::frame).map(|frame| vec![frame]);
        let frames = wish.frames.clone().or_else(tested);
        let count = match &self.things {
            Things::Zones(zones, _) => zones.len(),
            Things::Arcs(arcs) => arcs.len(),
        };
        let kept = |number: &u32| {
            self.feature(atlas, *number).is_some_and(|feature| {
                frames.as_ref().is_none_or(|frames| within(&feature, frames))
                    && wish.test.as_ref().is_none_or(|test| test.keeps(&feature))
            })
        };
        let numbers: Vec<u32> =
            (0..u32::try_from(count).unwrap_or(u32::MAX)).filter(kept).collect();
        let stands = |number: u32, after: &str| {
            self.feature(atlas, number).is_some_and(|found| found.id().as_ref() <= after)
        };
        cut(&numbers, wish, stands)
    }
}

fn within(feature: &Feature<'_>, frames: &[GridBox]) -> bool {
    let Some(shape) = feature.geometry() else { return false };
    let shape: &Geometry<f64> = &shape;
    frames.iter().any(|frame| {
        let (min, max) = (frame.min.degrees(), frame.max.degrees());
        let corner = |lon: f64, lat: f64| Coord { x: lon, y: lat };
        shape.intersects(&Rect::new(corner(min.lon(), min.lat()), corner(max.lon(), max.lat())))
    })
}
