//! Plans proposed from the city's blocks: balanced, in one piece, with short and natural borders, near to their units,
//! and as little otherwise than today as is asked.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::app::drafts::make::made_of;
use crate::app::refusal::{Fault, Refusal};
use crate::app::state::{App, Seat, must};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::zone::Zone;
use crate::domain::id::{DraftId, ZoneId};
use crate::domain::zoning::balance::ask::{Ask, Load, Progress, Terms};
use crate::domain::zoning::balance::figures::Figures;
use crate::domain::zoning::balance::front::{Alternative, Stress, front};
use crate::domain::zoning::balance::search::Refusal as Unsolved;
use crate::domain::zoning::edit::ZoningEdit;
use crate::domain::zoning::redraw::drawn;
use crate::domain::zoning::tract::{Terrain, Tract, lead_by_seat};

/// Most alternatives.
pub const ALTERNATIVES_MAX: u32 = 16;
/// Longest search.
pub const SECONDS_MAX: u32 = 600;
/// Most weights.
pub const WEIGHTS_MAX: usize = 8;

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// How many zones; `None`: as many as there are.
    pub zones: Option<u16>,
    /// What a metre of border costs along streets and rivers, and which attributes of blocks weigh; the zones that stay.
    pub terrain: Terrain,
    /// How far a zone may be from the mean, as a part of it.
    pub tolerance: f64,
    /// Whether each zone's share is that of its lead unit's staff.
    pub by_staff: bool,
    /// What counts beside balance.
    pub terms: Terms,
    /// How many alternatives.
    pub alternatives: u32,
    /// How long it is searched.
    pub seconds: u32,
    /// The same seed gives the same plans where the same number of proposals is looked at.
    pub seed: u64,
    /// Whether each zone is led by the unit whose seat is near, instead of the one of the zone it takes over.
    pub lead_by_seat: bool,
    /// Whether each alternative becomes a draft of this name.
    pub draft: Option<String>,
}

/// A plan that is proposed.
#[derive(Clone, Debug)]
pub struct Proposed {
    /// What it stresses.
    pub stress: Stress,
    /// Its figures.
    pub figures: Figures,
    /// Its zones, those that were locked too.
    pub zones: Vec<Zone>,
    /// With leads by seat: the farthest way and the mean of all, metres.
    pub ways_m: Option<(f64, f64)>,
    /// The draft that it became.
    pub draft: Option<DraftId>,
}

/// Proposes plans. `tell` is told how far it is, 0 to 1, and ends the search by a break: then nothing is proposed.
///
/// # Errors
/// [`Refusal::Invalid`] with everything that keeps the blocks from being divided so.
pub async fn balance(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    wish: Wish,
    tell: impl FnMut(f64) -> ControlFlow<()> + Send + 'static,
) -> Result<Vec<Proposed>, Refusal> {
    must(caller, Operation::BalancePlan)?;
    let atlas = seat.atlas()?;
    let asked = wish.clone();
    let held = Arc::clone(&atlas);
    let found = app.benches().work(move || search(&held, &asked, tell)).await??;
    let mut made = Vec::with_capacity(found.len());
    for (number, mut proposed) in (1..).zip(found) {
        if let Some(name) = &wish.draft {
            let edit = ZoningEdit::Redraw { zones: proposed.zones.iter().map(drawn).collect() };
            let named = format!("{name} {number}");
            let words = words(&proposed);
            let told = (named, words, atlas.plan().version);
            proposed.draft = Some(made_of(app, seat, caller, told, vec![edit]).await?.id);
        }
        made.push(proposed);
    }
    Ok(made)
}

fn words(it: &Proposed) -> String {
    format!(
        "Balanced: at most {:.2} % off, borders of {:.1} km, Polsby–Popper {:.3}",
        it.figures.max_deviation() * 100.0,
        it.figures.cut_m / 1_000.0,
        it.figures.polsby_popper
    )
}

fn search(
    atlas: &Atlas,
    wish: &Wish,
    mut tell: impl FnMut(f64) -> ControlFlow<()>,
) -> Result<Vec<Proposed>, Refusal> {
    let tract = Tract::of(atlas, &wish.terrain).map_err(|faults| {
        Refusal::Invalid(faults.into_iter().map(|says| Fault::new("blocks", says)).collect())
    })?;
    let kept: Vec<&Zone> =
        atlas.zones().iter().filter(|zone| wish.terrain.locked.contains(&zone.id)).collect();
    let all = wish.zones.map_or(atlas.zones().len(), usize::from);
    let Some(count) = all.checked_sub(kept.len()).filter(|count| *count > 0) else {
        let says = format!("are {all}, and {} are locked; ask for more", kept.len());
        return Err(Refusal::fault("zones", says));
    };
    let ask = ask(atlas, wish, &tract, count);
    // How long it has been searched is no time of day: the city's clock may be set back.
    let begun = std::time::Instant::now();
    let budget_s = f64::from(wish.seconds.clamp(1, SECONDS_MAX));
    let mut watch = |_: &Progress| {
        let spent = begun.elapsed().as_secs_f64() / budget_s;
        match tell(spent.min(1.0)) {
            ControlFlow::Continue(()) => ControlFlow::Continue(spent),
            ControlFlow::Break(()) => ControlFlow::Break(()),
        }
    };
    let alternatives = usize::try_from(wish.alternatives.clamp(1, ALTERNATIVES_MAX)).unwrap_or(1);
    let found =
        front(tract.graph(), &ask, alternatives, &mut watch).map_err(|fault| match fault {
            Unsolved::Broken => Refusal::Conflict("the search was given up".to_owned()),
            Unsolved::Faults(faults) => Refusal::Invalid(
                faults.iter().map(|fault| Fault::new("balance", fault.to_string())).collect(),
            ),
        })?;
    let proposed = |it: Alternative| {
        let labels = &it.proposal.zones;
        let facts = tract.facts(atlas, labels, count, &wish.terrain.locked);
        let mut zones = tract.zones(labels, &facts);
        let ways_m = if wish.lead_by_seat {
            let most = u32::try_from(count.div_ceil(atlas.units().len().max(1))).unwrap_or(1);
            let assigned = lead_by_seat(&mut zones, atlas.units(), most)
                .map_err(|says| Refusal::fault("units", says))?;
            Some((assigned.farthest_m, assigned.mean_m))
        } else {
            None
        };
        zones.extend(kept.iter().copied().cloned());
        zones.sort_by(|a, b| a.id.cmp(&b.id));
        let (stress, figures) = (it.stress, it.proposal.figures);
        Ok(Proposed { stress, figures, zones, ways_m, draft: None })
    };
    found.into_iter().map(proposed).collect()
}

/// The question to the search. A zone of today that is not locked is a zone of the plan, as long as there are as many.
fn ask(atlas: &Atlas, wish: &Wish, tract: &Tract, count: usize) -> Ask {
    let free: Vec<&Zone> =
        atlas.zones().iter().filter(|zone| !wish.terrain.locked.contains(&zone.id)).collect();
    let same = free.len() == count;
    let number: std::collections::BTreeMap<&ZoneId, u16> = (0..=u16::MAX)
        .zip(&free)
        .map(|(number, zone)| (number, *zone))
        .map(|(n, z)| (&z.id, n))
        .collect();
    let today = || {
        tract
            .today()
            .iter()
            .map(|zone| number.get(&atlas.zones().get(usize::from((*zone)?))?.id).copied())
            .collect::<Option<Vec<u16>>>()
    };
    let lead = |zone: &&Zone| atlas.unit(&zone.lead);
    let shares = vec![1.0; wish.terrain.weights.len()];
    Ask {
        zones: count,
        loads: vec![Load { shares, tolerance: wish.tolerance }],
        targets: if wish.by_staff && same {
            free.iter()
                .map(|zone| lead(zone).map_or(1.0, |unit| f64::from(unit.capacity.max(1))))
                .collect()
        } else {
            Vec::new()
        },
        seats_m: if same && wish.terms.seats > 0.0 {
            let seat = |zone: &&Zone| lead(zone)?.seat.map(|at| tract.flat(at.degrees()));
            free.iter().map(seat).collect()
        } else {
            Vec::new()
        },
        locked: Vec::new(),
        today: if same && wish.terms.change > 0.0 { today() } else { None },
        terms: wish.terms,
        seed: wish.seed,
    }
}
