//! The embedded file: what GDAL sees in it, what it refuses, what it notices.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use zonewarden::domain::atlas::rule::Rule;
use zonewarden::domain::change::Change;
use zonewarden::domain::id::RuleId;
use zonewarden::store::Basis;
use zonewarden::store::open::{Migrate, Place, open};

use super::faces::founded;
use super::made::{Dice, city_id, stamp};
use super::places::{block_on, file_in};

/// What GDAL's `ogrinfo` says; `None`, said loudly, where it is not installed.
fn ogrinfo(arguments: &[&str]) -> Option<String> {
    let run = Command::new("ogrinfo").args(arguments).output();
    let Ok(run) = run else {
        let required = std::env::var("REQUIRE_GDAL").is_ok_and(|it| it == "1");
        assert!(!required, "REQUIRE_GDAL=1, but there is no ogrinfo");
        eprintln!("SKIPPED: what GDAL sees (ogrinfo is not installed)");
        return None;
    };
    let said =
        format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{said}");
    Some(said)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn gdal_lists_zones_units_facilities_and_reports_with_their_types_and_counts() {
    block_on(async {
        let folder = TempDir::new().unwrap();
        let path = file_in(&folder);
        let store = open(&Place::File(path.clone()), Migrate::Apply).await.unwrap();
        founded(&store).await;
        let mut dice = Dice(1);
        let mut units: Vec<_> = (0..8).map(|_| dice.unit()).collect();
        units.sort_by(|a, b| a.id.cmp(&b.id));
        units.dedup_by(|a, b| a.id == b.id);
        let counts = [("unit", units.len()), ("facility", 6), ("report", 3)];
        let facilities = (0..6)
            .map(|n| {
                let mut one = dice.facility();
                one.id = zonewarden::domain::id::FacilityId::new(&format!("g{n}")).unwrap();
                one.geometry = dice.geometry(n);
                one
            })
            .collect();
        let mut changes = vec![
            Change::UnitsSet(units),
            dice.plan(1),
            dice.plan(2),
            Change::FacilitiesSet(facilities),
        ];
        changes.extend((0..3).map(|n| dice.filed(Some(n))));
        let zones = match &changes[2] {
            Change::PlanPublished { zones, .. } => zones.len(),
            _ => 0,
        };
        store.commit(stamp(1), Basis::default(), changes).await.unwrap();

        let Some(layers) = ogrinfo(&["-ro", text(&path)]) else { return };
        for layer in [
            "zone_in_force (Multi Polygon)",
            "unit (Point)",
            ": facility",
            ": rule",
            "report (Point)",
            "city (None)",
        ] {
            assert!(layers.contains(layer), "{layer} is not in\n{layers}");
        }
        assert!(!layers.contains("Warning") && !layers.contains("journal"), "{layers}");
        let mut counts = counts.to_vec();
        counts.push(("zone_in_force", zones));
        for (layer, count) in counts {
            let said = ogrinfo(&["-ro", "-so", text(&path), layer]).unwrap();
            assert!(said.contains(&format!("Feature Count: {count}\n")), "{said}");
            assert!(said.contains("WGS 84"), "{said}");
            assert!(!said.contains("Warning") && !said.contains("ERROR"), "{said}");
        }
        // The R-tree is asked, and finds what lies in the box.
        let said =
            ogrinfo(&["-ro", "-so", text(&path), "facility", "-spat", "109", "36", "110", "37"]);
        assert!(said.unwrap().contains("Feature Count: 6\n"));
    });
}

#[test]
fn an_edit_of_another_program_is_noticed_and_moves_the_atlas() {
    block_on(async {
        let folder = TempDir::new().unwrap();
        let place = Place::File(file_in(&folder));
        let store = open(&place, Migrate::Apply).await.unwrap();
        founded(&store).await;
        assert!(!store.notice_foreign_edits().await.unwrap());
        let foreign = rusqlite::Connection::open(file_in(&folder)).unwrap();
        foreign.execute("update city set name_en = 'Edited'", []).unwrap();
        let head = store.head(&city_id()).await.unwrap().unwrap();
        assert_eq!(head.atlas_version, 2);
        let state = store.load(&city_id()).await.unwrap().unwrap();
        assert_eq!(state.city.names.en, "Edited");
        assert_eq!(store.head(&city_id()).await.unwrap(), Some(head), "it is counted once");
        assert_eq!(store.load_at(&city_id(), 2).await.unwrap(), Some(state));
        let before = store.load_at(&city_id(), 1).await.unwrap().unwrap();
        assert_eq!(before.city.names.en, "Baota", "what was edited is still known");

        // Another zonewarden counts for itself.
        let other = open(&place, Migrate::Require).await.unwrap();
        let change = Change::UnitsSet(vec![Dice(1).unit()]);
        let after = other.commit(stamp(1), Basis::default(), vec![change]).await.unwrap();
        assert!(!store.notice_foreign_edits().await.unwrap());
        assert!(!other.notice_foreign_edits().await.unwrap());
        assert_eq!(store.head(&city_id()).await.unwrap(), Some(after));
    });
}

#[test]
fn rules_that_another_program_edits_are_a_version_and_those_before_are_kept() {
    block_on(async {
        let folder = TempDir::new().unwrap();
        let store = open(&Place::File(file_in(&folder)), Migrate::Apply).await.unwrap();
        founded(&store).await;
        let mut dice = Dice(7);
        let rules: Vec<_> = ["a", "b", "c"]
            .into_iter()
            .map(|id| Rule { id: RuleId::new(id).unwrap(), ..dice.rule() })
            .collect();
        let facilities = Change::FacilitiesSet(vec![dice.facility()]);
        let changes = vec![Change::RulesSet(rules.clone()), facilities];
        store.commit(stamp(1), Basis::default(), changes).await.unwrap();
        let ours = store.load(&city_id()).await.unwrap();
        let foreign = rusqlite::Connection::open(file_in(&folder)).unwrap();
        let edits = "delete from rule where rule_id = 'a';
             update rule set enabled = 1 - enabled where rule_id = 'b'; \
             insert into rule (city_id, rule_id, name_zh, name_en, reach, categories, time_window, \
             unit_id, mode, enabled) select city_id, 'd', '', 'D', 'category', '[]', '{}', 'u1', \
             'instead', 1 from rule where rule_id = 'c'";
        foreign.execute_batch(edits).unwrap();
        assert!(store.notice_foreign_edits().await.unwrap());
        assert_eq!(store.load_at(&city_id(), 2).await.unwrap(), ours);
        let now = store.load(&city_id()).await.unwrap();
        assert_eq!(store.load_at(&city_id(), 3).await.unwrap(), now);
        assert_eq!(store.rules_at(&city_id(), 3).await.unwrap(), now.unwrap().rules);
        let told: Vec<_> = store
            .rule_sets(&city_id(), 9, 9)
            .await
            .unwrap()
            .into_iter()
            .map(|it| (it.version, it.actor, it.told.added, it.told.changed, it.told.removed))
            .collect();
        assert_eq!(told, [(3, "foreign".to_owned(), 1, 1, 1), (2, "cli".to_owned(), 3, 0, 0)]);
        // And ours afterwards.
        let changes = vec![Change::RulesRemoved(vec![RuleId::new("d").unwrap()])];
        store.commit(stamp(2), Basis::default(), changes).await.unwrap();
        assert_eq!(store.load_at(&city_id(), 4).await, store.load(&city_id()).await);
    });
}

/// Opens what stands at the path; gives the refusal's words, and sees that no byte was changed.
fn refused(path: &Path) -> String {
    let before = std::fs::read(path).unwrap();
    let result = block_on(open(&Place::File(path.to_owned()), Migrate::Apply));
    assert_eq!(std::fs::read(path).unwrap(), before, "the file was changed");
    result.unwrap_err().to_string()
}

#[test]
fn what_is_no_store_of_ours_is_refused_and_left_as_it_is() {
    let folder = TempDir::new().unwrap();
    let path = file_in(&folder);
    std::fs::write(&path, "lon,lat\n109.4,36.5\n".repeat(400)).unwrap();
    assert!(refused(&path).contains("no database"), "{}", refused(&path));

    std::fs::remove_file(&path).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("create table t (a)").unwrap();
    drop(other);
    assert!(refused(&path).contains("another program"), "{}", refused(&path));

    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("pragma application_id = 0x47504B47").unwrap();
    drop(other);
    assert!(refused(&path).contains("zonewarden import"), "{}", refused(&path));
}

#[test]
fn a_newer_schema_an_edited_migration_and_a_torn_file_are_refused_in_words() {
    let folder = TempDir::new().unwrap();
    let path = file_in(&folder);
    let fresh = || {
        let _ = std::fs::remove_file(&path);
        drop(block_on(open(&Place::File(path.clone()), Migrate::Apply)).unwrap());
        rusqlite::Connection::open(&path).unwrap()
    };
    let edit = |text: &str| {
        let connection = fresh();
        connection.execute_batch(text).unwrap();
        connection.execute_batch("pragma journal_mode = delete").unwrap();
    };
    edit("insert into schema_migration values (99, 'x', 'y', 'z')");
    assert!(refused(&path).contains("newer zonewarden"), "{}", refused(&path));
    edit("update schema_migration set sha256 = 'f00'");
    assert!(refused(&path).contains("never edited"), "{}", refused(&path));
    edit("select 1");
    let whole = std::fs::read(&path).unwrap();
    let mut torn = whole.clone();
    for byte in &mut torn[100..4096] {
        *byte = 0xaa;
    }
    std::fs::write(&path, torn).unwrap();
    assert!(refused(&path).contains("damaged"), "{}", refused(&path));
}

#[test]
fn a_file_that_is_not_there_is_made_only_when_it_may_be() {
    let folder = TempDir::new().unwrap();
    let place = Place::File(file_in(&folder));
    let refused = block_on(open(&place, Migrate::Require)).unwrap_err();
    assert!(refused.to_string().contains("there is no file"), "{refused}");
    drop(block_on(open(&place, Migrate::Apply)).unwrap());
    drop(block_on(open(&place, Migrate::Require)).unwrap());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(file_in(&folder)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "reports hold personal data");
    }
}
