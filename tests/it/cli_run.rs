//! Whole commands, as somebody at a shell runs them for the first time.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use zonewarden::app::clock::Clock;
use zonewarden::app::seed;
use zonewarden::app::state::App;
use zonewarden::domain::id::CityId;
use zonewarden::store::open::{Migrate, Place, open};

use crate::store::places::block_on;
use crate::world::demonstration;

const ZONES: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"id":"a"},"geometry":{"type":"Polygon","coordinates":
[[[109.4,36.5],[109.5,36.5],[109.5,36.6],[109.4,36.6],[109.4,36.5]]]}}]}"#;

/// A command without the settings of whoever runs the tests.
pub(crate) fn zonewarden(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zonewarden"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ZONEWARDEN_") {
            command.env_remove(name);
        }
    }
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command
}

/// Its exit status, standard output and standard error.
fn ran(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = zonewarden(folder, args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (status.code(), text(stdout), text(stderr))
}

/// The output of a command that must go well.
fn told(folder: &Path, args: &[&str]) -> String {
    let (status, out, err) = ran(folder, args);
    assert_eq!(status, Some(0), "{args:?}: {err}");
    out
}

/// Every file below a folder.
fn files(folder: &Path, before: &str, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{before}{}", path.file_name().unwrap().to_string_lossy());
        if path.is_dir() {
            files(&path, &format!("{name}/"), found);
        } else {
            found.insert(name, std::fs::read(path).unwrap());
        }
    }
}

#[test]
fn a_seed_makes_the_same_city_each_time_and_its_reports_are_routed_by_its_zones() {
    let folder = tempfile::tempdir().unwrap();
    let sample = |out: &str, seed: &str| {
        let args = ["sample", "--out", out, "--seed", seed, "--zones", "12", "--reports", "500"];
        told(folder.path(), &args);
        let mut found = BTreeMap::new();
        files(&folder.path().join(out), "", &mut found);
        found
    };
    let (one, again, other) = (sample("one", "7"), sample("again", "7"), sample("other", "8"));
    assert!(one.contains_key("zones.geojson") && one.contains_key("reports.csv"));
    assert!(one == again, "the same options made other bytes");
    assert!(one["zones.geojson"] != other["zones.geojson"]);
    assert!(one["reports.csv"] != other["reports.csv"]);
    let route = [
        "route",
        "one/reports.csv",
        "--zones",
        "one/zones.geojson",
        "--accuracy",
        "accuracy_m",
        "--category",
        "category",
        "--at",
        "at",
    ];
    let routed = told(folder.path(), &route);
    let mut reader = csv::Reader::from_reader(routed.as_bytes());
    let header = reader.headers().unwrap().clone();
    let at = |name: &str| header.iter().position(|it| it == name).unwrap();
    let (zone, fault) = (at("zone"), at("fault"));
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 500);
    let placed = rows.iter().filter(|row| !row[zone].is_empty() && row[fault].is_empty()).count();
    assert!(placed > 250, "{placed} of 500 reports lie in a zone");
}

#[test]
fn wrong_usage_ends_with_the_status_2_and_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let wrong: [&[&str]; 10] = [
        &["nonsense"],
        &["--nonsense"],
        &["route"],
        &["route", "points.csv", "--crs", "mercator"],
        &["locate", "here", "there"],
        &["sample"],
        &["sample", "--out", "a", "--zones", "1"],
        &["serve", "--listen", "nowhere"],
        &["key", "issue", "king"],
        &["key"],
    ];
    for args in wrong {
        let (status, out, err) = ran(folder.path(), args);
        assert_eq!((status, out.as_str()), (Some(2), ""), "{args:?}: {err}");
        assert!(err.contains("Usage: zonewarden") || err.contains("--help"), "{args:?}: {err}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_key_is_issued_listed_without_its_secret_and_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("zones.geojson"), ZONES).unwrap();
    let import = ["import", "zones", "zones.geojson", "--city", "yanan", "--lead", "police"];
    told(folder, &[&import[..], &["--make-units"]].concat());
    assert_eq!(told(folder, &["key", "list"]), "");
    let made = told(folder, &["key", "issue", "dispatcher", "--label", "Night shift"]);
    let token = made.lines().next().unwrap();
    let id = made.split("Key ").nth(1).unwrap().split(' ').next().unwrap();
    assert!(token.contains(id) && made.contains("role dispatcher"), "{made}");
    told(folder, &["key", "issue", "unit", "--unit", "police", "--days", "30"]);

    let listed = told(folder, &["key", "list"]);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(!listed.contains(token), "a list never shows a whole key");
    let line = |listed: &str| listed.lines().find(|line| line.starts_with(id)).unwrap().to_owned();
    let (before, own) = (line(&listed), listed.lines().find(|line| line.contains("police")));
    assert!(before.contains("\tlive\t") && before.contains("Night shift"), "{before}");
    assert!(own.is_some_and(|own| own.contains("\tuntil ")), "{listed}");

    assert!(told(folder, &["key", "revoke", id]).contains("is revoked"));
    let after = line(&told(folder, &["key", "list"]));
    assert!(after.contains("\trevoked ") && !after.contains("\tlive\t"), "{after}");
    for args in [&["key", "revoke", "000000000000"][..], &["key", "issue", "unit"]] {
        let (status, out, err) = ran(folder, args);
        assert_eq!((status, out.as_str()), (Some(1), ""), "{args:?}: {err}");
    }
}

#[test]
fn no_command_that_finds_no_store_shows_the_password_in_its_url() {
    let folder = tempfile::tempdir().unwrap();
    let commands: [&[&str]; 6] = [
        &["locate", "109.484", "36.585"],
        &["locate", "109.484", "36.585", "--datetime", "2026-03-03"],
        &["serve", "--listen", "127.0.0.1:0"],
        &["migrate"],
        &["key", "list"],
        &["export", "zones"],
    ];
    // Nobody listens at that port; the second is misspelt, and so the name of a file.
    let right = "postgres://boss:S3cret@127.0.0.1:1/city";
    for url in [right, "postgre://boss:S3cret@127.0.0.1:1/city"] {
        for args in commands {
            let (status, out, err) = ran(folder.path(), &[args, &["--database", url]].concat());
            assert_eq!(status, Some(1), "{args:?}: {err}");
            let told = format!("{out}{err}");
            assert!(!told.contains("S3cret") && !told.contains("boss"), "{args:?}: {told}");
        }
    }
    let (_, _, err) = ran(folder.path(), &[commands[0], &["--database", right]].concat());
    assert!(err.contains("postgres://127.0.0.1:1/city"), "where it was looked for: {err}");
}

/// The commands that a help lists.
fn listed(help: &str) -> Vec<String> {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| *line != "Options:")
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// Holds the help of a command, and of all below it, against the law; how many there are.
fn examples(folder: &Path, command: &[String]) -> usize {
    let args: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
    let help = told(folder, &args);
    let called = format!("zonewarden {}", command.join(" "));
    let (_, behind) = help.split_once("Example").unwrap_or_default();
    // Behind a pipe it is an example as well.
    assert!(behind.lines().any(|line| line.contains(called.trim())), "{called}: {help}");
    let below = listed(&help).into_iter().map(|name| [command, &[name]].concat());
    1 + below.map(|command| examples(folder, &command)).sum::<usize>()
}

#[test]
fn the_help_of_every_command_and_of_those_below_it_holds_an_example() {
    let folder = tempfile::tempdir().unwrap();
    let names = listed(&told(folder.path(), &["--help"]));
    assert!(names.len() > 10 && names.contains(&"serve".to_owned()), "{names:?}");
    assert!(examples(folder.path(), &[]) > 40, "those below were not found");
}

/// A service that ends with the test.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The answer to a GET, head and all.
fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A service over the store of a folder, and its address.
fn serving(folder: &Path) -> (Served, String) {
    // The machine chooses the port; the greeting names it.
    let mut command = zonewarden(folder, &["serve", "--listen", "127.0.0.1:0"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut served = Served(child);
    let mut greeting = String::new();
    BufReader::new(served.0.stdout.take().unwrap()).read_line(&mut greeting).unwrap();
    let rest = greeting.split("http://").nth(1).unwrap_or_else(|| panic!("no address: {greeting}"));
    let address = rest.split('/').next().unwrap().to_owned();
    (served, address)
}

#[test]
fn serve_in_an_empty_folder_makes_the_demonstration_city_and_answers() {
    let folder = tempfile::tempdir().unwrap();
    let (mut served, address) = serving(folder.path());
    let health = get(&address, "/health");
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    let plan = get(&address, "/api/v1/plan");
    assert!(plan.starts_with("HTTP/1.1 200"), "the city was not made: {plan}");
    assert!(folder.path().join("zonewarden.gpkg").exists());
    assert_eq!(served.0.try_wait().unwrap(), None, "it went on serving");
}

#[test]
fn a_city_that_cannot_be_used_keeps_nobody_from_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("zonewarden.gpkg");
    block_on(async {
        let store = open(&Place::File(path.clone()), Migrate::Apply).await.unwrap();
        let app = App::new(store, Clock::system(), None);
        for id in ["east", "west"] {
            let mut state = demonstration();
            state.city.id = CityId::new(id).unwrap();
            seed::found(&app, state).await.unwrap();
        }
    });
    let spoilt = "update city set time_zone = 'Nowhere/Nothing' where city_id = 'east'";
    assert_eq!(rusqlite::Connection::open(&path).unwrap().execute(spoilt, []).unwrap(), 1);

    let (mut served, address) = serving(folder.path());
    let plan = get(&address, "/api/v1/plan?city=west");
    assert!(plan.starts_with("HTTP/1.1 200"), "{plan}");
    let other = get(&address, "/api/v1/plan?city=east");
    assert!(other.starts_with("HTTP/1.1 503"), "{other}");
    let ready = get(&address, "/ready");
    assert!(ready.starts_with("HTTP/1.1 503"), "{ready}");
    let health = get(&address, "/health");
    assert!(health.contains(r#"{"city":"east","atlas_version":null,"stale":true}"#), "{health}");
    // What goes on in the background does so for the others, as soon as it has begun.
    let desk = r#"{"task":"desk","running":true,"ended":0}"#;
    let begun = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        get(&address, "/health").contains(desk)
    });
    assert!(begun, "{}", get(&address, "/health"));
    assert_eq!(served.0.try_wait().unwrap(), None, "it went on serving");
}
