//! A border is dragged: how long until it is known what is found, and who and what would change hands?
//!
//! `cargo bench --bench review`. `ZONEWARDEN_BENCH_INCIDENTS` (100,000) open incidents and as many reports in the
//! demonstration city with its 42,248 cameras. A vertex of a border is moved by some metres, reviewed, and moved
//! back; against it stands the whole review from scratch, with nothing but the atlas, the incidents and the reports
//! given. Both tell the same, which is checked. They take turns; what is printed are medians, the slowest of all, and
//! the ratio. Ends with an error when a target is missed.
#![expect(clippy::print_stdout, reason = "a bench talks to a person")]
#![expect(clippy::unwrap_used, reason = "a bench may fail loudly")]

#[path = "bed/median.rs"]
mod median;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant as Stopwatch;

use median::median;
use uuid::Uuid;
use zonewarden::app::drafts::review::stays;
use zonewarden::domain::atlas::in_force::Atlas;
use zonewarden::domain::id::{CategoryCode, IncidentId};
use zonewarden::domain::reports::routing::{Ask, route_unit};
use zonewarden::domain::sample::reports::Reports;
use zonewarden::domain::sample::{self, Recipe};
use zonewarden::domain::time::Instant;
use zonewarden::domain::zoning::edit::ZoningEdit;
use zonewarden::domain::zoning::review::findings::{ReviewFinding, findings};
use zonewarden::domain::zoning::review::movers::{Flow, flows, movers};
use zonewarden::domain::zoning::review::outline::Before;
use zonewarden::domain::zoning::review::state::{PlanFigures, Review, ZoneFigures};
use zonewarden::domain::zoning::review::things::{OpenCase, PastReport, Things};
use zonewarden::domain::zoning::working::Working;
use zonewarden::geom::coord::{GridPoint, LonLat, step};
use zonewarden::geom::coverage::edit::place::Place;

/// A live review takes at most this part of a whole one.
const TARGET: f64 = 60.0;
/// And at most so long (ms): half a frame, the other half is the drawing's.
const FRAME_MS: f64 = 8.0;
const ROUNDS: usize = 9;
const DRAGS: usize = 200;
const LISTED: usize = 1_000;

type Told = (Vec<ReviewFinding>, PlanFigures, Vec<ZoneFigures>, Vec<Flow>, usize);

fn main() -> ExitCode {
    let count: u64 =
        std::env::var("ZONEWARDEN_BENCH_INCIDENTS").map_or(100_000, |count| count.parse().unwrap());
    let recipe = Recipe { cameras: 42_248, ..Recipe::default() };
    let atlas = Arc::new(Atlas::build(sample::city(&recipe)).unwrap());
    let (cases, reports) = told_in(&atlas, &Reports::new(&recipe, count));
    let mut working = Working::of(atlas.zones()).unwrap();
    // The ground of the plan in force is no part of a review: it is made once for a plan.
    let before = Before::of(&atlas);
    let things = gather((&atlas, &before), cases.clone(), &reports);
    println!(
        "{count} open incidents and reports, {} facilities, {} things, {} segments of borders",
        atlas.facilities().len(),
        things.all().len(),
        working.coverage().len()
    );
    let mut review = Review::of(Arc::clone(&things), &working);
    let edits = edits(&working);
    let (mut live, mut whole) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        for (number, edit) in edits.iter().enumerate().skip(round).step_by(ROUNDS) {
            let begun = Stopwatch::now();
            let Ok(applied) = working.apply(std::slice::from_ref(edit), &BTreeSet::new()) else {
                continue;
            };
            let followed = review.follow(&working, &applied);
            let told = look(&review, &atlas, &working, &applied.touched);
            review.take_back(followed);
            working.take_back(&applied).unwrap();
            live.push(begun.elapsed().as_secs_f64());
            if number % 100 == round {
                working.apply(std::slice::from_ref(edit), &BTreeSet::new()).unwrap();
                let begun = Stopwatch::now();
                let scratch =
                    Review::of(gather((&atlas, &before), cases.clone(), &reports), &working);
                let all = look(&scratch, &atlas, &working, &applied.touched);
                whole.push(begun.elapsed().as_secs_f64());
                working.take_back(&applied).unwrap();
                assert!(all == told, "both tell the same");
            }
        }
    }
    let (drags, slowest) = (live.len(), live.iter().copied().fold(0.0, f64::max));
    let (live, whole) = (median(live), median(whole));
    let ratio = whole / live;
    println!("a review from scratch   {:>9.2} ms", whole * 1e3);
    println!(
        "a vertex dragged        {:>9.2} ms  ({drags} drags, the slowest {:.2} ms)",
        live * 1e3,
        slowest * 1e3
    );
    println!("ratio                   {ratio:>9.1}     (at least {TARGET}; at most {FRAME_MS} ms)");
    let reached = ratio >= TARGET && live * 1e3 <= FRAME_MS;
    println!("{}", if reached { "reached" } else { "MISSED" });
    if reached { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn gather(
    (atlas, before): (&Atlas, &Before),
    cases: Vec<OpenCase>,
    reports: &[PastReport],
) -> Arc<Things> {
    let stays = |case: &OpenCase, zone| stays(atlas, case, zone);
    Arc::new(Things::gather((atlas, before.clone()), cases, reports, &|_| 1.0, &stays))
}

fn look(
    review: &Review,
    atlas: &Atlas,
    working: &Working,
    touched: &BTreeSet<zonewarden::domain::id::ZoneId>,
) -> Told {
    let zones = touched.iter().filter_map(|zone| review.zone(atlas, working, zone)).collect();
    let found = findings(review, atlas, working);
    let listed = movers(review, atlas, working, LISTED).len();
    (found, review.plan(working), zones, flows(review, atlas, working), listed)
}

/// Vertices of borders, each moved some ten metres.
fn edits(working: &Working) -> Vec<ZoningEdit> {
    let mut points: Vec<GridPoint> =
        working.borders().into_iter().flat_map(|border| border.points).collect();
    points.sort_unstable();
    points.dedup();
    let stride = (points.len() / DRAGS).max(1);
    points
        .into_iter()
        .step_by(stride)
        .enumerate()
        .map(|(n, from)| {
            let n = i32::try_from(n).unwrap();
            let to = GridPoint {
                x: from.x + (n * 397) % 2_000 - 1_000,
                y: from.y + (n * 613) % 2_000 - 1_000,
            };
            ZoningEdit::MoveVertex { from: Place(from), to: Place(to) }
        })
        .collect()
}

fn told_in(atlas: &Atlas, reports: &Reports) -> (Vec<OpenCase>, Vec<PastReport>) {
    let mut bytes = Vec::new();
    reports.write(0..reports.rows(), &mut bytes);
    let text = String::from_utf8(bytes).unwrap();
    let read = |(n, line): (usize, &str)| {
        let cells: Vec<&str> = line.split(',').collect();
        let at = LonLat::new(cells[1].parse().unwrap(), cells[2].parse().unwrap()).unwrap();
        let position = GridPoint { x: step(at.lon()), y: step(at.lat()) };
        let (category, at) = (CategoryCode::new(cells[4]).ok(), Instant::parse(cells[5]).unwrap());
        // Each lies with the unit that the rules name, so that all that no rule holds go.
        let ask = Ask { position, accuracy_m: None, category: category.as_ref(), at };
        let unit = route_unit(atlas, &ask, atlas.areas().locate(position)).unit.clone();
        let case = OpenCase {
            id: IncidentId(Uuid::from_u128(n as u128)),
            position,
            category,
            happened_at: at,
            transferable: true,
            unit: Some(unit),
        };
        (case, PastReport { position, load_min: 240 })
    };
    text.lines().enumerate().map(read).unzip()
}
