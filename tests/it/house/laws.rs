//! The laws. Each reads the sources and gives every breach with its place.

use std::collections::{BTreeMap, BTreeSet};

use super::Fault;
use super::source::Source;

/// Longest file, in lines. At 450 a file becomes a folder of the same name.
pub(super) const FILE_LINES_MAX: usize = 600;
/// Longest function, in lines.
pub(super) const FUNCTION_LINES_MAX: usize = 70;

/// From the ground up.
const FLOORS: [&str; 7] = ["geom", "domain", "formats", "store", "app", "http", "cli"];
/// Rooms that only the command line enters.
const CLI_ALONE: [&[&str]; 2] = [&["config"], &["store", "open"]];
/// The drivers of the store, and the ways to them: the only rooms below `app` that wait, read clocks and open files.
/// `past` is a part of the promise, which waits for them.
const DRIVERS: [&str; 7] = ["sqlite", "postgres", "memory", "open", "migrate", "ask", "past"];
/// The columns of the house that import no other one but where it is listed.
const WINGS: [&str; 20] = [
    "atlas",
    "zoning",
    "drafts",
    "plans",
    "past",
    "reports",
    "incidents",
    "clocks",
    "people",
    "open311",
    "ogc",
    "tiles",
    "patrols",
    "supervision",
    "accounts",
    "webhooks",
    "transfer",
    "geojson",
    "shapefile",
    "calendar",
];
/// The kernels that need it, measured.
pub(super) const UNSAFE_ROOM: &str = "src/geom/locate/wide/";

/// A library, and the only rooms it may be named in.
const GUESTS: [(&str, &[&str]); 15] = [
    ("rusqlite", &["src/store/sqlite"]),
    ("tokio_postgres", &["src/store/postgres"]),
    ("deadpool_postgres", &["src/store/postgres"]),
    ("postgres_types", &["src/store/postgres"]),
    ("postgis", &["src/store/postgres"]),
    ("axum", &["src/http/"]),
    ("tower_http", &["src/http/"]),
    ("utoipa_axum", &["src/http/"]),
    ("utoipa_swagger_ui", &["src/http/"]),
    ("rust_embed", &["src/http/"]),
    ("chacha20poly1305", &["src/app/sealed.rs"]),
    ("tokio_rustls", &["src/app/outward/", "src/store/postgres/tls.rs"]),
    ("rustls_native_certs", &["src/app/outward/", "src/store/postgres/tls.rs"]),
    ("clap", &["src/cli/"]),
    ("miette", &["src/cli/", "src/main.rs"]),
];

/// A wing that may import its neighbour on the same floor: floor, from, to. Rows may only go.
pub(super) const EXCEPTIONS: [(&str, &str, &str); 37] = [
    ("app", "drafts", "transfer"), // zones that are imported as a draft are read like any others
    ("app", "incidents", "transfer"), // a work list is written as files are
    ("app", "ogc", "drafts"),      // what is drawn in a map lands in a draft
    ("app", "ogc", "incidents"),   // incidents are a collection
    ("app", "ogc", "past"),        // with `datetime` a collection is that of then
    ("app", "ogc", "transfer"),    // what is drawn in a map is judged by the import
    ("app", "open311", "incidents"), // where a request stands is told from its case
    ("app", "people", "incidents"), // who stands behind a case is forgotten by when it ended
    ("app", "people", "reports"),  // a look opens what the report's own rules let through
    ("app", "reports", "incidents"), // what a unit sees of a report follows its case
    ("app", "reports", "people"),  // who tells a report is sealed with it
    ("app", "tiles", "incidents"), // a unit's squares count what its lists hold
    ("app", "transfer", "past"),   // an export is of any moment
    ("domain", "atlas", "clocks"), // a city has limits, a unit office hours
    ("domain", "clocks", "accounts"), // a limit is for who must act
    ("domain", "drafts", "accounts"), // its table says who may
    ("domain", "drafts", "zoning"), // its steps are edits
    ("domain", "incidents", "accounts"), // its table says who may
    ("domain", "incidents", "atlas"), // cases go to units, by zones and facilities
    ("domain", "incidents", "clocks"), // steps start and stop clocks
    ("domain", "incidents", "reports"), // a case begins as a report
    ("domain", "incidents", "zoning"), // what changed hands is handed over
    ("domain", "ogc", "accounts"), // a collection is as open as its operation
    ("domain", "ogc", "atlas"),    // collections are of the atlas
    ("domain", "ogc", "incidents"), // and of incidents
    ("domain", "ogc", "zoning"),   // and of a draft's borders
    ("domain", "reports", "atlas"), // a report is routed over the atlas
    ("domain", "reports", "clocks"), // in tests: a city has limits
    ("domain", "zoning", "atlas"), // what is redrawn are the zones of a plan
    ("domain", "zoning", "clocks"), // in tests: a city has limits
    ("http", "ogc", "tiles"),      // QGIS draws in the colours of the map
    ("http", "people", "reports"), // a person's reports are written as reports are
    ("store", "past", "plans"),    // a plan's time is part of the past
    ("store", "plans", "atlas"),   // plans are of zones
    ("store", "plans", "incidents"), // what a plan hands over are cases
    ("store", "plans", "reports"), // and reports are routed anew
    ("store", "reports", "people"), // who told it is kept in the same commit
];

/// A lower floor imports a higher one, or anybody but the command line a room that is its own.
pub(super) fn floors(sources: &[Source]) -> Vec<Fault> {
    let rank = |name: &str| FLOORS.iter().position(|floor| *floor == name);
    imports(sources, |source, to| {
        let from = floor(&source.path)?;
        let target = to.get(1)?;
        let own = CLI_ALONE
            .iter()
            .find(|room| to[1..].iter().map(String::as_str).collect::<Vec<_>>().starts_with(room));
        if let Some(room) = own.filter(|room| {
            from != "cli" && !source.path.starts_with(&format!("src/{}", room.join("/")))
        }) {
            return Some(format!("`{}` is for `cli` alone", room.join("::")));
        }
        (rank(target)? > rank(from)?)
            .then(|| format!("`{from}` stands below `{target}` and must not import it"))
    })
}

/// `geom` names another room of ours.
pub(super) fn geometry_alone(sources: &[Source]) -> Vec<Fault> {
    imports(sources, |source, to| {
        let ours = to.get(1)?;
        (floor(&source.path) == Some("geom") && ours != "geom")
            .then(|| format!("geometry outlives the city and knows nothing of `{ours}`"))
    })
}

/// `http` names the store.
pub(super) fn http_without_store(sources: &[Source]) -> Vec<Fault> {
    imports(sources, |source, to| {
        (floor(&source.path) == Some("http") && to.get(1)? == "store")
            .then(|| "every write passes the app's `may I?`: ask `app`, not `store`".to_owned())
    })
}

fn stale(what: &str) -> Fault {
    let says = format!("nothing needs the exception {what} any more; remove it");
    Fault { file: "tests/it/house/laws.rs".to_owned(), line: 0, says }
}

/// Files that import each other, however long the way round. Tests do not count.
pub(super) fn no_circles(sources: &[Source]) -> Vec<Fault> {
    let mut edges: BTreeMap<usize, BTreeMap<usize, usize>> = BTreeMap::new();
    let modules: BTreeMap<Vec<String>, usize> =
        sources.iter().enumerate().map(|(n, s)| (s.module(), n)).collect();
    for (from, source) in sources.iter().enumerate() {
        for named in source.paths() {
            let whole = rooted(source, &modules, &named.segments);
            let to = (1..=whole.len()).rev().find_map(|n| modules.get(&whole[..n]));
            let counts = |to: &&usize| **to != from && !source.is_test(named.at);
            if let Some(to) = to.filter(counts) {
                edges.entry(from).or_default().entry(*to).or_insert(named.at);
            }
        }
    }
    circles(&edges, sources.len()).iter().map(|ring| circle_fault(sources, &edges, ring)).collect()
}

/// The segments behind `crate`, also of a path that begins with a child of the file's module.
fn rooted(
    source: &Source,
    modules: &BTreeMap<Vec<String>, usize>,
    segments: &[String],
) -> Vec<String> {
    if segments.first().is_some_and(|s| s == "crate" || s == "zonewarden") {
        return segments[1..].to_vec();
    }
    let mut child = source.module();
    child.extend(segments.iter().cloned());
    let known = modules.contains_key(&child[..=source.module().len().min(child.len() - 1)]);
    if known && segments.len() > 1 { child } else { Vec::new() }
}

/// The groups of files that all reach each other, by transitive closure: the house is small.
fn circles(edges: &BTreeMap<usize, BTreeMap<usize, usize>>, count: usize) -> Vec<Vec<usize>> {
    let reach: Vec<BTreeSet<usize>> = (0..count)
        .map(|start| {
            let mut seen = BTreeSet::new();
            let mut open = vec![start];
            while let Some(at) = open.pop() {
                for to in edges.get(&at).into_iter().flat_map(BTreeMap::keys) {
                    if seen.insert(*to) {
                        open.push(*to);
                    }
                }
            }
            seen
        })
        .collect();
    let mut found: BTreeSet<Vec<usize>> = BTreeSet::new();
    for at in (0..count).filter(|at| reach[*at].contains(at)) {
        found.insert(reach[at].iter().copied().filter(|to| reach[*to].contains(&at)).collect());
    }
    found.into_iter().collect()
}

fn circle_fault(
    sources: &[Source],
    edges: &BTreeMap<usize, BTreeMap<usize, usize>>,
    ring: &[usize],
) -> Fault {
    let steps: Vec<String> = ring
        .iter()
        .flat_map(|from| edges[from].iter().map(move |(to, at)| (from, to, at)))
        .filter(|(_, to, _)| ring.contains(to))
        .map(|(from, to, at)| {
            let from = &sources[*from];
            format!("{}:{} -> {}", from.path, from.line(*at), sources[*to].path)
        })
        .collect();
    let first = &sources[ring[0]];
    let at = edges[&ring[0]].iter().find(|(to, _)| ring.contains(to)).map_or(0, |(_, at)| *at);
    Fault::new(first, at, format!("files go in a circle: {}", steps.join(", ")))
}

/// Time, dice, environment, files, sockets or waiting in a pure room.
pub(super) fn pure(sources: &[Source]) -> Vec<Fault> {
    const STD: [&str; 6] = ["time", "env", "fs", "net", "process", "random"];
    const CRATES: [&str; 5] = ["tokio", "getrandom", "rand", "futures_util", "hyper"];
    const CALLS: [&str; 5] = ["now", "now_v7", "new_v4", "system", "now_v6"];
    let mut found = Vec::new();
    for source in sources.iter().filter(|s| is_pure(&s.path)) {
        for word in ["async", "await"] {
            found.extend(source.words(word).into_iter().map(|at| (source, at, word.to_owned())));
        }
        for named in source.paths() {
            let names: Vec<&str> = named.segments.iter().map(String::as_str).collect();
            let std = names[0] == "std" && names.get(1).is_some_and(|n| STD.contains(n));
            // Work shared out and awaited on the spot is still a plain function.
            let thread = names.starts_with(&["std", "thread"]) && names.get(2) != Some(&"scope");
            let call = names.len() > 1
                && names.last().is_some_and(|n| CALLS.contains(n))
                && names.iter().any(|n| ["Timestamp", "Zoned", "Uuid", "TimeZone"].contains(n));
            if std || thread || call || CRATES.contains(&names[0]) {
                found.push((source, named.at, names.join("::")));
            }
        }
    }
    found.retain(|(source, at, _)| !source.is_test(*at));
    let says = |what: &str| format!("`{what}` in a pure room: the app passes such things in");
    let mut faults: Vec<Fault> =
        found.iter().map(|(source, at, what)| Fault::new(source, *at, says(what))).collect();
    faults.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    faults
}

fn is_pure(path: &str) -> bool {
    match floor(path) {
        Some("geom" | "domain" | "formats") => true,
        // The promise and the drivers wait; the wings between them do not.
        Some("store") => wing_name(path).is_some_and(|name| !DRIVERS.contains(&name)),
        _ => false,
    }
}

/// The room behind the floor: `src/store/sqlite_read.rs` is `sqlite`, `src/store/mod.rs` none.
fn wing_name(path: &str) -> Option<&str> {
    let room = path.split('/').nth(2)?.trim_end_matches(".rs");
    (room != "mod").then(|| room.split('_').next().unwrap_or(room))
}

/// SQL text outside the store.
pub(super) fn sql_in_store(sources: &[Source]) -> Vec<Fault> {
    let outside = |s: &&Source| !s.path.starts_with("src/store/");
    sources
        .iter()
        .filter(outside)
        .flat_map(|source| source.literals.iter().map(move |literal| (source, literal)))
        .filter(|(_, (_, text))| is_sql(text))
        .map(|(source, (at, _))| Fault::new(source, *at, "SQL stands in `store` or `migrations`"))
        .collect()
}

fn is_sql(text: &str) -> bool {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let word = |n: usize| words.get(n).map_or("", String::as_str);
    let has = |wanted: &str| words.iter().any(|w| w == wanted);
    match (word(0), word(1)) {
        ("select", _) => has("from") || words.len() == 2,
        ("insert" | "replace", "into")
        | ("delete", "from")
        | ("begin", "immediate")
        | ("create" | "alter" | "drop", "table" | "index" | "view" | "unique" | "extension") => {
            true
        }
        ("update", _) => word(2) == "set",
        ("with", _) => word(2) == "as" && has("select"),
        ("pragma" | "attach" | "vacuum" | "savepoint", next) => !next.is_empty(),
        _ => false,
    }
}

/// A library named outside its room.
pub(super) fn guests(sources: &[Source]) -> Vec<Fault> {
    let mut found = Vec::new();
    for source in sources {
        for named in source.paths() {
            let guest = GUESTS.iter().find(|(name, _)| *name == named.segments[0]);
            let Some((name, rooms)) = guest else { continue };
            if !rooms.iter().any(|room| source.path.starts_with(room)) {
                let says = format!("`{name}` is a guest in {} alone", rooms.join(", "));
                found.push(Fault::new(source, named.at, says));
            }
        }
    }
    found
}

/// A wing imports its neighbour on the same floor, and no exception is listed.
pub(super) fn wings(sources: &[Source]) -> Vec<Fault> {
    let listed = |step: &(&str, &str, &str)| EXCEPTIONS.contains(step);
    side_steps(sources, listed)
}

/// The same law before any exception.
pub(super) fn wings_listed_none(sources: &[Source]) -> Vec<Fault> {
    side_steps(sources, |_| false)
}

fn side_steps(sources: &[Source], listed: impl Fn(&(&str, &str, &str)) -> bool) -> Vec<Fault> {
    imports(sources, |source, to| {
        let (floor, from) = (floor(&source.path)?, wing(&source.path)?);
        let to = wing_of(floor, to)?;
        (from != to && !listed(&(floor, from, to))).then(|| {
            format!("the wing `{from}` imports its neighbour `{to}` on the floor `{floor}`")
        })
    })
}

/// An exception that no file needs any more.
pub(super) fn stale_exceptions(sources: &[Source]) -> Vec<Fault> {
    EXCEPTIONS
        .iter()
        .filter(|row| side_steps(sources, |step| step != *row).is_empty())
        .map(|(floor, from, to)| stale(&format!("{floor}: {from} -> {to}")))
        .collect()
}

fn wing(path: &str) -> Option<&'static str> {
    let inner = path.strip_prefix("src/")?.trim_end_matches(".rs");
    inner.split('/').skip(1).find_map(|room| WINGS.into_iter().find(|wing| *wing == room))
}

fn wing_of(floor: &str, to: &[String]) -> Option<&'static str> {
    let rooms = to.get(1).filter(|name| *name == floor).map(|_| &to[2..])?;
    let room = rooms.iter().find(|room| *room != "api")?;
    WINGS.into_iter().find(|wing| wing == room)
}

/// A file or a function longer than fits a head.
pub(super) fn sizes(sources: &[Source]) -> Vec<Fault> {
    let mut found = Vec::new();
    for source in sources {
        let lines = source.text.lines().count();
        if lines > FILE_LINES_MAX {
            let says = format!("{lines} lines; at {FILE_LINES_MAX} a file is a folder long since");
            found.push(Fault { file: source.path.clone(), line: lines, says });
        }
        for function in source.functions() {
            let lines = source.line(function.to - 1) - source.line(function.from) + 1;
            if lines > FUNCTION_LINES_MAX {
                let name = &function.name;
                let says = format!("`{name}` has {lines} lines, at most {FUNCTION_LINES_MAX}");
                found.push(Fault::new(source, function.from, says));
            }
        }
    }
    found
}

/// Cargo features of our own.
pub(super) fn no_features(sources: &[Source]) -> Vec<Fault> {
    let says = "one build, one test run: no features of our own";
    let mut found = Vec::new();
    for source in sources {
        if source.path == "Cargo.toml" {
            let at = source.text.match_indices("\n[features]").next();
            found.extend(at.map(|(at, _)| Fault::new(source, at + 1, says)));
        } else {
            let named = source.words("feature").into_iter();
            let asked =
                named.filter(|at| attribute(source, *at).is_some_and(|a| a.contains("cfg")));
            found.extend(asked.map(|at| Fault::new(source, at, says)));
        }
    }
    found
}

/// `allow` in an attribute, or `expect` without a reason.
pub(super) fn no_allow(sources: &[Source]) -> Vec<Fault> {
    let mut found = Vec::new();
    for source in sources {
        let bare = |at: &usize| attribute(source, *at).is_some();
        for at in source.words("allow").into_iter().filter(bare) {
            found.push(Fault::new(source, at, "`#[expect(lint, reason = \"…\")]`, never `allow`"));
        }
        let lint = |at: &usize| attribute(source, *at).is_some_and(|a| !a.contains("reason"));
        for at in source.words("expect").into_iter().filter(lint) {
            found.push(Fault::new(source, at, "an expected lint says its reason"));
        }
    }
    found
}

/// The attribute that the byte stands in.
fn attribute(source: &Source, at: usize) -> Option<&str> {
    let before = &source.code[..at];
    let open = before.rfind("#[").max(before.rfind("#!["))?;
    let inside = &source.code[open..];
    let mut depth = 0_usize;
    for (n, c) in inside.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return (open + n > at).then_some(&inside[..=n]);
        }
    }
    None
}

/// `unsafe` outside its room.
pub(super) fn one_unsafe_room(sources: &[Source]) -> Vec<Fault> {
    sources
        .iter()
        .filter(|source| !source.path.starts_with(UNSAFE_ROOM))
        .flat_map(|source| source.words("unsafe").into_iter().map(move |at| (source, at)))
        .map(|(source, at)| Fault::new(source, at, format!("unsafe stands in {UNSAFE_ROOM} alone")))
        .collect()
}

/// Asks about every path that names a room of ours, tests included.
fn imports(
    sources: &[Source],
    breach: impl Fn(&Source, &[String]) -> Option<String>,
) -> Vec<Fault> {
    let mut found = Vec::new();
    for source in sources {
        for named in source.paths() {
            if named.segments[0] == "crate"
                && let Some(says) = breach(source, &named.segments)
            {
                found.push(Fault::new(source, named.at, says));
            }
        }
    }
    found
}

fn floor(path: &str) -> Option<&'static str> {
    let room = path.strip_prefix("src/")?.split(['/', '.']).next()?;
    FLOORS.into_iter().find(|floor| *floor == room)
}
