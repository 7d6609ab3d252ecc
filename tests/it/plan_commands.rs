//! Commands about plans and drafts as a shell runs them.

use std::path::Path;

use serde_json::{Value, json};
use zonewarden::app::drafts::act::act;
use zonewarden::app::drafts::make::{NewDraft, make};
use zonewarden::app::drafts::order::{Order, Wish};
use zonewarden::domain::accounts::{Caller, Role};
use zonewarden::domain::drafts::step::Deed;
use zonewarden::http::limits::Limits;
use zonewarden::store::open::{Migrate, Place, open};

use crate::commands::{desk, ran, zonewarden};
use crate::world::World;

const SPLIT: &str =
    r#"[{"kind":"split","zone":"a","line":[[109.45,36.4],[109.45,36.7]],"new":{"id":"b"}}]"#;

/// What a command says that must go well.
fn told(folder: &Path, args: &[&str]) -> String {
    let (ok, said) = ran(folder, args);
    assert!(ok, "{args:?}: {said}");
    said
}

/// What a command says that must be refused; long lines are broken, with a bar before each.
fn refused(folder: &Path, args: &[&str]) -> String {
    let (ok, said) = ran(folder, args);
    assert!(!ok, "{args:?}: {said}");
    said.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A draft whose zone is cut in two.
fn split(folder: &Path, name: &str) -> String {
    std::fs::write(folder.join("edits.json"), SPLIT).unwrap();
    let id = told(folder, &["plan", "draft", "make", name]);
    told(folder, &["plan", "draft", "edit", &id, "edits.json"]);
    id
}

#[test]
fn an_edit_is_undone_and_done_again_and_what_is_locked_stays() {
    let desk = desk();
    let folder = desk.path();
    let id = split(folder, "North bank");
    let draft = |act: &str, rest: &[&str]| [&["plan", "draft", act, &id], rest].concat().join("\n");
    let done = |act: &str, rest: &[&str]| {
        let line = draft(act, rest);
        told(folder, &line.split('\n').collect::<Vec<_>>())
    };
    let not = |act: &str, rest: &[&str]| {
        let line = draft(act, rest);
        refused(folder, &line.split('\n').collect::<Vec<_>>())
    };
    let said = done("undo", &["--dry-run"]);
    assert!(said.contains("b -> a") && said.contains("1 edits on plan 1"), "{said}");
    assert!(said.contains("nothing was written"), "{said}");
    let said = done("undo", &[]);
    assert!(said.contains("b -> a") && said.contains("0 edits on plan 1"), "{said}");
    assert!(not("undo", &[]).contains("there is nothing to undo"));
    let said = done("redo", &[]);
    assert!(said.contains("a -> b") && said.contains("1 edits on plan 1"), "{said}");
    assert!(not("redo", &[]).contains("there is nothing to redo"));
    let said = not("lock", &["a", "nobody"]);
    assert!(said.contains("the draft has no zone nobody"), "{said}");
    done("lock", &["a", "b"]);
    let said = not("undo", &[]);
    assert!(said.contains("would change the area of what is locked"), "{said}");
    done("lock", &["--outline"]);
    let said = done("undo", &[]);
    assert!(said.contains("0 edits on plan 1"), "the outline is as it was: {said}");
}

#[test]
fn a_draft_is_renamed_and_talked_of_and_shared_by_commands() {
    let desk = desk();
    let folder = desk.path();
    let id = told(folder, &["plan", "draft", "make", "North bank"]);
    told(folder, &["plan", "draft", "rename", &id, "South bank", "--words", "for the school"]);
    let said = told(folder, &["plan", "draft", "rename", &id, "East bank"]);
    assert!(said.contains("East bank"), "{said}");
    let comment = ["plan", "draft", "comment", &id, "Whose is the bridge?"];
    told(folder, &comment);
    told(folder, &[&comment[..], &["--at", "109.45,36.55"]].concat());
    let said = refused(folder, &[&comment[..], &["--at", "here"]].concat());
    assert!(said.contains("give longitude and latitude"), "{said}");
    let said = refused(folder, &[&comment[..], &["--at", "36.55,109.45"]].concat());
    assert!(said.contains("--at"), "{said}");
    let said = told(folder, &["plan", "draft", "show", &id]);
    assert_eq!(said.matches("for the school").count(), 2, "its words stay: {said}");
    assert_eq!(said.matches("comment cli Whose is the bridge?").count(), 2, "{said}");
    assert_eq!(said.matches("(at 109.45, 36.55)").count(), 1, "{said}");
    told(folder, &["key", "issue", "planner"]);
    let keys = told(folder, &["key", "list"]);
    let key = keys.split_whitespace().next().unwrap();
    told(folder, &["plan", "draft", "share", &id, key]);
    let said = refused(folder, &["plan", "draft", "share", &id, "nobody"]);
    assert!(said.contains("no key nobody of a planner or admin"), "{said}");
    let said = told(folder, &["plan", "draft", "show", &id]);
    assert_eq!(said.matches("share cli").count(), 1, "{said}");
}

#[tokio::test]
async fn a_second_person_sends_a_proposal_back_with_words() {
    let desk = desk();
    let folder = desk.path();
    let own = split(folder, "Mine");
    let said = refused(folder, &["plan", "draft", "refuse", &own, "--words", "no"]);
    assert!(said.contains("refuse is not open while the draft stands at open"), "{said}");
    told(folder, &["plan", "draft", "propose", &own]);
    let said = refused(folder, &["plan", "draft", "refuse", &own, "--words", "no"]);
    assert!(said.contains("neither owns it nor drew nor proposed it"), "{said}");
    let place = Place::File(folder.join("zonewarden.gpkg"));
    let world = World::over(open(&place, Migrate::Apply).await.unwrap(), Limits::default());
    world.app.refresh().await.unwrap();
    let seat = world.app.seat(None).unwrap();
    let planner = Caller { role: Role::Planner, unit: None, actor: "another".to_owned() };
    let ask = NewDraft { name: "Theirs".to_owned(), ..NewDraft::default() };
    let id = make(&world.app, &seat, &planner, ask).await.unwrap().id;
    let edits = serde_json::from_str(SPLIT).unwrap();
    let deeds = [Deed::Edit { edits }, Deed::Propose { words: String::new() }];
    for (seen, deed) in (1..).zip(deeds) {
        let order = Order { seen, wish: Wish::Deed(deed), dry_run: false, foreign: false };
        act(&world.app, &seat, &planner, id, order).await.unwrap();
    }
    drop((seat, world));
    let id = id.to_string();
    let said = refused(folder, &["plan", "draft", "refuse", &id]);
    assert!(said.contains("words: are missing; say why"), "{said}");
    let said =
        told(folder, &["plan", "draft", "refuse", &id, "--words", "The school is cut in two"]);
    assert!(said.contains(&format!("{id} open")), "{said}");
    let said = told(folder, &["plan", "draft", "show", &id]);
    assert!(said.contains("refuse cli The school is cut in two"), "{said}");
}

#[test]
fn drafts_are_compared_with_plans_and_with_each_other() {
    let desk = desk();
    let folder = desk.path();
    let id = split(folder, "In two");
    let blank = told(folder, &["plan", "draft", "make", "As it is"]);
    let diff = |rest: &[&str]| told(folder, &[&["plan", "diff"], rest].concat());
    let said = diff(&[&id]);
    let head = format!("plan 1 -> draft {id}: 2 zones differ");
    for part in [head.as_str(), "a redrawn", "b added", "a -> b"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = diff(&[&id, "--since", &blank]);
    assert!(said.starts_with(&format!("draft {blank} -> draft {id}: 2 zones differ")), "{said}");
    let said = diff(&["1", "--since", &id]);
    assert!(said.starts_with(&format!("draft {id} -> plan 1: 2 zones differ")), "{said}");
    assert!(said.contains("b removed") && said.contains("b -> a"), "{said}");
    let said = diff(&[&blank]);
    assert!(said.contains(": 0 zones differ"), "{said}");
    let out = zonewarden(folder, &["plan", "diff", &id, "--json"]).output().unwrap();
    let told: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!((&told["version"], &told["since"]), (&json!(id), &json!(1)));
    assert_eq!(told["areas"][0]["to"], "b", "{told}");
    let said = refused(folder, &["plan", "diff", "00000000-0000-7000-8000-000000000000"]);
    assert!(said.contains("there is no draft 00000000"), "{said}");
    let said = refused(folder, &["plan", "diff", &id, "--since", "9"]);
    assert!(said.contains("there is no plan 9"), "{said}");
    let said = refused(folder, &["plan", "diff", "north"]);
    assert!(said.contains("neither a plan's version nor a draft's id"), "{said}");
}

/// Sixteen blocks of ten people each, which are the ground of the one zone.
fn blocks() -> String {
    let side = |n: u32| f64::from(n * 25) / 1_000.0;
    let features: Vec<Value> = (0..16)
        .map(|n| {
            let (west, south) = (109.4 + side(n % 4), 36.5 + side(n / 4));
            let (east, north) = (109.4 + side(n % 4 + 1), 36.5 + side(n / 4 + 1));
            let ring =
                json!([[west, south], [east, south], [east, north], [west, north], [west, south]]);
            json!({
                "type": "Feature",
                "properties": { "id": format!("k{n}"), "kind": "block", "people": 10 },
                "geometry": { "type": "Polygon", "coordinates": [ring] },
            })
        })
        .collect();
    json!({ "type": "FeatureCollection", "features": features }).to_string()
}

#[test]
fn a_balanced_plan_is_proposed_written_and_kept_as_a_draft_by_a_command() {
    let desk = desk();
    let folder = desk.path();
    let said = refused(folder, &["plan", "balance", "--zones", "2", "--seconds", "1"]);
    assert!(said.contains("there are no blocks to be divided"), "{said}");
    std::fs::write(folder.join("blocks.geojson"), blocks()).unwrap();
    told(folder, &["import", "facilities", "blocks.geojson"]);
    let balance = ["plan", "balance", "--zones", "2", "--seconds", "1", "--tolerance", "0.1"];
    let said = refused(folder, &[&balance[..], &["--lock", "nobody"]].concat());
    assert!(said.contains("there is no zone nobody to be locked"), "{said}");
    let said = told(folder, &[&balance[..], &["--draft", "Halves", "-o", "half"]].concat());
    assert!(said.starts_with("1 ") && said.contains("off 0.00 %"), "{said}");
    let id = said.split("draft ").nth(1).unwrap().split_whitespace().next().unwrap();
    let written = std::fs::read_to_string(folder.join("half-1.geojson")).unwrap();
    let written: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(written["features"].as_array().unwrap().len(), 2, "{written}");
    let said = told(folder, &["plan", "draft", "list"]);
    assert!(said.contains(id) && said.contains("Halves 1"), "{said}");
    let said = told(folder, &["plan", "diff", id]);
    assert!(said.contains(": 2 zones differ"), "one is half as large, and one is new: {said}");
    let said = told(folder, &["plan", "list"]);
    assert!(said.contains("in force 1 zones") && !said.contains("2 zones"), "{said}");
}

#[test]
fn settings_are_printed_without_secrets_unless_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let printed = |args: &[&str]| {
        let mut command = zonewarden(folder.path(), &[&["serve"], args].concat());
        command.env("ZONEWARDEN_PEPPER", "p3pper-p3pper-p3pper");
        command.env("ZONEWARDEN_DATABASE", "postgres://zw:S3cret@db/zones");
        let out = command.output().unwrap();
        (out.status.success(), String::from_utf8(out.stdout).unwrap())
    };
    let (ok, said) = printed(&["--print-config"]);
    assert!(ok && said.contains("# pepper = (set, and not shown"), "{said}");
    assert!(!said.contains("p3pper") && !said.contains("S3cret"), "{said}");
    let (ok, said) = printed(&["--print-config", "--secrets"]);
    assert!(ok && said.contains("pepper = \"p3pper-p3pper-p3pper\""), "{said}");
    assert!(said.contains("postgres://zw:S3cret@db/zones"), "{said}");
    let (ok, _) = printed(&["--secrets"]);
    assert!(!ok, "it says nothing without --print-config");
}

#[test]
fn a_draft_is_made_edited_and_published_by_commands() {
    let desk = desk();
    let folder = desk.path();
    let draft = |rest: &[&str]| ran(folder, &[&["plan", "draft"], rest].concat());
    let (ok, id) = draft(&["make", "North bank"]);
    assert!(ok, "{id}");
    let split =
        r#"[{"kind":"split","zone":"a","line":[[109.45,36.4],[109.45,36.7]],"new":{"id":"b"}}]"#;
    std::fs::write(folder.join("edits.json"), split).unwrap();
    let (ok, said) = draft(&["edit", &id, "edits.json", "--dry-run"]);
    assert!(ok && said.contains("a -> b") && said.contains("nothing was written"), "{said}");
    let (ok, said) = draft(&["edit", &id, "edits.json"]);
    assert!(ok, "{said}");
    let (ok, said) = draft(&["edit", &id, "edits.json"]);
    assert!(!ok && said.contains("a zone b already"), "{said}");
    for args in [&["lock", id.as_str(), "a"][..], &["lock", &id], &["undo", &id], &["redo", &id]] {
        assert!(draft(args).0, "{args:?}");
    }
    let (ok, said) = ran(folder, &["plan", "diff", &id, "--since", "1"]);
    assert!(ok && said.contains(": 2 zones differ") && said.contains("a -> b"), "{said}");
    let (ok, said) = draft(&["approve", &id]);
    assert!(!ok && said.contains("open now"), "{said}");
    let (ok, zones) = draft(&["show", &id, "--zones"]);
    assert!(ok && zones.contains("\"b\""), "{zones}");
    std::fs::write(folder.join("redrawn.geojson"), &zones).unwrap();
    let (ok, said) = draft(&["import", "redrawn.geojson", "--name", "Redrawn", "--dry-run"]);
    assert!(ok && said.contains("2 zones"), "{said}");
    let again = |closing: [&str; 4]| {
        let file = ["import", "redrawn.geojson", "--name", "Redrawn", "--dry-run"];
        draft(&[file.as_slice(), closing.as_slice()].concat())
    };
    let (ok, said) = again(["--gap-width", "5", "--remedy", "middle"]);
    assert!(ok && said.contains("nothing was written"), "{said}");
    let (ok, said) = again(["--gap-width", "0.1", "--remedy", "middle"]);
    assert!(!ok && said.contains("is no width from 0.5 to 100 metres"), "{said}");
    let (ok, said) = again(["--gap-width", "5", "--remedy", "glue"]);
    assert!(!ok && said.contains("is none of proposed, longest, largest, middle"), "{said}");
    let (ok, said) = draft(&["publish", &id, "--at", "2001-01-01T00:00:00Z"]);
    assert!(!ok && said.contains("has passed"), "{said}");
    let (ok, said) = draft(&["publish", &id]);
    assert!(ok && said.contains("plan 2"), "{said}");
    let (ok, said) = ran(folder, &["locate", "109.46", "36.55"]);
    assert!(ok, "{said}");
    let (ok, said) = draft(&["list"]);
    assert_eq!((ok, said.as_str()), (true, ""));
    let (ok, said) = draft(&["list", "--all"]);
    assert!(ok && said.contains("published") && said.contains("North bank"), "{said}");
    let (ok, said) = draft(&["show", "00000000-0000-7000-8000-000000000000"]);
    assert!(!ok && said.contains("no such draft"), "{said}");
}
