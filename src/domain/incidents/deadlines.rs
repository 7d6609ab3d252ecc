//! The deadlines of a city's cases, as its atlas has calendar, zone, limits and hours.

use sha2::{Digest, Sha256};

use crate::domain::atlas::in_force::Atlas;
use crate::domain::clocks::hours::OfficeHours;
use crate::domain::clocks::work::WorkTime;
use crate::domain::id::{CategoryCode, UnitId};
use crate::domain::incidents::case::{Case, Rung};
use crate::domain::incidents::docket::Due;
use crate::domain::incidents::timing::{Hours, Timing, TimingReading};
use crate::domain::time::Instant;

/// What tells deadlines. Make it once for many cases: it sorts the calendar.
pub struct Deadlines<'a> {
    atlas: &'a Atlas,
    city: WorkTime,
    edition: i64,
}

impl<'a> Deadlines<'a> {
    /// Deadlines by what is in force.
    #[must_use]
    pub fn of(atlas: &'a Atlas) -> Self {
        let calendar = &atlas.city().calendar;
        let city = WorkTime::new(calendar, atlas.time_zone().clone(), OfficeHours::default());
        Self { atlas, city, edition: edition(atlas) }
    }

    /// The [`edition`] of what they are told by.
    #[must_use]
    pub fn edition(&self) -> i64 {
        self.edition
    }

    /// How the clocks of a case of this category stand.
    #[must_use]
    pub fn read(
        &self,
        case: &Case,
        category: Option<&CategoryCode>,
        now: Instant,
    ) -> TimingReading {
        let limits = self.atlas.city().limits.of(category);
        let own = self.of_unit(case.state().unit.as_ref());
        Timing::of(case, &limits, now).read(self.hours(own.as_ref()))
    }

    /// The nearest deadline of a case's clocks, when the light of that clock turns, the deadline of the whole
    /// case, and when a ladder goes on, as the case stands after its last step.
    #[must_use]
    pub fn due(&self, case: &Case, category: Option<&CategoryCode>) -> Due {
        let limits = self.atlas.city().limits.of(category);
        let own = self.of_unit(case.state().unit.as_ref());
        let hours = self.hours(own.as_ref());
        let timing = Timing::of(case, &limits, case.state().last_at);
        let (at, turns) = timing.nearest(hours).unzip();
        let escalates_at =
            limits.ladder.as_ref().and_then(|ladder| timing.escalates_at(ladder, hours));
        let whole_at = timing.whole_due(hours);
        Due { at, whole_at, turns, escalates_at, edition: self.edition }
    }

    /// The steps of its ladders that a case has to take now.
    #[must_use]
    pub fn rungs(&self, case: &Case, category: Option<&CategoryCode>, now: Instant) -> Vec<Rung> {
        let limits = self.atlas.city().limits.of(category);
        let Some(ladder) = &limits.ladder else { return Vec::new() };
        let own = self.of_unit(case.state().unit.as_ref());
        Timing::of(case, &limits, now).rungs(ladder, self.hours(own.as_ref()))
    }

    /// The city's hours, and those of the unit where it has its own.
    fn hours<'b>(&'b self, own: Option<&'b WorkTime>) -> Hours<'b> {
        Hours { city: &self.city, unit: own.unwrap_or(&self.city) }
    }

    /// The working time of a unit that has hours of its own.
    fn of_unit(&self, unit: Option<&UnitId>) -> Option<WorkTime> {
        let hours = self.atlas.unit(unit?)?.hours.clone()?;
        let calendar = &self.atlas.city().calendar;
        Some(WorkTime::new(calendar, self.atlas.time_zone().clone(), hours))
    }
}

/// A number that differs when anything differs by which deadlines are told: zone, calendar, limits and the
/// units' hours. Two cities may share one; it is compared within a city only.
#[must_use]
pub fn edition(atlas: &Atlas) -> i64 {
    let city = atlas.city();
    let hours = |unit: &crate::domain::atlas::unit::Unit| {
        unit.hours.as_ref().map(|hours| format!("{} {hours}", unit.id))
    };
    let hours: Vec<String> = atlas.units().iter().filter_map(hours).collect();
    // Counted up when more is told of a case than before: 2, when its ladder goes on; 3, also that of its
    // stage, and when the light turns; 4, when the whole case is due.
    let all = serde_json::json!([4, city.time_zone, city.calendar, city.limits, hours]).to_string();
    let mut first = [0; 8];
    for (to, from) in first.iter_mut().zip(Sha256::digest(all.as_bytes())) {
        *to = from;
    }
    i64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::accounts::{Caller, Role};
    use crate::domain::atlas::city::CityState;
    use crate::domain::clocks::escalation::Act;
    use crate::domain::clocks::limits::{Awaited, ClockOf};
    use crate::domain::id::{IncidentId, ReportId};
    use crate::domain::incidents::case::Ask;
    use crate::domain::incidents::step::{Carried, Move};
    use crate::domain::sample::{Recipe, city};

    fn at(text: &str) -> Instant {
        Instant::parse(&format!("{text}:00+08:00")).unwrap()
    }

    fn atlas(change: impl FnOnce(&mut CityState)) -> Atlas {
        let mut state = city(&Recipe::default());
        state.facilities.clear();
        state.rules.clear();
        change(&mut state);
        Atlas::build(state).unwrap()
    }

    /// Rubbish that was dispatched to a unit on the last morning before the holiday of October.
    fn case(unit: &UnitId) -> Case {
        let (id, report) = (IncidentId(Uuid::from_u128(1)), ReportId(Uuid::from_u128(1)));
        let opened = at("2026-09-30T09:00");
        let mut case =
            Case::open(id, report, "rubbish".to_owned(), &Caller::public(), opened).unwrap();
        let by = Caller { role: Role::Dispatcher, unit: None, actor: "desk".to_owned() };
        for act in [Move::Verify, Move::File, Move::Dispatch] {
            let unit = (act == Move::Dispatch).then(|| unit.clone());
            let carried = Carried { unit, ..Carried::default() };
            let ask = Ask { seen: case.state().revision, act, carried };
            case = case.decide(ask, &by, at("2026-09-30T17:00")).unwrap();
        }
        case
    }

    #[test]
    fn a_corrected_calendar_gives_other_steps_of_a_ladder_for_the_same_journal() {
        let (id, report) = (IncidentId(Uuid::from_u128(1)), ReportId(Uuid::from_u128(1)));
        let opened = at("2026-09-30T17:00");
        let waits = Case::open(id, report, String::new(), &Caller::public(), opened).unwrap();
        let usual = atlas(|_| {});
        let worked = atlas(|state| state.city.calendar.holidays.clear());
        let due = |atlas: &Atlas| Deadlines::of(atlas).due(&waits, None);
        // Two office hours to verify: one before the holiday, one after it.
        assert_eq!(due(&usual).escalates_at, Some(at("2026-10-08T09:00")));
        assert_eq!(due(&worked).escalates_at, Some(at("2026-10-01T09:00")));
        assert_eq!(due(&usual).turns.unwrap().of, ClockOf::Stage(Awaited::Verify));
        let now = at("2026-10-01T10:30");
        let rungs = |atlas: &Atlas| Deadlines::of(atlas).rungs(&waits, None, now);
        assert_eq!(rungs(&usual), []);
        let acts: Vec<Act> = rungs(&worked).iter().map(|rung| rung.step.act).collect();
        assert_eq!(acts, [Act::Remind, Act::Urge]);
    }

    #[test]
    fn a_deadline_follows_calendar_limits_and_the_hours_of_the_unit() {
        let usual = atlas(|_| {});
        let unit = usual.units()[0].id.clone();
        let rubbish = CategoryCode::new("event.01.rubbish").unwrap();
        let due = |atlas: &Atlas| Deadlines::of(atlas).due(&case(&unit), Some(&rubbish)).at;
        // Three office hours: one before the holiday, two after it.
        assert_eq!(due(&usual), Some(at("2026-10-08T10:00")));
        let worked = atlas(|state| state.city.calendar.holidays.clear());
        assert_eq!(due(&worked), Some(at("2026-10-01T10:00")));
        let always = OfficeHours::parse("daily 00:00-24:00").unwrap();
        let nights = atlas(|state| state.units[0].hours = Some(always.clone()));
        assert_eq!(due(&nights), Some(at("2026-09-30T20:00")));
        let read = Deadlines::of(&usual).read(&case(&unit), None, at("2026-09-30T17:00"));
        assert_eq!(read.whole.unwrap().limit_us, 7 * 24 * 3_600_000_000, "seven working days");
        // Each of these is another edition, and what tells no deadline is not.
        let named = atlas(|state| state.city.names.en = "Elsewhere".to_owned());
        assert_eq!(edition(&named), edition(&usual));
        let editions = [edition(&usual), edition(&worked), edition(&nights)];
        assert!(editions[0] != editions[1] && editions[0] != editions[2]);
    }
}
