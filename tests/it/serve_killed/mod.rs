//! `kill -9` of a real `serve` amid many clients: what it had answered is there once afterwards, whole, and it
//! goes on.

mod serving;
mod clients;
mod checks;

use std::path::Path;
use std::time::Duration;

use tokio::time::timeout;
use zonewarden::app::accounts::{self, KeyOrder};
use zonewarden::app::clock::Clock;
use zonewarden::app::keyring::Pepper;
use zonewarden::app::seed;
use zonewarden::app::state::App;
use zonewarden::domain::accounts::{Caller, Role};
use zonewarden::store::open::Place;

use crate::serve_killed::clients::{Done, Kind, Phase, Round};
use crate::serve_killed::serving::{PATIENCE, PEPPER, Serving};
use crate::store::made::Dice;
use crate::store::places::{Held, block_on, postgres};
use crate::world::demonstration;

/// When each process is killed: at some (below the last number) beginning or end of such a request.
const ROUNDS: [(Kind, Phase, u64); 5] = [
    (Kind::Report, Phase::Ended, 60),
    (Kind::Picture, Phase::Begun, 8),
    (Kind::Batch, Phase::Begun, 6),
    (Kind::Step, Phase::Begun, 8),
    (Kind::Publish, Phase::Begun, 2),
];
/// Until the whole test gives up.
const ENDS: Duration = Duration::from_mins(7);

/// Keys of the two roles that do all there is to do.
#[derive(Clone)]
struct Keys {
    dispatcher: String,
    planner: String,
}

#[test]
fn what_serve_had_answered_survives_kill_9_on_sqlite() {
    block_on(survives(&Held::File(tempfile::tempdir().unwrap())));
}

#[test]
fn what_serve_had_answered_survives_kill_9_on_postgres() {
    block_on(async {
        if let Some(database) = postgres().await {
            survives(&Held::Postgres(database)).await;
        }
    });
}

async fn survives(held: &Held) {
    let done = timeout(ENDS, killed_again_and_again(held)).await;
    done.unwrap_or_else(|_| panic!("{}: not done within {ENDS:?}", held.name()));
}

async fn killed_again_and_again(held: &Held) {
    let keys = founded(held).await;
    let place = held.place();
    let database = match &place {
        Place::File(path) => path.to_str().unwrap().to_owned(),
        Place::Postgres(url) => url.clone(),
        Place::Memory => unreachable!("it is not durable"),
    };
    let folder = tempfile::tempdir().unwrap();
    let mut serving = begin(&database, folder.path()).await;
    let first_plan = checks::plan(&serving.door, &keys).await;
    let mut all: Vec<Done> = Vec::new();
    for (number, (kind, phase, below)) in (0..).zip(ROUNDS) {
        let mut dice = Dice(number);
        let mut round = Round::begin(&serving.door, &keys, number);
        round.until(Kind::Report, Phase::Ended, 1).await;
        round.until(kind, phase, dice.below(below) + 1).await;
        tokio::time::sleep(Duration::from_micros(dice.below(20_000))).await;
        serving.kill();
        let (done, open) = round.ended().await;
        assert!(!done.is_empty(), "round {number}: nothing was answered");
        all.extend(done.iter().cloned());
        checks::alone(&place).await;
        checks::whole(&place, &all).await;

        serving = begin(&database, folder.path()).await;
        checks::kept(&serving.door, &keys, &done).await;
        all.extend(checks::sent_again(&serving.door, &keys, open).await);
        checks::plans(&serving.door, &keys, first_plan).await;
    }
    // What was sent again is there as well, and new work goes on.
    let mut last = Round::begin(&serving.door, &keys, 99);
    last.until(Kind::Publish, Phase::Ended, 1).await;
    last.until(Kind::Step, Phase::Ended, 1).await;
    serving.kill();
    all.extend(last.ended().await.0);
    checks::alone(&place).await;
    checks::whole(&place, &all).await;
    for kind in Kind::ALL {
        assert!(all.iter().any(|done| done.sent.kind == kind), "no {kind:?} was ever answered");
    }
}

/// Begins off the workers, which it would keep.
async fn begin(database: &str, folder: &Path) -> Serving {
    let (database, folder) = (database.to_owned(), folder.to_owned());
    let begun = tokio::task::spawn_blocking(move || Serving::begin(&database, &folder));
    timeout(PATIENCE * 2, begun).await.expect("serve begins").unwrap()
}

/// The demonstration city in a store, and keys for it.
async fn founded(held: &Held) -> Keys {
    let pepper = Pepper::new(PEPPER.as_bytes()).unwrap();
    let app = App::new(held.open().await, Clock::system(), Some(pepper));
    let state = demonstration();
    let city = state.city.id.clone();
    seed::found(&app, state).await.unwrap();
    let issued = async |role: Role| {
        let order = KeyOrder { role, unit: None, label: String::new(), expires_at: None };
        accounts::issue(&app, &city, &Caller::cli(), order).await.unwrap().token
    };
    Keys { dispatcher: issued(Role::Dispatcher).await, planner: issued(Role::Planner).await }
}
