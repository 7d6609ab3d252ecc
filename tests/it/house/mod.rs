//! The house keeps its laws: what may never be, read from the source text itself. Every law is
//! one test, and has one more that feeds it an offender, so that none can fall asleep.

mod laws;
mod source;
mod words;

use source::{Source, read};

/// A breach: file, line, and what would be right.
#[derive(Debug, PartialEq)]
struct Fault {
    file: String,
    line: usize,
    says: String,
}

impl Fault {
    fn new(source: &Source, at: usize, says: impl Into<String>) -> Self {
        Self { file: source.path.clone(), line: source.line(at), says: says.into() }
    }
}

type Law = fn(&[Source]) -> Vec<Fault>;

/// Every Rust file of the service.
fn service() -> Vec<Source> {
    let found = read(&["src"], &[".rs"]);
    assert!(found.len() > 30, "the scan must find the service, it found {} files", found.len());
    found
}

/// Fails with every breach, each with its place.
fn keep(law: Law, sources: &[Source]) {
    let faults = law(sources);
    let lines: Vec<String> =
        faults.iter().map(|f| format!("  {}:{}: {}", f.file, f.line, f.says)).collect();
    assert!(faults.is_empty(), "{} breaches\n{}", faults.len(), lines.join("\n"));
}

/// The law must find exactly these places (`file:line`) in the samples.
fn check(law: Law, samples: &[(&str, &str)], expected: &[&str]) {
    let sources: Vec<Source> = samples.iter().map(|(path, text)| Source::new(path, text)).collect();
    let found: Vec<String> =
        law(&sources).iter().map(|f| format!("{}:{}", f.file, f.line)).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_lower_floor_never_imports_a_higher_one() {
    keep(laws::floors, &service());
}

#[test]
fn a_lower_floor_that_imports_a_higher_one_is_found() {
    let sample = "\nuse crate::{store::Store, geom::coord};\nfn f() { super::super::app::now() }";
    check(
        laws::floors,
        &[
            ("src/domain/atlas/zone.rs", "use crate::geom::coord::GridPoint;"),
            ("src/domain/x.rs", sample),
        ],
        &["src/domain/x.rs:2", "src/domain/x.rs:3"],
    );
    check(laws::floors, &[("src/cli/route.rs", "use crate::store::open::open;")], &[]);
    check(laws::floors, &[("src/app/x.rs", "use crate::store::open::open;")], &["src/app/x.rs:1"]);
    check(laws::floors, &[("src/geom/x.rs", "use crate::config::C;")], &["src/geom/x.rs:1"]);
}

#[test]
fn geometry_imports_no_room_of_ours() {
    keep(laws::geometry_alone, &service());
}

#[test]
fn geometry_that_knows_the_city_is_found() {
    let sample = [("src/geom/locate/mod.rs", "use crate::geom::coord;\nuse crate::domain::id;")];
    check(laws::geometry_alone, &sample, &["src/geom/locate/mod.rs:2"]);
}

#[test]
fn http_never_imports_the_store() {
    keep(laws::http_without_store, &service());
}

#[test]
fn http_that_writes_past_the_app_is_found() {
    let sample =
        [("src/http/api/zones.rs", "// crate::store is far\nfn f() { crate::store::open(); }")];
    check(laws::http_without_store, &sample, &["src/http/api/zones.rs:2"]);
}

#[test]
fn no_circle_of_files() {
    keep(laws::no_circles, &service());
}

#[test]
fn a_circle_of_files_is_found_once() {
    let samples = [
        ("src/app/a.rs", "use crate::app::b::B;"),
        ("src/app/b.rs", "\nfn f() { super::c::g() }"),
        ("src/app/c.rs", "use crate::app::a;\n#[cfg(test)]\nmod tests { use crate::app::d; }"),
        ("src/app/d.rs", "use crate::app::c;"),
    ];
    check(laws::no_circles, &samples, &["src/app/a.rs:1"]);
    check(laws::no_circles, &samples[1..], &[]);
    let parent = ("src/app/mod.rs", "pub mod x;\npub struct P;\nfn f() { x::g() }");
    check(laws::no_circles, &[parent, ("src/app/x.rs", "use super::P;")], &["src/app/mod.rs:3"]);
}

#[test]
fn the_lower_floors_and_the_stores_wings_are_pure() {
    keep(laws::pure, &service());
}

#[test]
fn a_clock_a_file_or_an_await_in_a_pure_room_is_found() {
    let sample = "use std::{fmt, fs::File};\nasync fn f() {}\nfn g() { uuid::Uuid::now_v7(); }\n\
                  use std::time::Duration;\n#[cfg(test)]\nmod tests { use std::fs; }";
    let found =
        ["src/domain/x.rs:1", "src/domain/x.rs:2", "src/domain/x.rs:3", "src/domain/x.rs:4"];
    check(laws::pure, &[("src/domain/x.rs", sample)], &found);
    let threads = "fn f() { std::thread::scope(g); std::thread::sleep(d); }";
    check(laws::pure, &[("src/geom/x.rs", threads)], &["src/geom/x.rs:1"]);
    check(
        laws::pure,
        &[("src/store/reports.rs", "fn f() { x.await }")],
        &["src/store/reports.rs:1"],
    );
    check(laws::pure, &[("src/store/sqlite/mod.rs", sample), ("src/app/x.rs", sample)], &[]);
}

#[test]
fn sql_stands_in_the_store_alone() {
    keep(laws::sql_in_store, &service());
}

#[test]
fn sql_outside_the_store_is_found_and_plain_words_are_not() {
    let sample = "const A: &str = \"select id\n from zone\";\nconst B: &str = \"Select a zone\";\n\
                  const C: &str = \"update zone set x = 1\";\nconst D: &str = \"PRAGMA user_version\";";
    let found = ["src/app/x.rs:1", "src/app/x.rs:4", "src/app/x.rs:5"];
    check(laws::sql_in_store, &[("src/app/x.rs", sample), ("src/store/zones.rs", sample)], &found);
}

#[test]
fn a_library_is_a_guest_in_one_room() {
    keep(laws::guests, &service());
}

#[test]
fn a_guest_in_another_room_is_found() {
    let sample = "use axum::Json;\nfn f(x: rusqlite::Row) {}\nuse tokio_postgres;\nfn axum() {}";
    let found = ["src/app/x.rs:1", "src/app/x.rs:2", "src/app/x.rs:3"];
    check(laws::guests, &[("src/app/x.rs", sample)], &found);
    check(laws::guests, &[("src/http/x.rs", "use axum::Json;")], &[]);
    check(
        laws::guests,
        &[("src/store/sqlite.rs", "use postgis::ewkb;")],
        &["src/store/sqlite.rs:1"],
    );
}

#[test]
fn wings_keep_to_themselves() {
    keep(laws::wings, &service());
}

#[test]
fn a_wing_that_imports_its_neighbour_is_found() {
    let sample = [("src/app/zoning.rs", "use crate::app::reports::file;")];
    check(laws::wings_listed_none, &sample, &["src/app/zoning.rs:1"]);
    let sample = [("src/domain/atlas/zone.rs", "use crate::domain::reports::report::Report;")];
    check(laws::wings_listed_none, &sample, &["src/domain/atlas/zone.rs:1"]);
    let sample = [("src/app/webhooks/x.rs", "use crate::app::transfer::file;")];
    check(laws::wings_listed_none, &sample, &["src/app/webhooks/x.rs:1"]);
    let own = [
        ("src/domain/atlas/zone.rs", "use crate::domain::atlas::unit;"),
        ("src/app/transfer/calendar.rs", "use crate::app::transfer::decide;"),
    ];
    check(laws::wings_listed_none, &own, &[]);
}

#[test]
fn every_listed_exception_is_still_needed() {
    keep(laws::stale_exceptions, &service());
}

#[test]
fn an_exception_that_nothing_needs_is_found() {
    let found = laws::stale_exceptions(&[Source::new("src/domain/x.rs", "")]);
    assert_eq!(found.len(), laws::EXCEPTIONS.len());
}

#[test]
fn a_file_and_a_function_fit_a_head() {
    let own = read(&["src", "tests", "benches"], &[".rs", ".js", ".mjs", ".css", ".html"]);
    keep(laws::sizes, &own);
}

#[test]
fn a_file_or_function_that_is_too_long_is_found() {
    let function = format!("\nfn f() {{{}}}", "\n".repeat(laws::FUNCTION_LINES_MAX));
    check(laws::sizes, &[("src/app/x.rs", &function)], &["src/app/x.rs:2"]);
    let file = "\n".repeat(laws::FILE_LINES_MAX + 1);
    check(
        laws::sizes,
        &[("src/page/x.js", &file)],
        &[&format!("src/page/x.js:{}", laws::FILE_LINES_MAX + 1)],
    );
    check(laws::sizes, &[("src/page/y.js", &"\n".repeat(laws::FILE_LINES_MAX))], &[]);
}

#[test]
fn there_are_no_features_of_our_own() {
    keep(laws::no_features, &with_manifest());
}

fn with_manifest() -> Vec<Source> {
    let mut all = service();
    all.extend(read(&["."], &["Cargo.toml"]).into_iter().filter(|s| s.path == "Cargo.toml"));
    assert!(all.iter().any(|s| s.path == "Cargo.toml"));
    all
}

#[test]
fn a_feature_of_our_own_is_found() {
    let samples = [
        ("Cargo.toml", "[package]\n[features]\nx = []\n[dependencies]\na = { features = [] }"),
        ("src/app/x.rs", "// cfg(feature)\n#[cfg(feature = \"x\")]\nfn f() {}"),
    ];
    check(laws::no_features, &samples, &["Cargo.toml:2", "src/app/x.rs:2"]);
}

#[test]
fn lints_are_expected_with_a_reason_never_allowed() {
    keep(laws::no_allow, &read(&["src", "tests", "benches"], &[".rs"]));
}

#[test]
fn an_allowed_lint_is_found() {
    let sample = "#[allow(dead_code)]\nfn f() {}\n#![allow (x)]\n#[cfg_attr(test, allow(y))]\n\
                  fn allow(x: u8) {}\n#[expect(z, reason = \"allow(z)\")]\nfn g() { allow(1) }";
    check(laws::no_allow, &[("src/a.rs", sample)], &["src/a.rs:1", "src/a.rs:3", "src/a.rs:4"]);
    check(laws::no_allow, &[("src/a.rs", "#[expect(unused)]\nfn f() {}")], &["src/a.rs:1"]);
}

#[test]
fn unsafe_stands_in_its_one_room() {
    keep(laws::one_unsafe_room, &service());
}

#[test]
fn unsafe_elsewhere_is_found() {
    let samples = [
        ("src/geom/locate/wide/mod.rs", "fn f() { unsafe {} }"),
        ("src/geom/locate/wider.rs", "fn f() { unsafe {} }"),
        ("src/geom/crs.rs", "#![deny(unsafe_code)] // unsafe\nfn f() { unsafe {} }"),
    ];
    check(laws::one_unsafe_room, &samples, &["src/geom/locate/wider.rs:1", "src/geom/crs.rs:2"]);
}
