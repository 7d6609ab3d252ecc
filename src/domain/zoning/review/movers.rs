//! Who and what would change hands.

use std::collections::BTreeMap;

use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::{UnitId, ZoneId};
use crate::domain::zoning::review::state::Review;
use crate::domain::zoning::review::tally::Tally;
use crate::domain::zoning::review::things::{Thing, What};
use crate::domain::zoning::working::Working;

/// What goes from one unit to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// The unit that answers now; outside every zone the fallback unit.
    pub from: UnitId,
    /// The unit that would answer.
    pub to: UnitId,
    /// What goes. Incidents that would not be handed over are not among them.
    pub tally: Tally,
}

/// A thing whose place changes hands. An incident may stay with its unit all the same: [`Thing::stays`] says why.
#[derive(Clone, Debug, PartialEq)]
pub struct Mover {
    /// The thing.
    pub thing: Thing,
    /// The zone that it lies in now.
    pub zone: Option<ZoneId>,
    /// The zone that it would lie in.
    pub zone_then: Option<ZoneId>,
    /// The unit that answers now.
    pub from: UnitId,
    /// The unit that would answer.
    pub to: UnitId,
}

impl PartialEq for Thing {
    fn eq(&self, other: &Self) -> bool {
        (self.what, self.at, self.amount, self.stays)
            == (other.what, other.at, other.amount, other.stays)
    }
}

/// Who answers in the zones of both, by place and face.
struct Leads<'a> {
    atlas: &'a Atlas,
    working: &'a Working,
}

impl<'a> Leads<'a> {
    fn now(&self, zone: u16) -> &'a UnitId {
        let atlas = self.atlas;
        atlas.zones().get(usize::from(zone)).map_or(&atlas.city().fallback, |zone| &zone.lead)
    }

    fn then(&self, face: u16) -> &'a UnitId {
        self.working.lead(face).unwrap_or(&self.atlas.city().fallback)
    }
}

/// What goes from which unit to which, by units. What only comes to another zone of the same unit is not told.
#[must_use]
pub fn flows(review: &Review, atlas: &Atlas, working: &Working) -> Vec<Flow> {
    let leads = Leads { atlas, working };
    let mut flows: BTreeMap<(&UnitId, &UnitId), Tally> = BTreeMap::new();
    for ((zone, face), tally) in review.sums() {
        let (from, to) = (leads.now(*zone), leads.then(*face));
        if from != to {
            let mut gone = *tally;
            gone.incidents -= gone.staying;
            gone.staying = 0;
            flows.entry((from, to)).or_default().add(&gone);
        }
    }
    let told = flows.into_iter().filter(|(_, tally)| !tally.is_empty());
    told.map(|((from, to), tally)| Flow { from: from.clone(), to: to.clone(), tally }).collect()
}

/// How many open incidents lie where another unit would answer and stay with theirs all the same.
#[must_use]
pub fn staying(review: &Review, atlas: &Atlas, working: &Working) -> u64 {
    let leads = Leads { atlas, working };
    let moved =
        review.sums().iter().filter(|((zone, face), _)| leads.now(*zone) != leads.then(*face));
    moved.map(|(_, tally)| u64::from(tally.staying)).sum()
}

/// The incidents and facilities whose place changes hands, at most `limit`: first the incidents that go with it, then
/// facilities in the order of their kinds, at last the incidents that stay. Reports and pieces of streets are only
/// counted.
#[must_use]
pub fn movers(review: &Review, atlas: &Atlas, working: &Working, limit: usize) -> Vec<Mover> {
    let leads = Leads { atlas, working };
    let mut found: Vec<Mover> = Vec::new();
    for (zone, face) in review.sums().keys().copied() {
        let (from, to) = (leads.now(zone), leads.then(face));
        if from == to {
            continue;
        }
        for number in review.named((zone, face)) {
            found.push(Mover {
                thing: review.things().all()[*number as usize],
                zone: atlas.zones().get(usize::from(zone)).map(|zone| zone.id.clone()),
                zone_then: working.zone_of(Some(face)).cloned(),
                from: from.clone(),
                to: to.clone(),
            });
        }
    }
    let order = |mover: &Mover| match mover.thing.what {
        What::Case(number) if mover.thing.stays.is_none() => (0, number),
        What::Facility(number) => (1 + u16::from(mover.thing.kind), number),
        What::Case(number) => (u16::MAX - 1, number),
        What::Report | What::Piece => (u16::MAX, 0),
    };
    found.sort_unstable_by_key(order);
    found.truncate(limit);
    found
}
