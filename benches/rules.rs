//! A dry run of rules and of zones over a million past reports, against asking the router twice.
//!
//! All in memory and on one core: what the store costs is measured where the store is. Fails when a target
//! is missed. `ZONEWARDEN_BENCH_REPORTS` makes it smaller.

#![expect(clippy::print_stdout, reason = "a bench talks to a person")]
#![expect(clippy::unwrap_used, reason = "a bench may fail loudly")]

#[path = "bed/median.rs"]
mod median;

use std::sync::Arc;
use std::time::Instant as Stopwatch;

use median::median;
use uuid::Uuid;
use zonewarden::domain::atlas::city::CityState;
use zonewarden::domain::atlas::in_force::Atlas;
use zonewarden::domain::atlas::rule::{Mode, Reach, Rule};
use zonewarden::domain::id::{CategoryCode, ReportId, RuleId};
use zonewarden::domain::reports::rehearse::{Rehearsal, Told, Trial};
use zonewarden::domain::reports::routing::{Ask, route};
use zonewarden::domain::sample::reports::Reports;
use zonewarden::domain::sample::{self, Recipe};
use zonewarden::domain::text::Names;
use zonewarden::domain::time::{Instant, Window};
use zonewarden::geom::coord::LonLat;

/// At least so many reports a second on one core.
const RATE_LEAST: f64 = 1_000_000.0;
const ROUNDS: usize = 5;

fn main() {
    let count: u64 =
        std::env::var("ZONEWARDEN_BENCH_REPORTS").map_or(1_000_000, |count| count.parse().unwrap());
    let recipe = Recipe::default();
    let state = sample::city(&recipe);
    let told = told(&Reports::new(&recipe, count));
    let now = Arc::new(Atlas::build(state.clone()).unwrap());
    let changes =
        [("other rules", other_rules(state.clone())), ("other zones", other_zones(state))];
    println!("{count} reports, one core, {ROUNDS} rounds; medians");
    let mut missed = false;
    for (what, then) in changes {
        let then = Arc::new(Atlas::build(then).unwrap());
        let (mut plain, mut ours) = (Vec::new(), Vec::new());
        let (mut expected, mut found) = ([0; 3], Rehearsal::default());
        for _ in 0..ROUNDS {
            let begun = Stopwatch::now();
            expected = twice(&now, &then, &told);
            plain.push(begun.elapsed().as_secs_f64());
            let begun = Stopwatch::now();
            found = Rehearsal::default();
            Trial::new(Arc::clone(&now), Arc::clone(&then)).rehearse(&told, &mut found);
            ours.push(begun.elapsed().as_secs_f64());
        }
        let got = [found.elsewhere, found.to_queue, found.from_queue];
        assert_eq!(got, expected, "both find the same");
        let [elsewhere, to_queue, from_queue] = got;
        #[expect(clippy::cast_precision_loss, reason = "a count of reports")]
        let rate = |seconds: Vec<f64>| told.len() as f64 / median(seconds);
        let (plain, ours) = (rate(plain), rate(ours));
        println!(
            "{what}: {ours:.0} reports/s, asking twice {plain:.0}/s ({:.1} times); {elsewhere} elsewhere, \
             {to_queue} to the queue, {from_queue} from it",
            ours / plain
        );
        missed |= ours < RATE_LEAST;
    }
    assert!(!missed, "less than {RATE_LEAST} reports a second");
}

/// The plain way: the explained answer of either atlas.
fn twice(now: &Atlas, then: &Atlas, told: &[Told]) -> [u64; 3] {
    let [mut elsewhere, mut to_queue, mut from_queue] = [0; 3];
    for one in told {
        let ask = Ask {
            position: one.position,
            accuracy_m: one.accuracy_m,
            category: one.category.as_ref(),
            at: one.happened_at,
        };
        let (a, b) = (route(now, &ask), route(then, &ask));
        elsewhere += u64::from(a.unit != b.unit);
        to_queue += u64::from(!a.for_dispatcher && b.for_dispatcher);
        from_queue += u64::from(a.for_dispatcher && !b.for_dispatcher);
    }
    [elsewhere, to_queue, from_queue]
}

/// The demonstration city's reports.
fn told(reports: &Reports) -> Vec<Told> {
    let mut bytes = Vec::new();
    reports.write(0..reports.rows(), &mut bytes);
    let text = String::from_utf8(bytes).unwrap();
    let read = |(n, line): (usize, &str)| {
        let mut cells = line.split(',');
        let mut cell = || cells.next().unwrap();
        let (_, lon, lat, accuracy, category, at) =
            (cell(), cell(), cell(), cell(), cell(), cell());
        let happened_at = Instant::parse(at).unwrap();
        Told {
            id: ReportId(Uuid::from_u128(n as u128)),
            received_at: happened_at,
            happened_at,
            category: CategoryCode::new(category).ok(),
            accuracy_m: accuracy.parse().ok(),
            position: LonLat::new(lon.parse().unwrap(), lat.parse().unwrap()).unwrap().grid(),
        }
    };
    text.lines().enumerate().map(read).collect()
}

/// A category goes to another unit, and a rule that was there goes.
fn other_rules(mut state: CityState) -> CityState {
    state.rules.pop();
    state.rules.push(Rule {
        id: RuleId::new("trial").unwrap(),
        names: Names { zh: String::new(), en: "Trial".to_owned() },
        reach: Reach::Everywhere,
        categories: vec![CategoryCode::new("event.01.litter").unwrap()],
        window: Window::default(),
        unit: Some(state.units[0].id.clone()),
        mode: Mode::Instead,
        enabled: true,
    });
    state
}

/// The first zone goes to the second.
fn other_zones(mut state: CityState) -> CityState {
    let first = state.zones.remove(0);
    state.zones[0].area.0.extend(first.area.0);
    state
}
