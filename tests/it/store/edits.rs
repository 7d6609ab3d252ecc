//! What another program edits in the tables, while the store is open and while nobody has it open.

use rusqlite::functions::FunctionFlags;
use zonewarden::domain::change::Change;
use zonewarden::domain::id::FacilityId;
use zonewarden::store::open::{Migrate, Place, open};
use zonewarden::store::{Basis, Store};

use super::faces::founded;
use super::made::{Dice, city, city_id, stamp};
use super::places::{Held, block_on, durable, run};

/// Runs a text as another program does, which knows no function of ours; tables stand behind `{z}`.
async fn edit(held: &Held, text: &str) {
    match held.place() {
        Place::File(path) => {
            let other = rusqlite::Connection::open(path).unwrap();
            other.execute_batch(&text.replace("{z}", "")).unwrap();
        }
        Place::Postgres(url) => run(&url, &text.replace("{z}", "zonewarden.")).await,
        Place::Memory => unreachable!("it is not durable"),
    }
}

/// One of everything that is in force.
async fn furnished(store: &Store) {
    founded(store).await;
    let mut dice = Dice(5);
    let mut changes = vec![dice.plan(1), dice.plan(2)];
    changes.extend([Change::UnitsSet(vec![dice.unit()]), Change::RulesSet(vec![dice.rule()])]);
    changes.push(Change::FacilitiesSet(vec![dice.facility()]));
    store.commit(stamp(1), Basis::default(), changes).await.unwrap();
}

#[test]
fn what_another_program_edited_while_nobody_was_there_is_noticed_once() {
    block_on(async {
        for held in durable().await {
            let name = held.name();
            let store = held.open().await;
            furnished(&store).await;
            let before = store.load(&city_id()).await.unwrap().unwrap();
            drop(store);
            edit(&held, "update {z}city set name_en = 'Edited'; delete from {z}rule").await;

            let store = open(&held.place(), Migrate::Require).await.unwrap();
            assert!(store.notice_foreign_edits().await.unwrap(), "{name}");
            let head = store.head(&city_id()).await.unwrap().unwrap();
            assert_eq!(head.atlas_version, before.atlas_version + 1, "{name}");
            let now = store.load(&city_id()).await.unwrap().unwrap();
            assert_eq!((now.city.names.en.as_str(), now.rules.len()), ("Edited", 0), "{name}");
            let at = |version| store.load_at(&now.city.id, version);
            assert_eq!(at(before.atlas_version).await.unwrap(), Some(before.clone()), "{name}");
            assert_eq!(at(head.atlas_version).await.unwrap(), Some(now.clone()), "{name}");
            let told = store.rule_sets(&city_id(), i64::MAX, 1).await.unwrap().remove(0);
            assert_eq!(
                (told.version, told.actor.as_str(), told.told.removed),
                (head.atlas_version, "foreign", 1),
                "{name}"
            );
            assert!(!store.notice_foreign_edits().await.unwrap(), "{name}");
            drop(store);
            let store = held.open().await;
            assert!(!store.notice_foreign_edits().await.unwrap(), "{name}");
            assert_eq!(store.head(&city_id()).await.unwrap(), Some(head), "{name}");
        }
    });
}

#[test]
fn our_own_writes_are_never_taken_for_another_program_s() {
    block_on(async {
        for held in durable().await {
            let name = held.name();
            let store = held.open().await;
            furnished(&store).await;
            let other = open(&held.place(), Migrate::Require).await.unwrap();
            let state = store.load(&city_id()).await.unwrap().unwrap();
            let mut dice = Dice(9);
            let changes = vec![
                Change::CitySet(city(&city_id())),
                Change::UnitsRemoved(state.units.iter().map(|it| it.id.clone()).collect()),
                Change::FacilitiesRemoved(
                    state.facilities.iter().map(|it| it.id.clone()).collect(),
                ),
                Change::RulesRemoved(state.rules.iter().map(|it| it.id.clone()).collect()),
                dice.plan(3),
                dice.filed(None),
            ];
            let head = other.commit(stamp(2), Basis::default(), changes).await.unwrap();
            assert!(!store.notice_foreign_edits().await.unwrap(), "{name}");
            assert!(!other.notice_foreign_edits().await.unwrap(), "{name}");
            drop((store, other));
            let store = held.open().await;
            assert!(!store.notice_foreign_edits().await.unwrap(), "{name}");
            assert_eq!(store.head(&city_id()).await.unwrap(), Some(head), "{name}");
        }
    });
}

#[test]
fn an_edit_that_was_not_noticed_yet_is_not_hidden_by_a_write_of_ours() {
    block_on(async {
        for held in durable().await {
            let name = held.name();
            let store = held.open().await;
            furnished(&store).await;
            edit(&held, "update {z}city set name_en = 'Edited'").await;
            let change = Change::UnitsSet(vec![Dice(1).unit()]);
            let ours = store.commit(stamp(3), Basis::default(), vec![change]).await.unwrap();
            assert!(store.notice_foreign_edits().await.unwrap(), "{name}");
            let head = store.head(&city_id()).await.unwrap().unwrap();
            assert_eq!(head.atlas_version, ours.atlas_version + 1, "{name}");
        }
    });
}

#[test]
fn every_table_of_what_is_in_force_marks_an_edit_and_reports_do_not() {
    block_on(async {
        for held in durable().await {
            let name = held.name();
            let store = held.open().await;
            furnished(&store).await;
            let filed = vec![Dice(3).filed(None)];
            store.commit(stamp(2), Basis::default(), filed).await.unwrap();
            // What QGIS brings along, and the triggers of the R-trees ask for.
            if let Place::File(path) = held.place() {
                let other = rusqlite::Connection::open(path).unwrap();
                for function in ["ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY", "ST_IsEmpty"] {
                    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_INNOCUOUS;
                    other.create_scalar_function(function, 1, flags, |_| Ok(0)).unwrap();
                }
                for table in ["unit", "facility"] {
                    let text = format!("update {table} set name_en = 'Edited'");
                    assert_eq!(other.execute(&text, []).unwrap(), 1);
                    assert!(store.notice_foreign_edits().await.unwrap(), "{table}");
                }
            } else {
                for table in ["unit", "facility"] {
                    edit(&held, &format!("update {{z}}{table} set name_en = 'Edited'")).await;
                    assert!(store.notice_foreign_edits().await.unwrap(), "{table}");
                }
            }
            for text in [
                "update {z}plan set note = 'Edited' where version = 2",
                "update {z}zone set name_en = 'Edited' where plan_version = 2",
                "update {z}rule set name_en = 'Edited'",
                "insert into {z}rule (city_id, rule_id, name_zh, name_en, reach, categories, time_window, \
                 mode, enabled) select city_id, 'new', '', 'New', 'category', '[]', '{}', 'instead', 1 \
                 from {z}city",
                "delete from {z}rule where rule_id = 'new'",
            ] {
                edit(&held, text).await;
                assert!(store.notice_foreign_edits().await.unwrap(), "{name}: {text}");
                assert!(!store.notice_foreign_edits().await.unwrap(), "{name}: {text}");
            }
            edit(&held, "update {z}report set words = 'Edited'").await;
            assert!(!store.notice_foreign_edits().await.unwrap(), "{name}");
        }
    });
}

#[test]
fn a_large_commit_may_take_longer_than_a_question() {
    block_on(async {
        let Some(database) = super::places::postgres().await else { return };
        let place = Place::Postgres(database.url().to_owned());
        let store = open(&place, Migrate::Apply).await.unwrap();
        let text = "create table public.told (words text);
             create function public.tell() returns trigger language plpgsql as $$ begin
                 insert into public.told values (current_setting('statement_timeout')); return null; end $$;
             create trigger tell after insert on zonewarden.facility for each statement
                 execute function public.tell();
             create trigger tell after insert on zonewarden.report for each statement
                 execute function public.tell()";
        run(database.url(), text).await;
        furnished(&store).await;
        let mut dice = Dice(4);
        let many: Vec<_> = (0..5_000)
            .map(|n| {
                let mut one = dice.facility();
                one.id = FacilityId::new(&format!("f{n}")).unwrap();
                one
            })
            .collect();
        store.commit(stamp(2), Basis::default(), vec![Change::FacilitiesSet(many)]).await.unwrap();
        store.commit(stamp(3), Basis::default(), vec![dice.filed(None)]).await.unwrap();
        let (client, connection) =
            tokio_postgres::connect(database.url(), tokio_postgres::NoTls).await.unwrap();
        let _connection = tokio::spawn(connection);
        let rows = client.query("select words from public.told", &[]).await.unwrap();
        let told: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(told, ["2h", "2h", "1min"]);
    });
}

/// What takes the migration back, for the dialect whose tables stand behind `z`.
pub(super) fn undone(z: &str) -> Vec<String> {
    let mut texts = Vec::new();
    if z.is_empty() {
        for table in ["city", "plan", "zone", "unit", "facility", "rule"] {
            for event in ["insert", "update", "delete"] {
                texts.push(format!("drop trigger atlas_edit_{table}_{event}"));
            }
        }
    } else {
        texts.push(format!("drop function {z}mark_edit() cascade"));
    }
    texts.push(format!("drop table {z}atlas_edit"));
    texts
}
