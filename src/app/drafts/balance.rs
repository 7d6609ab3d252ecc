//! Plans proposed from the city's blocks: balanced, in one piece, with short and natural borders, near to their units,
//! and as little otherwise than today as is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::app::drafts::make::made_of;
use crate::app::drafts::review::{Outlook, outlooks};
use crate::app::refusal::{Fault, Refusal};
use crate::app::state::{App, Seat, must};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::unit::Unit;
use crate::domain::atlas::zone::Zone;
use crate::domain::id::{DraftId, ZoneId};
use crate::domain::zoning::balance::ask::{Ask, Load, Progress, Terms};
use crate::domain::zoning::balance::figures::Figures;
use crate::domain::zoning::balance::front::{Alternative, Stress, front};
use crate::domain::zoning::balance::search::Refusal as Unsolved;
use crate::domain::zoning::edit::ZoningEdit;
use crate::domain::zoning::redraw::drawn;
use crate::domain::zoning::tract::{Terrain, Tract, Ways, bare, lead_by_seat, seated};

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
    /// With leads by seat: how far they are.
    pub ways: Option<Ways>,
    /// What it would find and move.
    pub outlook: Outlook,
    /// The draft that it became.
    pub draft: Option<DraftId>,
}

/// A plan that was found and not looked at yet.
struct Found {
    stress: Stress,
    figures: Figures,
    zones: Vec<Zone>,
    ways: Option<Ways>,
}

/// Proposes plans. `tell` is told how far it is, 0 to 1, and ends the search by a break: then nothing is proposed.
///
/// # Errors
/// [`Refusal::Invalid`] with everything that keeps the blocks from being divided so; [`Refusal::Busy`] when as many
/// searches are under way as may be.
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
    let found = app.benches().search(move || search(&held, &asked, tell)).await??;
    let sets = found.iter().map(|it| it.zones.clone()).collect();
    let outlooks = outlooks(app, seat, sets).await?;
    let mut made = Vec::with_capacity(found.len());
    for ((number, it), outlook) in (1..).zip(found).zip(outlooks) {
        let draft = match &wish.draft {
            None => None,
            Some(name) => {
                let edit = ZoningEdit::Redraw { zones: it.zones.iter().map(drawn).collect() };
                let named = format!("{name} {number}");
                let told = (named, words(&it.figures), atlas.plan().version);
                Some(made_of(app, seat, caller, told, vec![edit]).await?.id)
            }
        };
        let Found { stress, figures, zones, ways } = it;
        made.push(Proposed { stress, figures, zones, ways, outlook, draft });
    }
    Ok(made)
}

fn words(figures: &Figures) -> String {
    format!(
        "Balanced: at most {:.2} % off, borders of {:.1} km, Polsby–Popper {:.3}",
        figures.max_deviation() * 100.0,
        figures.cut_m / 1_000.0,
        figures.polsby_popper
    )
}

fn search(
    atlas: &Atlas,
    wish: &Wish,
    mut tell: impl FnMut(f64) -> ControlFlow<()>,
) -> Result<Vec<Found>, Refusal> {
    let task = Task::of(atlas, wish)?;
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
    let found = front(task.tract.graph(), &task.ask(), alternatives, &mut watch);
    found.map_err(unsolved)?.into_iter().map(|it| task.found(it)).collect()
}

fn unsolved(why: Unsolved) -> Refusal {
    match why {
        Unsolved::Broken => Refusal::Conflict("the search was given up".to_owned()),
        Unsolved::Faults(faults) => Refusal::Invalid(
            faults.into_iter().map(|fault| Fault::new("balance", fault.to_string())).collect(),
        ),
    }
}

/// What is divided, and what stays.
struct Task<'a> {
    atlas: &'a Atlas,
    wish: &'a Wish,
    tract: Tract,
    /// The zones that stay.
    kept: Vec<&'a Zone>,
    /// Those that do not.
    free: Vec<&'a Zone>,
    /// The units that may lead by their seats.
    seated: Vec<&'a Unit>,
    /// How many zones are drawn.
    count: usize,
}

impl<'a> Task<'a> {
    fn of(atlas: &'a Atlas, wish: &'a Wish) -> Result<Self, Refusal> {
        let is_kept = |zone: &&Zone| wish.terrain.locked.contains(&zone.id);
        let (kept, free): (Vec<&Zone>, Vec<&Zone>) = atlas.zones().iter().partition(is_kept);
        let seated = seated(atlas.units(), &kept);
        let all = wish.zones.map_or(atlas.zones().len(), usize::from);
        let count = all.saturating_sub(kept.len());
        let mut faults = misfits(atlas, wish, all);
        if count == 0 {
            let says = format!("are {all}, and {} are locked; ask for more", kept.len());
            faults.push(Fault::new("zones", says));
        }
        if wish.lead_by_seat && seated.is_empty() {
            let says = "finds no unit with a seat that leads no locked zone; give units their \
                        seats, or leave it out";
            faults.push(Fault::new("lead_by_seat", says));
        }
        let tract = match Tract::of(atlas, &wish.terrain) {
            Ok(tract) => {
                faults.extend(strays(wish, &tract));
                Some(tract)
            }
            Err(words) => {
                faults.extend(words.into_iter().map(|says| Fault::new("blocks", says)));
                None
            }
        };
        match tract.filter(|_| faults.is_empty()) {
            Some(tract) => Ok(Self { atlas, wish, tract, kept, free, seated, count }),
            None => Err(Refusal::Invalid(faults)),
        }
    }

    /// The question to the search.
    fn ask(&self) -> Ask {
        let Self { atlas, wish, .. } = *self;
        let staff = |zone: &&Zone| {
            atlas.unit(&zone.lead).map_or(1.0, |unit| f64::from(unit.capacity.max(1)))
        };
        let shares = vec![1.0; wish.terrain.weights.len()];
        Ask {
            zones: self.count,
            loads: vec![Load { shares, tolerance: wish.tolerance }],
            targets: if wish.by_staff { self.free.iter().map(staff).collect() } else { Vec::new() },
            seats_m: self.seats_m(),
            locked: Vec::new(),
            today: if wish.terms.change > 0.0 { self.today() } else { None },
            terms: wish.terms,
            seed: wish.seed,
        }
    }

    /// Where each zone is to lie, when each is the one of its unit: at the unit's seat, else where it is today.
    fn seats_m(&self) -> Vec<Option<[f64; 2]>> {
        let Self { atlas, wish, .. } = *self;
        if !wish.by_staff && wish.terms.seats <= 0.0 {
            return Vec::new();
        }
        let mut taken = BTreeSet::new();
        let places = self.free.iter().map(|zone| {
            let seat = atlas.unit(&zone.lead).and_then(|unit| unit.seat);
            // Where seats do not count, two zones of one unit need not begin at the same place.
            let seat = seat.filter(|_| taken.insert(&zone.lead) || wish.terms.seats > 0.0);
            let at = seat.map(|at| self.tract.flat(at.degrees()));
            Some(at.unwrap_or_else(|| self.tract.middle(zone)))
        });
        places.collect()
    }

    /// The zone of each block today, by its place among those that are drawn; `None` when a block lies in none.
    fn today(&self) -> Option<Vec<u16>> {
        let numbers: BTreeMap<&ZoneId, u16> =
            self.free.iter().map(|zone| &zone.id).zip(0..=u16::MAX).collect();
        let number = |zone: &Option<u16>| {
            let zone = self.atlas.zones().get(usize::from((*zone)?))?;
            numbers.get(&zone.id).copied()
        };
        self.tract.today().iter().map(number).collect()
    }

    /// What is known of the zones of a division. Where each was asked for as the zone of its unit, with its share, its
    /// seat or its blocks, it is that one: another's facts would give it to a unit whose share it is not.
    fn facts(&self, labels: &[u16]) -> Vec<Zone> {
        let Wish { by_staff, terms, terrain, .. } = self.wish;
        if *by_staff || terms.seats > 0.0 || terms.change > 0.0 {
            return self.free.iter().map(|zone| bare(zone)).collect();
        }
        self.tract.facts(self.atlas, labels, self.count, &terrain.locked)
    }

    fn found(&self, it: Alternative) -> Result<Found, Refusal> {
        let labels = &it.proposal.zones;
        let mut zones = self.tract.zones(labels, &self.facts(labels));
        let ways = if self.wish.lead_by_seat {
            let led = lead_by_seat(&mut zones, &self.seated);
            Some(led.map_err(|says| Refusal::fault("lead_by_seat", says))?)
        } else {
            None
        };
        zones.extend(self.kept.iter().copied().cloned());
        zones.sort_by(|a, b| a.id.cmp(&b.id));
        let disturbed = self.tract.disturbed(&zones);
        let disturbed = disturbed.map_err(|faults| Refusal::Inner(faults.join("; ")))?;
        if !disturbed.is_empty() {
            let faults = disturbed.into_iter().map(|says| Fault::new("locked", says));
            return Err(Refusal::Invalid(faults.collect()));
        }
        let (stress, mut figures) = (it.stress, it.proposal.figures);
        if self.wish.terms.seats <= 0.0 {
            // The places where zones began are no seats that counted.
            figures.seat_m = None;
        }
        Ok(Found { stress, figures, zones, ways })
    }
}

/// What goes by the zones of today, and so cannot be asked for with another number of zones.
fn misfits(atlas: &Atlas, wish: &Wish, all: usize) -> Vec<Fault> {
    let today = atlas.zones().len();
    if all == today {
        return Vec::new();
    }
    let by = [
        ("by_staff", wish.by_staff, "the staff of the unit that leads each zone today"),
        ("seats", wish.terms.seats > 0.0, "the seat of the unit that leads each zone today"),
        ("change", wish.terms.change > 0.0, "what each zone holds today"),
    ];
    let asked = by.into_iter().filter(|(_, asked, _)| *asked);
    let fault = |(field, _, what): (&str, bool, &str)| {
        let says = format!(
            "goes by {what}, and {all} zones are asked for where there are {today}; \
             ask for {today} zones, or leave `{field}` out"
        );
        Fault::new(field, says)
    };
    asked.map(fault).collect()
}

/// Change cannot be counted while a block lies in no zone.
fn strays(wish: &Wish, tract: &Tract) -> Option<Fault> {
    let first = tract.strays().next().filter(|_| wish.terms.change > 0.0)?;
    let says = format!(
        "goes by the zone that each block lies in today, and {} lie in none, the first is {first}; \
         publish a plan that holds them, or leave `change` out",
        tract.strays().count()
    );
    Some(Fault::new("change", says))
}

#[cfg(test)]
mod tests {
    use geo_types::{Geometry, Polygon};

    use super::*;
    use crate::domain::atlas::facility::FacilityKind;
    use crate::domain::id::FacilityId;
    use crate::domain::sample::{self, Recipe};
    use crate::domain::zoning::balance::ask::proposals;
    use crate::domain::zoning::balance::search::propose;

    fn wish() -> Wish {
        Wish {
            zones: None,
            terrain: Terrain {
                weights: vec!["people".to_owned()],
                natural: 0.5,
                locked: Vec::new(),
            },
            tolerance: 0.05,
            by_staff: false,
            terms: Terms::default(),
            alternatives: 1,
            seconds: 1,
            seed: 7,
            lead_by_seat: false,
            draft: None,
        }
    }

    fn places(atlas: &Atlas, wish: &Wish) -> Vec<String> {
        match Task::of(atlas, wish).map(|_| ()) {
            Err(Refusal::Invalid(faults)) => faults.into_iter().map(|it| it.place).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn by_staff_each_unit_has_its_own_share_and_its_zone_lies_near_it() {
        let atlas = Atlas::build(sample::city(&Recipe::default())).unwrap();
        let terrain = Terrain { locked: vec![atlas.zones()[6].id.clone()], ..wish().terrain };
        let asked = Wish { by_staff: true, terrain, ..wish() };
        let task = Task::of(&atlas, &asked).unwrap();
        let ask = task.ask();
        let found = propose(task.tract.graph(), &ask, &mut proposals(200_000)).unwrap();
        let facts = task.facts(&found.zones);
        assert!(facts.iter().map(|zone| &zone.id).eq(task.free.iter().map(|zone| &zone.id)));
        let staff = |zone: &Zone| f64::from(atlas.unit(&zone.lead).unwrap().capacity.max(1));
        let whole: f64 = facts.iter().map(staff).sum();
        let people = &task.tract.graph().blocks().weights[0];
        let all: f64 = people.iter().sum();
        let mut carried = vec![0.0; facts.len()];
        for (label, people) in found.zones.iter().zip(people) {
            carried[usize::from(*label)] += people;
        }
        let off = facts.iter().zip(&carried).map(|(zone, carried)| {
            let share = all * staff(zone) / whole;
            (carried - share).abs() / share
        });
        let off = off.fold(0.0, f64::max);
        let told = found.figures.max_deviation();
        assert!(
            (off - told).abs() < 1e-6,
            "the deviation that is told is the units': {off}, {told}"
        );
        let seats: Vec<[f64; 2]> = ask.seats_m.iter().flatten().copied().collect();
        assert_eq!(seats.len(), facts.len());
        let (mut far_m, mut pairs) = (0.0, 0.0);
        for zone in atlas.zones() {
            let [x, y] = task.tract.middle(zone);
            far_m += seats.iter().map(|seat| (seat[0] - x).hypot(seat[1] - y)).sum::<f64>();
            pairs += seats.iter().map(|_| 1.0).sum::<f64>();
        }
        let near_m = found.figures.seat_m.unwrap();
        assert!(near_m < far_m / pairs / 2.0, "{near_m} of {}", far_m / pairs);
    }

    #[test]
    fn a_block_in_no_zone_is_told_where_change_counts_and_only_there() {
        let mut state = sample::city(&Recipe::default());
        let block = state.facilities.iter().find(|it| it.kind == FacilityKind::Block);
        let mut stray = block.unwrap().clone();
        stray.id = FacilityId::new("stray").unwrap();
        let far = [(109.2, 36.58), (109.201, 36.58), (109.201, 36.581), (109.2, 36.58)];
        stray.geometry = Geometry::Polygon(Polygon::new(far.to_vec().into(), Vec::new()));
        state.facilities.push(stray);
        let atlas = Atlas::build(state).unwrap();
        assert!(Task::of(&atlas, &wish()).is_ok());
        let asked = Wish { terms: Terms { change: 1.0, ..Terms::default() }, ..wish() };
        assert_eq!(places(&atlas, &asked), ["change"]);
        assert_eq!(places(&atlas, &Wish { zones: Some(59), ..asked }), ["change", "change"]);
    }

    #[test]
    fn leads_by_seat_need_a_seat_and_that_is_told_before_it_is_searched() {
        let mut state = sample::city(&Recipe::default());
        for unit in &mut state.units {
            unit.seat = None;
        }
        let atlas = Atlas::build(state).unwrap();
        let asked = Wish { lead_by_seat: true, zones: Some(0), ..wish() };
        assert_eq!(places(&atlas, &asked), ["zones", "lead_by_seat"]);
        assert!(Task::of(&atlas, &wish()).is_ok());
    }
}
