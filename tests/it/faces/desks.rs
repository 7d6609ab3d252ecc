//! The desk: several processes at the same reports, and matters of which more is told than one case holds.

use zonewarden::app::clock;
use zonewarden::app::incidents::desk::take_up_all;
use zonewarden::app::seed;
use zonewarden::domain::accounts::{Caller, Role};
use zonewarden::domain::change::Change;
use zonewarden::domain::id::{CategoryCode, IncidentId, ReportId};
use zonewarden::domain::incidents::case::Case;
use zonewarden::domain::incidents::desk::{router, take_up};
use zonewarden::domain::incidents::docket::{
    CaseMoved, Docket, Due, IncidentOrder, Matter, incident_of,
};
use zonewarden::domain::incidents::step::{Carried, Move, STEPS_KEPT, STEPS_MAX, Stage, Step};
use zonewarden::domain::reports::report::{Further, Report};
use zonewarden::domain::reports::routing::assign::assign;
use zonewarden::domain::time::Instant;
use zonewarden::geom::coord::{GridPoint, LonLat};
use zonewarden::geom::crs::Crs;
use zonewarden::http::limits::Limits;
use zonewarden::store::{Basis, IncidentFilter, ROWS_MAX};

use crate::store::places::{all, durable};
use crate::world::{CENTRE, World, demonstration};

const HOUR_US: i64 = 3_600_000_000;

/// Told in the centre, so far east and north of it (steps of the grid), of what happened then.
fn report(world: &World, (east, north): (i32, i32), happened_at: Instant) -> Report {
    let centre = LonLat::new(CENTRE.0, CENTRE.1).unwrap().grid();
    Report {
        id: clock::report_id(),
        source: "camera".to_owned(),
        category: Some(CategoryCode::new("event.01.litter").unwrap()),
        position: GridPoint { x: centre.x + east, y: centre.y + north },
        given_crs: Crs::Wgs84,
        accuracy_m: Some(5.0),
        words: String::new(),
        happened_at,
        received_at: world.app.now(),
        person: None,
        idempotency_key: None,
        request_hash: String::new(),
        further: Further::default(),
    }
}

fn filed(world: &World, report: &Report) -> Change {
    let atlas = world.app.atlas(&world.city).unwrap();
    let assignment = assign(&atlas, report, world.app.now());
    Change::ReportFiled { report: report.clone(), assignment }
}

async fn file(world: &World, reports: &[Report]) {
    let changes = reports.iter().map(|it| filed(world, it)).collect();
    let by = Caller::cli();
    world.app.commit(&world.city, &by, Basis::default(), changes).await.unwrap();
}

async fn dockets(world: &World, reports: &[ReportId]) -> Vec<Docket> {
    let ids: Vec<IncidentId> = reports.iter().map(|id| incident_of(*id)).collect();
    let mut found = Vec::new();
    for some in ids.chunks(1_000) {
        found.extend(world.app.store().incidents_of(&world.city, some).await.unwrap());
    }
    found
}

async fn fills(world: &World) -> u64 {
    let seat = world.app.seat(None).unwrap();
    seat.board().await.fills()
}

#[tokio::test]
async fn two_desks_at_the_same_reports_open_one_case_for_each_and_read_what_is_open_once() {
    const MANY: i32 = 1_300;
    for place in durable().await {
        let name = place.name();
        let first = World::over(place.open().await, Limits::default());
        seed::found(&first.app, demonstration()).await.unwrap();
        let second = World::over(place.open().await, Limits::default());
        second.app.refresh().await.unwrap();
        let now = first.app.now();
        // Two tell of each matter; 100 m lie between two matters.
        let off = |n: i32| ((n / 2 % 26 - 13) * 12_000, (n / 52 - 12) * 12_000);
        let reports: Vec<Report> = (0..MANY).map(|n| report(&first, off(n), now)).collect();
        file(&first, &reports).await;
        let (one, other) = (first.app.seat(None).unwrap(), second.app.seat(None).unwrap());
        let (took, other_took) =
            tokio::join!(take_up_all(&first.app, &one), take_up_all(&second.app, &other));
        let ids: Vec<ReportId> = reports.iter().map(|it| it.id).collect();
        assert_eq!(took.unwrap() + other_took.unwrap(), ids.len(), "{name}");
        assert!(first.app.store().waiting(&first.city, 1).await.unwrap().is_empty(), "{name}");
        let found = dockets(&first, &ids).await;
        assert_eq!(found.len(), ids.len(), "{name}: each opens one");
        let open = || found.iter().filter(|it| it.is_open());
        let stand_behind: u32 = open().map(|it| it.supporters).sum();
        assert_eq!(stand_behind, u32::try_from(MANY).unwrap(), "{name}: each counts once");
        for merged in found.iter().filter(|it| !it.is_open()) {
            assert_eq!(merged.stage, Stage::Merged, "{name}");
            assert!(open().any(|it| Some(it.id) == merged.merged_into), "{name}: {merged:?}");
        }
        let (ours, others) = (fills(&first).await, fills(&second).await);
        assert!(ours <= 1 && others <= 1, "{name}: {ours} and {others}");
        // What the one opened, the other finds.
        file(&first, &[report(&first, (0, 0), now)]).await;
        second.take_up().await;
        assert_eq!(open_now(&second).await, open().count(), "{name}: it was a repeat");
        assert_eq!(fills(&second).await, 1, "{name}");
    }
}

async fn open_now(world: &World) -> usize {
    let (filter, order) = (IncidentFilter::default(), IncidentOrder::Urgent);
    let store = world.app.store();
    store.incidents(&world.city, &filter, order, None, ROWS_MAX).await.unwrap().len()
}

/// The case of a report, to which nothing can be added any more.
fn full(world: &World, report: &Report) -> Change {
    let atlas = world.app.atlas(&world.city).unwrap();
    let now = world.app.now();
    let to = assign(&atlas, report, now);
    let begun = take_up(report, &to, now).unwrap();
    assert_eq!(begun.state().stage, Stage::Dispatched, "the rules are sure here");
    let mut steps = begun.steps().to_vec();
    let most = u32::try_from(STEPS_MAX - STEPS_KEPT).unwrap();
    let router = router();
    steps.extend((begun.state().revision + 1..=most).map(|revision| Step {
        incident: begun.state().id,
        revision,
        act: Move::Note,
        role: Role::Dispatcher,
        actor: router.actor.clone(),
        speaks_for: None,
        at: now,
        carried: Carried { words: "seen".to_owned(), ..Carried::default() },
    }));
    let case = Case::fold(steps).unwrap();
    Change::CaseMoved(CaseMoved::between(None, &case, Matter::of(report, &to), Due::default()))
}

#[tokio::test]
async fn what_a_full_case_turns_away_stands_behind_the_one_that_follows_it() {
    for place in all().await {
        let name = place.name();
        let world = World::over(place.open().await, Limits::default());
        seed::found(&world.app, demonstration()).await.unwrap();
        let ago = |hours: i64| Instant(world.app.now().0 - hours * HOUR_US);
        let first = report(&world, (0, 0), ago(12));
        let changes = vec![filed(&world, &first), full(&world, &first)];
        let by = Caller::cli();
        world.app.commit(&world.city, &by, Basis::default(), changes).await.unwrap();
        let next = report(&world, (0, 0), ago(2));
        file(&world, std::slice::from_ref(&next)).await;
        world.take_up().await;
        // One is nearer to the full case in time than to its successor, one was told after both.
        let more = [report(&world, (0, 0), ago(11)), report(&world, (0, 0), ago(1))];
        file(&world, &more).await;
        world.take_up().await;
        let stands = async |id: ReportId| {
            let docket = dockets(&world, &[id]).await.remove(0);
            (docket.stage, docket.supporters, docket.merged_into)
        };
        assert_eq!(stands(first.id).await, (Stage::Dispatched, 1, None), "{name}");
        assert_eq!(stands(next.id).await, (Stage::Dispatched, 3, None), "{name}");
        for it in &more {
            let (stage, _, into) = stands(it.id).await;
            assert_eq!((stage, into), (Stage::Merged, Some(incident_of(next.id))), "{name}");
        }
    }
}
