//! `schemathesis`: asks all that the documents say may be asked, and holds every answer against them.
//!
//! It is not asked whether every request that fits a schema is taken and every other refused: what a filter or a
//! moment is no schema can say, and the standard wants a limit that is too high lowered. Nor whether a missing or
//! another key is 401: what a caller may not see is not there. For the same reason the document of maps, which tells
//! each caller of what is open to him, need not know of edits that are 404 to those without a right to them.

use std::process::Command;

use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;

use super::{Served, clients, run};

const NOT_HELD: &str = "negative_data_rejection,positive_data_acceptance,missing_required_header,\
                        ignored_auth";
/// Of a document that leaves out what is not open to who asks.
const NOT_HELD_BY_RIGHTS: &str = "negative_data_rejection,positive_data_acceptance,\
                                  missing_required_header,ignored_auth,unsupported_method";

/// Asks for so many seconds, and fails with all that it found, each with the request that shows it.
async fn holds(python: &str, document: &str, (seconds, not_held): (&str, &str), more: &[&str]) {
    let folder = tempfile::tempdir().unwrap(); // it keeps what it found where it is started
    let mut command = Command::new(python);
    command.current_dir(folder.path());
    command.args(["-c", "from schemathesis.cli import schemathesis; schemathesis()", "run"]);
    command.args([document, "--exclude-checks", not_held, "--max-time", seconds]);
    command.args(["--phases", "examples,coverage,fuzzing", "--max-examples", "2", "--seed", "1"]);
    command.args(["--suppress-health-check", "all", "--warnings", "off", "--no-color"]);
    command.args(more);
    let out = run(command).await;
    let told = String::from_utf8_lossy(&out.stdout).into_owned();
    let words = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{document}: {told}{words}");
    let count = |line: &str| line.trim().split_once(" generated")?.0.parse::<u32>().ok();
    let asked = told.lines().find_map(count).unwrap_or_default();
    assert!(asked > 50, "{document}: it asked {asked} times: {told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schemathesis_finds_no_answer_that_the_document_does_not_know() {
    let Some(python) = clients() else { return };
    let served = Served::start().await;
    let document = format!("{}/api/v1/openapi.json", served.root);
    // The journal is told for as long as somebody listens, and it makes no zip archives.
    let left_out =
        ["--exclude-operation-id", "stream_journal", "--exclude-operation-id", "import_city"];
    let key = served.world.key(Role::Admin, &UnitId::new("x").unwrap()).await;
    let header = format!("Authorization: Bearer {key}");
    let known =
        [&left_out[..], &["--url", served.root.as_str(), "--header", header.as_str()]].concat();
    holds(&python, &document, ("60", NOT_HELD), &known).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schemathesis_finds_no_answer_of_maps_that_their_document_does_not_know() {
    let Some(python) = clients() else { return };
    let served = Served::start().await;
    let root = format!("{}/ogc", served.root);
    let document = format!("{root}/api");
    // One collection of each sort: the others answer by the same hands.
    let some =
        "^/(conformance|api|zonewarden.(qlr|qgs)|collections(/(zones|units|markets)(/.*)?)?)?$";
    let some = ["--include-path-regex", some, "--url", root.as_str()];
    holds(&python, &document, ("40", NOT_HELD_BY_RIGHTS), &some).await;
    let key = served.world.key(Role::Planner, &UnitId::new("x").unwrap()).await;
    let header = format!("X-API-Key: {key}");
    let edits = ["--include-path-regex", "^/collections/markets/items", "--url", root.as_str()];
    let edits = [&edits[..], &["--header", header.as_str()]].concat();
    holds(&python, &document, ("20", NOT_HELD), &edits).await;
}
