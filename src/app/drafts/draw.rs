//! What a map client draws in a draft: one zone or one border at a time, each a step of its own.
//!
//! Such a client does not say which revision it looked at, and sends both sides of a border that it moved: the
//! second finds everything as it is to be, and is no step.

use std::collections::BTreeSet;
use std::sync::Arc;

use geo_types::MultiPolygon;

use crate::app::drafts::act::plain;
use crate::app::drafts::bench::{Bench, Ground};
use crate::app::drafts::carried::on_bench;
use crate::app::drafts::order::{Order, Wish};
use crate::app::drafts::refused::unlawful;
use crate::app::refusal::{Fault, Refusal};
use crate::app::state::{App, Seat, must};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::drafts::refusal::Refusal as Unlawful;
use crate::domain::drafts::state::Draft;
use crate::domain::drafts::step::Deed;
use crate::domain::id::{DraftId, ZoneId};
use crate::domain::text::Attributes;
use crate::domain::time::Instant;
use crate::domain::zoning::drawing::{
    DrawingFault, FactsGiven, area, dissolved, drawn_without, reshaped,
};
use crate::domain::zoning::edit::{NewZone, ZoningEdit};
use crate::domain::zoning::held::Held;
use crate::geom::coord::GridPoint;

/// How often a drawing is decided again because another process was faster.
const TURNS_MAX: usize = 5;
/// Drawings of one caller that lie no farther apart are taken for one change.
const SAVED_US_MAX: i64 = 10 * 60 * 1_000_000;

/// What is drawn. Places are WGS84.
#[derive(Clone, Debug, PartialEq)]
pub enum Drawing {
    /// A zone is to have this area, or these facts.
    Zone {
        /// Which.
        zone: ZoneId,
        /// Its area; `None`: as it is.
        area: Option<MultiPolygon<f64>>,
        /// What was told of it.
        facts: FactsGiven,
    },
    /// There is to be a new zone.
    New {
        /// The zone.
        new: NewZone,
        /// Its further facts.
        attributes: Attributes,
        /// Its area.
        area: MultiPolygon<f64>,
    },
    /// A zone is to be gone.
    Gone {
        /// Which.
        zone: ZoneId,
    },
    /// A border is to take this course.
    Border {
        /// Its name.
        id: String,
        /// The course.
        line: Vec<GridPoint>,
    },
}

/// Draws in a draft, on the revision `seen` where the caller says it.
///
/// # Errors
/// [`Refusal::NotFound`] for who sees no drafts, and for what there is not; [`Refusal::Draft`] for who may not
/// edit it, for a draft that is not drawn on any more, and for one that has gone on since `seen`;
/// [`Refusal::Conflict`] for what contradicts what is there; [`Refusal::Invalid`] for what would break the partition
/// or change what is locked, with the place.
pub async fn draw(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    (id, seen): (DraftId, Option<u32>),
    drawing: &Drawing,
) -> Result<(), Refusal> {
    must(caller, Operation::ActOnDraft)?;
    for _ in 0..TURNS_MAX {
        match once(app, seat, caller, (id, seen), drawing).await {
            // Nobody was looked over: decide again on what there is now.
            Err(Refusal::Draft(refusal))
                if seen.is_none() && matches!(*refusal, Unlawful::Stale { .. }) => {}
            ended => return ended,
        }
    }
    Err(Refusal::Moved)
}

async fn once(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    (id, seen): (DraftId, Option<u32>),
    drawing: &Drawing,
) -> Result<(), Refusal> {
    let (caller, drawing) = (caller.clone(), drawing.clone());
    let ended = on_bench(app, seat, id, move |app, seat, bench| async move {
        drawn(&app, &seat, &caller, bench, (seen, drawing)).await
    });
    ended.await?
}

/// The bench as it is laid back, and what became of the drawing.
async fn drawn(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    bench: Bench,
    (seen, drawing): (Option<u32>, Drawing),
) -> Result<(Bench, Result<(), Refusal>), Refusal> {
    if let Err(refusal) = lawful(&bench, caller, seen) {
        return Ok((bench, Err(refusal)));
    }
    let (bench, ground) = bench.grounded(app.store(), app.benches(), &seat.city).await?;
    let held = bench.draft.locks();
    let before = in_one_go(&bench.draft, caller, app.now());
    let worked = app.benches().work(move || {
        let mut ground = ground;
        let edits = edits(&mut ground, &drawing, (&held, &before));
        (ground, edits)
    });
    let (ground, edits) = worked.await?;
    if let Err(Refusal::Inner(words)) = edits {
        // The ground is not as it was: it is not laid back.
        return Err(Refusal::Inner(words));
    }
    let bench = bench.on(ground);
    Ok(match edits {
        Ok(edits) if edits.is_empty() => (bench, Ok(())),
        Ok(edits) => {
            let deed = Deed::Edit { edits };
            let (seen, wish) = (bench.draft.revision, Wish::Deed(deed.clone()));
            let order = Order { seen, wish, dry_run: false, foreign: false };
            let (bench, done) = plain(app, seat, caller, bench, (order, deed)).await?;
            (bench, done.map(drop).map_err(in_terms_of_maps))
        }
        Err(refusal) => (bench, Err(refusal)),
    })
}

/// Whether the caller may edit the draft as it is.
fn lawful(bench: &Bench, caller: &Caller, seen: Option<u32>) -> Result<(), Refusal> {
    let draft = &bench.draft;
    let deed = Deed::Edit { edits: Vec::new() };
    draft.judge(caller.role, &caller.actor, &deed).map_err(unlawful)?;
    match seen {
        Some(seen) if seen != draft.revision => Err(unlawful(Unlawful::Stale {
            seen,
            now: draft.revision,
            stage: draft.stage,
            since: Vec::new(),
        })),
        _ => Ok(()),
    }
}

/// What the caller drew shortly before, the last first: what a map client saves at once comes as one write after the
/// other.
fn in_one_go(draft: &Draft, caller: &Caller, now: Instant) -> Vec<Arc<Vec<ZoningEdit>>> {
    let strokes = draft.strokes.iter().take(draft.done).rev();
    let recent = strokes
        .take_while(|it| it.actor == caller.actor && now.0.saturating_sub(it.at.0) <= SAVED_US_MAX);
    recent.map(|it| Arc::clone(&it.edits)).collect()
}

/// The edits that a drawing comes to; none where they would leave everything as it is.
///
/// A vertex of the outline that was moved inwards leaves ground that is nobody's any more, and that the first of the
/// two zones around it leaves to the second: from that it does not come back to the first.
fn edits(
    ground: &mut Ground,
    drawing: &Drawing,
    (held, before): (&Held, &[Arc<Vec<ZoningEdit>>]),
) -> Result<Vec<ZoningEdit>, Refusal> {
    let mut edits = asked(ground, drawing)?;
    loop {
        // What does not fit is told where it is to be done.
        let Ok(applied) = ground.working.apply_held(&edits, held) else { return Ok(edits) };
        let idle = applied.touched.is_empty();
        ground.working.take_back(&applied).map_err(|fault| Refusal::Inner(fault.to_string()))?;
        if idle {
            return Ok(Vec::new());
        }
        let mut more = false;
        for edit in &mut edits {
            if let ZoningEdit::Draw { zone, past, .. } = edit {
                let drawn = before.iter().map(|edits| edits.as_slice()).zip(ground.backwards());
                let known = past.len();
                past.extend(drawn_without(zone, &applied, drawn));
                more |= past.len() > known;
            }
        }
        if !more {
            return Ok(edits);
        }
    }
}

fn asked(ground: &Ground, drawing: &Drawing) -> Result<Vec<ZoningEdit>, Refusal> {
    let working = &ground.working;
    let refused = |fault: DrawingFault| match fault {
        DrawingFault::Missing => Refusal::NotFound,
        DrawingFault::Contradicts(words) => Refusal::Conflict(words),
    };
    match drawing {
        Drawing::Zone { zone, area: drawn, facts } => {
            let now = working.facts().find(|it| it.id == *zone).ok_or(Refusal::NotFound)?;
            let drawn = drawn.as_ref().map(|drawn| ZoningEdit::Draw {
                zone: zone.clone(),
                area: area(working, drawn),
                past: BTreeSet::new(),
            });
            Ok(drawn.into_iter().chain(facts.edit(now)).collect())
        }
        Drawing::New { new, attributes, area: drawn } => {
            if working.has(&new.id) {
                let words =
                    format!("there is a zone {} already; give the new one another code", new.id);
                return Err(Refusal::Conflict(words));
            }
            let zone = new.id.clone();
            let made = ZoningEdit::Carve { new: new.clone(), area: area(working, drawn) };
            let further = (!attributes.is_empty()).then(|| ZoningEdit::SetZone {
                zone,
                number: None,
                names: None,
                lead: None,
                co: None,
                attributes: Some(attributes.clone()),
            });
            Ok(std::iter::once(made).chain(further).collect())
        }
        Drawing::Gone { zone } => Ok(vec![dissolved(working, zone).map_err(refused)?]),
        Drawing::Border { id, line } => reshaped(working, id, line).map_err(refused),
    }
}

/// Faults of edits as faults of what a map client sent.
fn in_terms_of_maps(refusal: Refusal) -> Refusal {
    let Refusal::Invalid(faults) = refusal else { return refusal };
    let told = |fault: Fault| {
        let Some((edit, field)) = fault.place.split_once(']') else { return fault };
        if !edit.starts_with("edits[") {
            return fault;
        }
        let field = field.trim_start_matches('.');
        let place = match field.strip_prefix("new.").unwrap_or(field) {
            "names" => "name_zh",
            known @ ("lead" | "co" | "number" | "attributes") => known,
            _ => "geometry",
        };
        Fault { place: place.to_owned(), ..fault }
    };
    Refusal::Invalid(faults.into_iter().map(told).collect())
}
