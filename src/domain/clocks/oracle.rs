//! Working time against an oracle that walks minute by minute and knows only the calendar's own
//! question, whether a day is worked, and what a wall clock shows.

mod lights;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use crate::domain::clocks::clock::{Clock, ClockEvent, ClockState, Happening, Light};
use crate::domain::clocks::hours::OfficeHours;
use crate::domain::clocks::limit::{Limit, LimitKind, MINUTE_US};
use crate::domain::clocks::work::WorkTime;
use crate::domain::time::{Calendar, Instant};

/// Zones without clock changes, with changes of an hour and of half an hour, with an odd offset, one
/// that put its clocks back for good (Juba) and one that skipped a whole day (Apia).
const ZONES: [&str; 9] = [
    "UTC",
    "Asia/Shanghai",
    "Asia/Kathmandu",
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Africa/Juba",
    "Pacific/Apia",
];

/// Midnights (UTC) near which clocks change in one zone or another, and one quiet day.
const NEAR: [&str; 8] = [
    "2026-03-06",
    "2026-10-30",
    "2026-10-23",
    "2026-03-27",
    "2026-04-03",
    "2026-02-13",
    "2021-01-30",
    "2011-12-28",
];

#[derive(Clone, Debug)]
struct World {
    calendar: Calendar,
    zone: TimeZone,
    hours: OfficeHours,
}

impl World {
    fn shows(&self, minute: i64) -> DateTime {
        let local = Instant(minute * MINUTE_US).local(&self.zone);
        local.date.to_datetime(local.time)
    }

    /// The latest that a wall clock shows from this minute to the next, both included.
    fn reaches(&self, minute: i64) -> DateTime {
        let moved = self.shows(minute).checked_add(jiff::Span::new().minutes(1)).unwrap();
        moved.max(self.shows(minute + 1))
    }

    fn works(&self, day: Date) -> bool {
        self.hours.every_day() || self.calendar.is_working_day(day)
    }

    fn in_office(&self, minute: i64) -> bool {
        let shows = self.shows(minute);
        let (day, time) = (shows.date(), shows.time());
        self.hours.spans().iter().any(|(from, to)| {
            if from < to {
                self.works(day) && *from <= time && time < *to
            } else {
                (self.works(day) && *from <= time)
                    || (self.works(day.yesterday().unwrap()) && time < *to)
            }
        })
    }

    /// Minutes of a kind that pass in each minute from `start`.
    fn passing(&self, kind: LimitKind, start: i64) -> impl Iterator<Item = i64> {
        // A day and a half before it a wall clock may have shown more than at the start.
        let mut peak = (start - 2160..start).map(|minute| self.reaches(minute)).max().unwrap();
        (start..).map(move |minute| match kind {
            LimitKind::Continuous => 1,
            LimitKind::OfficeHours => i64::from(self.in_office(minute)),
            LimitKind::WorkingDays | LimitKind::CalendarDays => {
                let shows = self.reaches(minute);
                let mut passed = 0;
                while peak < shows {
                    let counts = kind == LimitKind::CalendarDays
                        || self.calendar.is_working_day(peak.date());
                    passed += i64::from(counts);
                    peak = peak.checked_add(jiff::Span::new().minutes(1)).unwrap();
                }
                passed
            }
        })
    }
}

fn worlds() -> impl Strategy<Value = World> {
    let near = prop::collection::vec((0..NEAR.len(), -3_i64..12), 0..16);
    let hours = prop::collection::vec(0_i16..96, 0..7);
    (near.clone(), near, 0..ZONES.len(), hours, any::<bool>(), any::<bool>()).prop_map(
        |(off, on, zone, mut quarters, every_day, overnight)| {
            let day = |(near, after): &(usize, i64)| {
                let day: Date = NEAR[*near].parse().unwrap();
                day.checked_add(jiff::Span::new().days(*after)).unwrap()
            };
            quarters.sort_unstable();
            quarters.dedup();
            if overnight && quarters.len() > 1 {
                quarters.rotate_left(1);
            }
            let at = |quarter: i16| {
                Time::midnight() + jiff::Span::new().minutes(i64::from(quarter) * 15)
            };
            let (pairs, _) = quarters.as_chunks::<2>();
            let spans = pairs.iter().map(|[from, to]| (at(*from), at(*to))).collect();
            World {
                calendar: Calendar {
                    holidays: off.iter().map(day).collect(),
                    makeup_days: on.iter().map(day).collect(),
                    terms: Vec::new(),
                },
                zone: TimeZone::get(ZONES[zone]).unwrap(),
                hours: OfficeHours::new(spans, every_day).unwrap_or_default(),
            }
        },
    )
}

/// What a walk minute by minute finds of a clock; amounts in minutes.
#[derive(Debug)]
struct Walked {
    state: ClockState,
    used: i64,
    limit: i64,
    /// The minute at whose end the deadline has come, and the one at whose beginning it had not.
    due: Option<i64>,
    faults: usize,
    /// Each minute that it ran, and each moment at which it began to.
    ran: Vec<Ran>,
    /// The minute before which no deadline lies.
    floor: i64,
    /// The last minute at whose beginning it ran or ended a run.
    last: Option<i64>,
    /// The minute at which the last pause ends by itself.
    wakes: Option<i64>,
}

/// A stretch in which a clock ran, from one minute to another, with what it had used before and after.
#[derive(Clone, Copy, Debug)]
struct Ran {
    minutes: (i64, i64),
    used: (i64, i64),
}

impl Walked {
    fn run(&mut self, minutes: (i64, i64), passed: i64) {
        let before = self.used;
        self.used += passed;
        self.last = Some(minutes.1);
        self.ran.push(Ran { minutes, used: (before, self.used) });
    }
}

/// The state after a happening, where it follows from the one before.
fn follows(what: Happening, state: ClockState, paused_last: bool) -> Option<ClockState> {
    use ClockState::{Running, Stopped, Suspended, Waiting};
    match (what, state) {
        (Happening::Started, Waiting) | (Happening::Resumed, Suspended | Stopped) => Some(Running),
        (Happening::Resumed, Running) if paused_last => Some(Running),
        (Happening::SuspendedUntil { .. }, Running) => Some(Suspended),
        (Happening::Stopped, Running | Suspended) => Some(Stopped),
        _ => None,
    }
}

fn may_extend(state: ClockState) -> bool {
    state != ClockState::Stopped
}

/// Walks to `end`. The events are in order, at whole minutes from `start` on.
fn walked(
    world: &World,
    limit: Limit,
    events: &[(i64, Happening)],
    (start, end): (i64, i64),
) -> Walked {
    // An extension may be granted until long after the walk.
    let ahead = usize::try_from(end - start + 6_000).unwrap();
    let passing: Vec<i64> = world.passing(limit.kind, start).take(ahead).collect();
    let mut now = walk(&passing, limit, events, (start, end));
    let there = |ran: &&Ran| {
        let (from, to) = ran.minutes;
        from < to && ran.used.1 >= now.limit && to >= now.floor
    };
    now.due = now.ran.iter().find(there).map(|ran| ran.minutes.1);
    now
}

/// The same along what passes in each minute from the start on.
fn walk(
    passing: &[i64],
    limit: Limit,
    events: &[(i64, Happening)],
    (start, end): (i64, i64),
) -> Walked {
    let ahead = i64::try_from(passing.len()).unwrap();
    let between = |from: i64, to: i64| -> i64 {
        let at = |minute: i64| usize::try_from((minute - start).clamp(0, ahead)).unwrap();
        if to <= from { 0 } else { passing[at(from)..at(to)].iter().sum() }
    };
    let mut now = Walked {
        state: ClockState::Waiting,
        used: 0,
        limit: i64::from(limit.minutes),
        due: None,
        faults: 0,
        // Which limit holds in the end is known only in the end, so the minutes are kept.
        ran: Vec::new(),
        floor: i64::MIN,
        last: None,
        wakes: None,
    };
    for minute in start..end {
        // What is over by now ends before anything else happens.
        if now.state == ClockState::Suspended && now.wakes.is_some_and(|at| at <= minute) {
            now.state = ClockState::Running;
            now.run((minute, minute), 0);
        }
        for (_, what) in events.iter().filter(|(at, _)| *at == minute) {
            let at_us = |at: Instant| at.0.div_euclid(MINUTE_US);
            if let (Happening::ExtendedUntil { until }, true) = (what, may_extend(now.state)) {
                let until = at_us(*until);
                now.limit = now.limit.max(now.used + between(minute, until));
                now.floor = now.floor.max(until);
                continue;
            }
            let Some(next) = follows(*what, now.state, now.wakes.is_some()) else {
                now.faults += 1;
                continue;
            };
            now.wakes = match what {
                Happening::SuspendedUntil { until } => Some(at_us(*until)),
                _ => None,
            };
            now.state = next;
            if next == ClockState::Suspended && now.wakes.is_some_and(|at| at <= minute) {
                now.state = ClockState::Running;
            }
            if now.state == ClockState::Running {
                now.run((minute, minute), 0);
            }
        }
        if now.state == ClockState::Running {
            now.run((minute, minute + 1), between(minute, minute + 1));
        }
    }
    now
}

fn happenings() -> impl Strategy<Value = Vec<(i64, Happening)>> {
    let until = |minutes: i64| Instant(minutes * MINUTE_US);
    let one = (0_i64..2_000, -100_i64..2_500, 0..8_u8).prop_map(move |(at, after, what)| {
        let what = match what {
            0 | 1 => Happening::Started,
            2 | 3 => Happening::SuspendedUntil { until: until(at + after) },
            4 => Happening::Resumed,
            5 | 6 => Happening::ExtendedUntil { until: until(at + after) },
            _ => Happening::Stopped,
        };
        (at, what)
    });
    prop::collection::vec(one, 1..9).prop_map(|mut events| {
        events.sort_by_key(|(at, _)| *at);
        // A clock that nobody starts is one case of many.
        if let Some(first) = events.first_mut()
            && first.0 % 8 > 0
        {
            first.1 = Happening::Started;
        }
        events
    })
}

/// The happenings, their times counted from `start` (minutes).
fn from(start: i64, events: &[(i64, Happening)]) -> Vec<(i64, Happening)> {
    let later = |until: Instant| Instant(until.0 + start * MINUTE_US);
    let moved = |what| match what {
        Happening::SuspendedUntil { until } => Happening::SuspendedUntil { until: later(until) },
        Happening::ExtendedUntil { until } => Happening::ExtendedUntil { until: later(until) },
        other => other,
    };
    events.iter().map(|(at, what)| (start + at, moved(*what))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 120, ..ProptestConfig::default() })]

    #[test]
    fn a_clock_stands_as_a_walk_minute_by_minute_finds(
        world in worlds(),
        near in 0..NEAR.len(),
        after in 0_i64..4 * 1440,
        events in happenings(),
        minutes in 1_u32..900,
        passed in 1_i64..6_000,
    ) {
        let work = WorkTime::new(&world.calendar, world.zone.clone(), world.hours.clone());
        let midnight = Instant::parse(&format!("{}T00:00:00Z", NEAR[near])).unwrap();
        let start = midnight.0 / MINUTE_US + after;
        let events = from(start, &events);
        let told: Vec<ClockEvent> = events
            .iter()
            .map(|(at, what)| ClockEvent { at: Instant(at * MINUTE_US), what: *what })
            .collect();
        let now = start + passed;
        for kind in LimitKind::ALL {
            let limit = Limit { kind, minutes };
            // What happens at `now` itself has happened; the walk is to the minute's beginning.
            let before: Vec<(i64, Happening)> =
                events.iter().copied().filter(|(at, _)| *at < now).collect();
            let expected = walked(&world, limit, &before, (start, now));
            let clock = Clock::replay(limit, &told, Instant(now * MINUTE_US - 1));
            let read = clock.read(&work);
            let words = format!("{kind:?}: {read:?} for {expected:?}");
            prop_assert_eq!(clock.faults().len(), expected.faults, "{}", words);
            prop_assert_eq!(read.state, expected.state, "{}", words);
            // The last microsecond is not walked.
            prop_assert!((read.used_us - expected.used * MINUTE_US).abs() <= 1, "{}", words);
            prop_assert_eq!(read.limit_us, expected.limit * MINUTE_US, "{}", words);
            match (read.due, expected.due) {
                (Some(got), Some(due)) => {
                    prop_assert!((due - 1) * MINUTE_US <= got.0 && got.0 <= due * MINUTE_US, "{}", words);
                }
                // The walk ends before the deadline.
                (Some(got), None) => prop_assert!(got.0 >= now * MINUTE_US - 1, "{}", words),
                (None, due) => prop_assert!(due.is_none_or(|due| due >= now), "{}", words),
            }
            let red = read.due.is_some_and(|due| due.0 < now * MINUTE_US - 1)
                && expected.due.is_some();
            prop_assert_eq!(read.light == Light::Red, red && clock.ran_past(&work, 100), "{}", words);
            // No extension makes a deadline earlier, and greater shares come no earlier.
            let plain: Vec<ClockEvent> = told
                .iter()
                .copied()
                .filter(|event| !matches!(event.what, Happening::ExtendedUntil { .. }))
                .collect();
            let without = Clock::replay(limit, &plain, Instant(now * MINUTE_US - 1));
            if let (Some(with), Some(without)) = (read.due, without.read(&work).due) {
                prop_assert!(with >= without, "{}", words);
            }
            let shares = [50, 80, 99, 100, 101, 150, 200].map(|p| clock.reaches(&work, p));
            prop_assert!(shares.iter().flatten().is_sorted(), "{:?}", shares);
        }
    }

    #[test]
    fn elapsed_and_deadline_are_what_a_walk_minute_by_minute_finds(
        world in worlds(),
        near in 0..NEAR.len(),
        after in 0_i64..6 * 1440,
        walk in 1_i64..6 * 1440,
    ) {
        let work = WorkTime::new(&world.calendar, world.zone.clone(), world.hours.clone());
        let midnight = Instant::parse(&format!("{}T00:00:00Z", NEAR[near])).unwrap();
        let start = midnight.0 / MINUTE_US + after;
        let from = Instant(start * MINUTE_US);
        for kind in LimitKind::ALL {
            let mut sum = 0;
            let mut minute = start;
            for passed in world.passing(kind, start).take(usize::try_from(walk).unwrap()) {
                minute += 1;
                if passed == 0 {
                    continue;
                }
                // The first minute at whose end so much has passed; a skipped hour passes at once.
                let before = sum;
                sum += passed;
                let at = work.after(kind, from, sum * MINUTE_US).unwrap().0;
                prop_assert!((minute - 1) * MINUTE_US <= at && at <= minute * MINUTE_US,
                    "{kind:?}: {sum} minutes pass by {} and not {}", minute * MINUTE_US, at);
                let half = work.after(kind, from, before * MINUTE_US + 1).unwrap().0;
                prop_assert!((minute - 1) * MINUTE_US <= half && half <= at);
            }
            let to = Instant(minute * MINUTE_US);
            prop_assert_eq!(work.elapsed_us(kind, from, to), sum * MINUTE_US, "{:?}", kind);
        }
    }

    #[test]
    fn any_instant_and_amount_has_an_answer_that_agrees_with_itself(
        world in worlds(),
        from in prop_oneof![9 => 0..4_000_000_000_000_000_i64, 1 => any::<i64>()],
        to in any::<i64>(),
        amount in prop_oneof![9 => 1..300_000_000_000_000_i64, 1 => any::<i64>()],
    ) {
        let work = WorkTime::new(&world.calendar, world.zone.clone(), world.hours.clone());
        for kind in LimitKind::ALL {
            prop_assert!(work.elapsed_us(kind, Instant(from), Instant(to)) >= 0);
            if let Some(at) = work.after(kind, Instant(from), amount)
                && amount > 0
            {
                prop_assert!(work.elapsed_us(kind, Instant(from), at) >= amount);
                prop_assert!(work.elapsed_us(kind, Instant(from), Instant(at.0 - 1)) < amount);
            }
        }
    }
}

#[test]
fn without_working_time_a_deadline_never_comes() {
    let hours = OfficeHours::new(Vec::new(), true).unwrap();
    let zone = TimeZone::get("America/New_York").unwrap();
    let work = WorkTime::new(&Calendar::default(), zone, hours);
    let never = |amount| work.after(LimitKind::OfficeHours, Instant(0), amount);
    assert_eq!(never(1), None);
    assert_eq!(never(i64::MAX), None);
    assert_eq!(never(0), Some(Instant(0)));
    assert_eq!(work.elapsed_us(LimitKind::OfficeHours, Instant(0), Instant(i64::MAX)), 0);
    // Beyond the last year there is.
    for kind in LimitKind::ALL {
        assert_eq!(work.after(kind, Instant(0), i64::MAX), None, "{kind:?}");
    }
}

#[test]
fn an_hour_that_is_skipped_is_not_worked_and_one_repeated_is_worked_twice() {
    let night = (Time::constant(0, 0, 0, 0), Time::constant(6, 0, 0, 0));
    let hours = OfficeHours::new(vec![night], true).unwrap();
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let work = WorkTime::new(&Calendar::default(), zone, hours);
    let check = |from: &str, to: &str, kind, hours: i64| {
        let (from, to) = (Instant::parse(from).unwrap(), Instant::parse(to).unwrap());
        assert_eq!(work.elapsed_us(kind, from, to), hours * 60 * MINUTE_US, "{from:?} {kind:?}");
        assert_eq!(work.after(kind, from, hours * 60 * MINUTE_US), Some(to));
    };
    let spring = ("2026-03-29T00:00:00+01:00", "2026-03-29T06:00:00+02:00");
    let autumn = ("2026-10-25T00:00:00+02:00", "2026-10-25T06:00:00+01:00");
    check(spring.0, spring.1, LimitKind::OfficeHours, 5);
    check(spring.0, spring.1, LimitKind::CalendarDays, 6);
    check(autumn.0, autumn.1, LimitKind::OfficeHours, 7);
    check(autumn.0, autumn.1, LimitKind::CalendarDays, 6);
    check(autumn.0, autumn.1, LimitKind::Continuous, 7);
}

#[test]
fn at_both_ends_of_time_every_zone_answers() {
    let end = jiff::Timestamp::MAX.as_microsecond();
    let start = jiff::Timestamp::MIN.as_microsecond();
    let edges = [i64::MIN, start, start + 1, end - 1_000_000, end - 1, end, i64::MAX];
    for zone in ZONES {
        let zone = TimeZone::get(zone).unwrap();
        let work = WorkTime::new(&Calendar::default(), zone, OfficeHours::default());
        for kind in LimitKind::ALL {
            for from in edges.map(Instant) {
                assert_eq!(work.after(kind, from, i64::MAX), None);
                assert_eq!(work.after(kind, from, 0), Some(from));
                let next = work.after(kind, from, 1);
                let inside = |at: Instant| at > from && start < at.0 && at.0 < end;
                assert!(next.is_some() || from.0 > start + 1, "{kind:?} {from:?}");
                assert!(next.is_none_or(inside), "{kind:?} {from:?} {next:?}");
                for to in edges.map(Instant) {
                    assert_eq!(work.elapsed_us(kind, from, to).min(0), 0);
                }
            }
        }
    }
}
