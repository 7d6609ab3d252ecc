//! The schemas: the same tables and columns in both databases, and two migrators at once.

use std::collections::BTreeMap;

use zonewarden::store::migrate::MIGRATIONS;
use zonewarden::store::open::{Migrate, Place, migrate, open};

use super::places::{block_on, durable, postgres};

type Tables = BTreeMap<String, Vec<(String, String, bool)>>;

fn sqlite_tables() -> Tables {
    let folder = tempfile::TempDir::new().unwrap();
    let path = super::places::file_in(&folder);
    drop(block_on(open(&Place::File(path.clone()), Migrate::Apply)).unwrap());
    let connection = rusqlite::Connection::open(path).unwrap();
    let names = "select name from sqlite_schema where type = 'table' \
                 and name not like 'gpkg%' and name not like 'rtree%' and name not like 'sqlite%'";
    let mut tables = Tables::new();
    let mut names = connection.prepare(names).unwrap();
    let names: Vec<String> =
        names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    for name in names {
        let mut columns = connection.prepare("select * from pragma_table_info(?1)").unwrap();
        let columns = columns
            .query_map([&name], |row| {
                let kind: String = row.get(2)?;
                // A key's column of a table without rowid is never null.
                let required = row.get::<_, bool>(3)? || row.get::<_, i64>(5)? > 0;
                Ok((row.get(1)?, kind.to_lowercase(), required))
            })
            .unwrap()
            .map(Result::unwrap)
            .filter(|(column, _, _): &(String, String, bool)| column != "fid");
        tables.insert(name.clone(), columns.collect());
    }
    tables
}

async fn postgres_tables(url: &str) -> Tables {
    drop(open(&Place::Postgres(url.to_owned()), Migrate::Apply).await.unwrap());
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    let _connection = tokio::spawn(connection);
    let text = "select table_name::text, column_name::text, \
         case when udt_name = 'geometry' then lower(postgis_typmod_type(a.atttypmod)) \
              when udt_name = 'int8' then 'integer' \
              when udt_name = 'bytea' then 'blob' \
              when udt_name = 'float8' then 'double' else udt_name::text end, \
         is_nullable = 'NO', col_description(a.attrelid, a.attnum) \
         from information_schema.columns c join pg_attribute a \
           on a.attrelid = format('zonewarden.%I', table_name)::regclass and a.attname = column_name \
         where table_schema = 'zonewarden' order by table_name, ordinal_position";
    let mut tables = Tables::new();
    for row in client.query(text, &[]).await.unwrap() {
        let (table, column): (String, String) = (row.get(0), row.get(1));
        let told: Option<String> = row.get(4);
        assert!(told.is_some() || table == "schema_migration", "{table}.{column} has no comment");
        tables.entry(table).or_default().push((column, row.get(2), row.get(3)));
    }
    tables
}

#[test]
fn both_databases_have_the_same_tables_columns_and_kinds() {
    let mut ours = sqlite_tables();
    assert!(ours.len() > 10, "{ours:?}");
    let Some(database) = block_on(postgres()) else { return };
    let mut theirs = block_on(postgres_tables(database.url()));
    // The record of migrations tells its time in each database's own way.
    ours.remove("schema_migration");
    theirs.remove("schema_migration");
    // An index in all but name, of `report.units`: SQLite looks through another.
    assert!(theirs.remove("report_unit").is_some(), "{theirs:?}");
    // And one of `report.position`, which there has a spatial index.
    assert!(ours.remove("report_place").is_some(), "{ours:?}");
    assert_eq!(ours, theirs);
}

#[test]
fn of_two_migrators_at_once_one_migrates_and_the_other_finds_nothing_to_do() {
    block_on(async {
        for held in durable().await {
            let places: Vec<Place> = (0..4).map(|_| held.place()).collect();
            let tasks: Vec<_> = places
                .into_iter()
                .map(|place| tokio::spawn(async move { migrate(&place).await }))
                .collect();
            let mut applied = Vec::new();
            for task in tasks {
                applied.push(task.await.unwrap().unwrap().len());
            }
            applied.sort_unstable();
            assert_eq!(applied, [0, 0, 0, MIGRATIONS.len()], "{}", held.name());
            assert_eq!(migrate(&held.place()).await.unwrap(), [], "{}", held.name());
        }
    });
}

#[test]
fn a_store_whose_schema_is_older_is_not_served_without_migrating() {
    block_on(async {
        let Some(database) = postgres().await else { return };
        let place = Place::Postgres(database.url().to_owned());
        let refused = open(&place, Migrate::Require).await.unwrap_err();
        assert!(refused.to_string().contains("zonewarden migrate"), "{refused}");
        open(&place, Migrate::Apply).await.unwrap();
        open(&place, Migrate::Require).await.unwrap().ping().await.unwrap();
    });
}
