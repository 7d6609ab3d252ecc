//! Incidents for map clients: what the store has an index for it looks up, the rest of the filter is decided
//! here, page by page.

use crate::app::incidents::{self, PAGE_MAX, Wanted};
use crate::app::ogc::select::Wish;
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat};
use crate::domain::accounts::{Caller, Scope};
use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::{CategoryCode, IncidentId, UnitId, ZoneId};
use crate::domain::incidents::docket::{Docket, IncidentKey, IncidentOrder};
use crate::domain::incidents::step::Stage;
use crate::domain::ogc::feature::{Feature, Thing};
use crate::domain::ogc::filter::{Comparison, Subject, Term, Test, Value};
use crate::domain::ogc::span::{Span, Timely};
use crate::domain::time::Instant;
use crate::geom::coord::GridBox;

/// Most incidents that are looked at for one page; behind them it ends early, and the next one goes on.
const LOOKED_MAX: usize = 20_000;
/// Most that are looked at to tell how many there are in all; of more it is not told.
const COUNTED_MAX: usize = 10_000;

/// A page of incidents, the last opened first.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Those on the page.
    pub dockets: Vec<Docket>,
    /// How many there are on all pages, where that could be told.
    pub matched: Option<usize>,
    /// Behind which place the next page begins, where there is one.
    pub next: Option<String>,
}

/// Finds a page of incidents that were opened in a stretch of time.
///
/// # Errors
/// [`Refusal::Invalid`] for what is no place in the list; as [`incidents::list`].
pub async fn page(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    atlas: &Atlas,
    wish: &Wish,
    opened: Span,
) -> Result<Found, Refusal> {
    let after = wish.after.as_deref().map(key).transpose()?;
    let mut wanted = Wanted { order: IncidentOrder::Newest, ..Wanted::default() };
    narrow(&mut wanted, wish.test.as_ref(), caller);
    opened_in(&mut wanted, opened);
    let look = Look { app, seat, caller, atlas, wish };
    let (mut found, ended) = look.kept(&wanted, after, wish.limit).await?;
    if ended && after.is_none() && found.next.is_none() {
        found.matched = Some(found.dockets.len());
    } else {
        found.matched = look.counted(&wanted).await?;
    }
    Ok(found)
}

/// One look along the list.
struct Look<'a> {
    app: &'a App,
    seat: &'a Seat,
    caller: &'a Caller,
    atlas: &'a Atlas,
    wish: &'a Wish,
}

impl Look<'_> {
    fn keeps(&self, docket: &Docket) -> bool {
        let at = docket.matter.position;
        let inside = |frames: &Vec<GridBox>| frames.iter().any(|frame| frame.holds(at));
        let feature = Feature { atlas: self.atlas, thing: Thing::Incident(docket) };
        self.wish.frames.as_ref().is_none_or(inside)
            && self.wish.test.as_ref().is_none_or(|test| test.keeps(&feature))
    }

    async fn read(
        &self,
        wanted: &Wanted,
        after: Option<IncidentKey>,
    ) -> Result<Vec<Docket>, Refusal> {
        // What is decided between two reads keeps nobody else waiting for long.
        tokio::task::yield_now().await;
        let wanted = Wanted { after, limit: PAGE_MAX, ..wanted.clone() };
        incidents::list(self.app, self.seat, self.caller, wanted).await
    }

    /// At most `limit` from behind `after`, and whether the end of the list was reached.
    async fn kept(
        &self,
        wanted: &Wanted,
        mut after: Option<IncidentKey>,
        limit: usize,
    ) -> Result<(Found, bool), Refusal> {
        let mut found = Found::default();
        let mut looked = 0;
        loop {
            let pile = self.read(wanted, after).await?;
            let last = pile.len() < PAGE_MAX as usize;
            looked += pile.len();
            for docket in pile {
                let place = wanted.order.key(&docket);
                if self.keeps(&docket) {
                    if found.dockets.len() == limit {
                        found.next = after.map(written);
                        return Ok((found, false));
                    }
                    found.dockets.push(docket);
                }
                after = Some(place);
            }
            if last {
                return Ok((found, true));
            }
            if looked >= LOOKED_MAX {
                found.next = after.map(written);
                return Ok((found, false));
            }
        }
    }

    /// How many there are; `None` where that takes too long.
    async fn counted(&self, wanted: &Wanted) -> Result<Option<usize>, Refusal> {
        let (mut after, mut looked, mut count) = (None, 0, 0);
        while looked < COUNTED_MAX {
            let pile = self.read(wanted, after).await?;
            looked += pile.len();
            count += pile.iter().filter(|docket| self.keeps(docket)).count();
            if pile.len() < PAGE_MAX as usize {
                return Ok(Some(count));
            }
            after = pile.last().map(|last| wanted.order.key(last));
        }
        Ok(None)
    }
}

/// A place in the list, as it stands in an address.
fn written(key: IncidentKey) -> String {
    format!("{}_{}", key.at.0, key.id)
}

fn key(text: &str) -> Result<IncidentKey, Refusal> {
    let read = || {
        let (at, id) = text.split_once('_')?;
        Some(IncidentKey { at: Instant(at.parse().ok()?), id: IncidentId(id.parse().ok()?) })
    };
    read().ok_or_else(|| Refusal::fault("after", "is no place in this list; follow `next`"))
}

/// Only what was opened in a stretch of time.
fn opened_in(wanted: &mut Wanted, span: Span) {
    if span.from > Span::ALWAYS.from {
        wanted.opened_from = wanted.opened_from.max(Some(span.from));
    }
    if span.to < Span::ALWAYS.to {
        let ends = Instant(span.to.0 + 1);
        wanted.opened_to = Some(wanted.opened_to.map_or(ends, |to| to.min(ends)));
    }
}

/// Has the store look up what it can of the conditions that must all hold. Each stays in the filter: here it
/// may let more through than is meant, never less.
fn narrow(wanted: &mut Wanted, test: Option<&Test>, caller: &Caller) {
    for condition in test.map_or(&[][..], Test::conditions) {
        match condition {
            Test::Compare(how, Term::Property(name), Term::Literal(value)) => {
                compared(wanted, name, *how, value, caller);
            }
            Test::Flag(Term::Property(name)) if name == "for_dispatcher" => {
                wanted.for_dispatcher = true;
            }
            Test::Between(Term::Property(name), low, high) if name == "opened_at" => {
                if let (Value::Time(low), Value::Time(high)) =
                    (low.value(&Nobody), high.value(&Nobody))
                {
                    opened_in(wanted, Span { from: low.from, to: high.to });
                }
            }
            Test::Timely(how, Term::Property(name), when) if name == "opened_at" => {
                if let Value::Time(span) = when.value(&Nobody) {
                    timely(wanted, *how, span);
                }
            }
            _ => {}
        }
    }
}

fn compared(wanted: &mut Wanted, name: &str, how: Comparison, value: &Value<'_>, caller: &Caller) {
    match (name, how, value) {
        ("zone", Comparison::Equal, Value::Text(code)) => {
            wanted.zone = ZoneId::new(code).ok().or(wanted.zone.take());
        }
        // A unit's own list is its own already, and what it stands beside is led by others.
        ("unit", Comparison::Equal, Value::Text(code)) if caller.scope() == Scope::Everything => {
            wanted.unit = UnitId::new(code).ok().or(wanted.unit.take());
        }
        ("category", Comparison::Equal, Value::Text(code)) => {
            wanted.category = CategoryCode::new(code).ok().or(wanted.category.take());
        }
        ("stage", Comparison::Equal, Value::Text(code)) => {
            wanted.stage = Stage::from_code(code).or(wanted.stage);
        }
        ("for_dispatcher", Comparison::Equal, Value::Flag(true)) => wanted.for_dispatcher = true,
        ("opened_at", how, Value::Time(span)) => {
            let always = Span::ALWAYS;
            match how {
                Comparison::Equal => opened_in(wanted, *span),
                Comparison::Less | Comparison::LessEqual => {
                    opened_in(wanted, Span { from: always.from, to: span.to });
                }
                Comparison::Greater | Comparison::GreaterEqual => {
                    opened_in(wanted, Span { from: span.from, to: always.to });
                }
                Comparison::Unequal => {}
            }
        }
        _ => {}
    }
}

fn timely(wanted: &mut Wanted, how: Timely, span: Span) {
    let always = Span::ALWAYS;
    match how {
        Timely::After => opened_in(wanted, Span { from: span.to, to: always.to }),
        Timely::Before => opened_in(wanted, Span { from: always.from, to: span.from }),
        Timely::Disjoint => {}
        // All others share an instant with it.
        _ => opened_in(wanted, span),
    }
}

/// Of whom nothing is known: what has a value all the same is the same for every feature.
struct Nobody;

impl Subject for Nobody {
    fn value(&self, _: &str) -> Value<'_> {
        Value::Null
    }

    fn shape(&self) -> Option<std::borrow::Cow<'_, geo_types::Geometry<f64>>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(name: &str, value: &'static str) -> Test {
        let text = Value::Text(std::borrow::Cow::Borrowed(value));
        Test::Compare(Comparison::Equal, Term::Property(name.to_owned()), Term::Literal(text))
    }

    #[test]
    fn what_must_hold_is_looked_up_and_what_may_hold_is_not() {
        let admin = Caller::cli();
        let of = |test: &Test, caller: &Caller| {
            let mut wanted = Wanted::default();
            narrow(&mut wanted, Some(test), caller);
            wanted
        };
        let both = vec![equal("stage", "filed"), equal("unit", "u1")];
        let wanted = of(&Test::All(both.clone()), &admin);
        assert_eq!(wanted.stage, Stage::from_code("filed"));
        assert_eq!(wanted.unit, UnitId::new("u1").ok());
        assert_eq!(of(&Test::Any(both.clone()), &admin), Wanted::default());
        assert_eq!(of(&Test::Not(Box::new(equal("zone", "z1"))), &admin), Wanted::default());
        let unit = Caller {
            unit: UnitId::new("u2").ok(),
            role: crate::domain::accounts::Role::Unit,
            ..admin
        };
        assert_eq!(of(&Test::All(both), &unit).unit, None);
    }

    #[test]
    fn times_are_looked_up_never_narrower_than_is_meant() {
        let at = |us| Term::Literal(Value::Time(Span::at(Instant(us))));
        let opened = || Term::Property("opened_at".to_owned());
        let of = |tests: Vec<Test>| {
            let mut wanted = Wanted::default();
            narrow(&mut wanted, Some(&Test::All(tests)), &Caller::cli());
            (wanted.opened_from.map(|at| at.0), wanted.opened_to.map(|at| at.0))
        };
        let after = Test::Timely(Timely::After, opened(), at(5));
        let less = Test::Compare(Comparison::LessEqual, opened(), at(9));
        assert_eq!(of(vec![after.clone()]), (Some(5), None));
        assert_eq!(of(vec![after, less]), (Some(5), Some(10)));
        let open = Term::Interval(Some(Box::new(at(3))), None);
        assert_eq!(of(vec![Test::Timely(Timely::During, opened(), open)]), (Some(3), None));
        assert_eq!(of(vec![Test::Between(opened(), at(1), at(2))]), (Some(1), Some(3)));
    }
}
