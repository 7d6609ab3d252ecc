use super::*;
use geo_types::{Geometry, line_string, point};
use serde_json::json;

fn sample(crs: Crs) -> Layer {
    let fields = |n: i64| {
        [
            ("name", json!("枣园 \"a\"")),
            ("n", json!(n)),
            ("share", json!(0.5)),
            ("mixed", if n == 1 { json!("12") } else { json!(12) }),
            ("list", json!(["a"])),
            ("flag", json!(true)),
        ]
        .map(|(k, v)| (k.to_owned(), v))
        .into()
    };
    let feature = |row, geometry, n| Feature { row, id: None, geometry, fields: fields(n) };
    let line = line_string![(x: 109.4, y: 36.5), (x: 109.5, y: 36.6)];
    let features = vec![
        feature(1, Some(point!(x: 109.484, y: 36.585).into()), 1),
        feature(2, Some(line.into()), 2),
        feature(3, None, 3),
    ];
    Layer { name: "样例 \"x\"".to_owned(), crs: Some(crs), features }
}

/// The sample's file after a change that others made.
fn changed(change: impl FnOnce(&Connection) -> rusqlite::Result<()>) -> Vec<u8> {
    let bytes = write(&sample(Crs::Wgs84)).unwrap();
    let mut file = Connection::open_in_memory().unwrap();
    file.deserialize_read_exact(MAIN_DB, bytes.as_slice(), bytes.len(), false).unwrap();
    file.execute_batch("pragma foreign_keys = off").unwrap();
    change(&file).unwrap();
    file.serialize(MAIN_DB).unwrap().to_vec()
}

fn found(bytes: &[u8]) -> Vec<String> {
    read(bytes, None).findings.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_written_is_read_back() {
    for crs in Crs::ALL {
        let back = read(&write(&sample(crs)).unwrap(), None);
        assert_eq!((back.layer, back.findings), (sample(crs), vec![]));
    }
    let empty = Layer { name: "zones".to_owned(), ..Layer::default() };
    assert_eq!(read(&write(&empty).unwrap(), None).findings, vec![]);
}

#[test]
fn a_file_cut_short_or_changed_is_refused_or_read_and_never_panics() {
    let bytes = write(&sample(Crs::Wgs84)).unwrap();
    for cut in (0..bytes.len()).step_by(4_001) {
        assert!(read(&bytes[..cut], None).refused(), "cut at {cut}");
    }
    for at in (0..bytes.len()).step_by(257) {
        let mut changed = bytes.clone();
        changed[at] ^= 0xff;
        let _ = read(&changed, None);
    }
}

#[test]
fn a_column_whose_name_is_no_text_is_refused() {
    let mut bytes = write(&sample(Crs::Wgs84)).unwrap();
    let name = b"\"share\" real";
    let at = bytes.windows(name.len()).position(|window| window == name).unwrap();
    bytes[at + 1] = 0xd4;
    let reading = read(&bytes, None);
    assert!(reading.findings[0].fault.contains("is not UTF-8"), "{:?}", reading.findings);
}

#[test]
fn layers_and_systems_that_are_not_there_are_named() {
    assert!(read(b"", None).refused());
    let bytes = write(&sample(Crs::Wgs84)).unwrap();
    let other = read(&bytes, Some("zones"));
    assert!(other.findings[0].remedy.contains("样例"), "{:?}", other.findings);
    let bytes = changed(|file| {
        file.execute_batch(
            "insert into gpkg_spatial_ref_sys values ('NAD83 / Colorado Central (ftUS)', 2232, 'EPSG', 2232, 'x', '');
             update gpkg_geometry_columns set srs_id = 2232;",
        )
    });
    let read = read(&bytes, None);
    assert!(
        read.findings[0].fault.contains("`EPSG:2232` (NAD83 / Colorado"),
        "{:?}",
        read.findings
    );
}

#[test]
fn a_view_in_the_place_of_a_table_of_the_standard_is_not_run() {
    for table in DIRECTORY {
        let bytes = changed(|file| {
            file.execute_batch(&format!(
                "drop table {table};
                 create view {table} as with recursive n (i) as
                 (select 1 union all select i + 1 from n) select i from n;"
            ))
        });
        let found = found(&bytes);
        let expected = format!("no whole GeoPackage: there is no table `{table}`");
        assert!(found.len() == 1 && found[0].contains(&expected), "{found:#?}");
    }
}

#[test]
fn a_statement_without_end_is_ended() {
    let mut file = Connection::open_in_memory().unwrap();
    bound(&mut file, 1_000_000).unwrap();
    let endless = "with recursive n (i) as (select 1 union all select i + 1 from n) \
                   select count(*) from n";
    let fault = file.query_row(endless, [], |row| row.get::<_, i64>(0)).unwrap_err();
    assert!(words(&fault).contains("limit STEPS_MAX"), "{fault}");
}

#[test]
fn rows_are_counted_and_as_many_as_the_limit_pass() {
    // The sample has three.
    let filled = |rows: usize| {
        changed(|file| {
            file.execute_batch(&format!(
                "with recursive n (i) as (select 4 union all select i + 1 from n where i < {rows})
                 insert into {} (n) select i from n;",
                quoted(&sample(Crs::Wgs84).name)
            ))
        })
    };
    let at = read(&filled(FEATURES_MAX), None);
    assert_eq!((at.findings, at.layer.features.len()), (vec![], FEATURES_MAX));
    let beyond = found(&filled(FEATURES_MAX + 1));
    assert_eq!(
        beyond,
        ["error: file: more than 1000000 features (limit FEATURES_MAX); split the file"]
    );
}

#[test]
fn a_column_that_is_made_for_each_row_is_refused() {
    let wide = "wide text as (printf('%.*c', 100000000, 'x'))";
    let layer = quoted(&sample(Crs::Wgs84).name);
    for table in [layer.as_str(), "gpkg_contents"] {
        let bytes =
            changed(|file| file.execute_batch(&format!("alter table {table} add column {wide}")));
        let found = found(&bytes);
        let expected = "the column `wide` is generated, not written";
        assert!(found.len() == 1 && found[0].contains(expected), "{table}: {found:#?}");
    }
}

#[test]
fn values_take_no_more_than_their_room() {
    let mut room = Room(10);
    assert!(
        room.holds(ValueRef::Text("枣园".as_bytes())) && room.holds(ValueRef::Integer(i64::MAX))
    );
    assert!(room.holds(ValueRef::Blob(b"1234")) && !room.holds(ValueRef::Blob(b"5")));
}

#[test]
fn a_shape_in_another_system_than_its_layer_is_told() {
    let place: Geometry<f64> = point!(x: 109.484, y: 36.585).into();
    let bytes = changed(|file| {
        for (fid, srs) in [(1, 4490), (2, 0), (3, -1)] {
            let update =
                format!("update {} set geom = ?1 where fid = ?2", quoted(&sample(Crs::Wgs84).name));
            file.execute(&update, params![write_gpkg(&place, srs), fid])?;
        }
        Ok(())
    });
    let found = found(&bytes);
    let expected = "error: row 1, geometry: is in the system with srs_id 4490, its layer in 4326";
    assert!(found.len() == 1 && found[0].starts_with(expected), "{found:#?}");
}

#[test]
fn cells_that_are_no_value_are_told_each() {
    let bytes = changed(|file| {
        let table = quoted(&sample(Crs::Wgs84).name);
        file.execute_batch(&format!(
            "update {table} set name = x'00ff' where fid = 1;
             update {table} set n = 9e999 where fid = 2;
             update {table} set mixed = cast(x'ff' as text), geom = 'POINT (1 2)' where fid = 3;"
        ))
    });
    let found = found(&bytes);
    for expected in [
        "row 1, name: holds bytes",
        "row 2, n: is not finite",
        "row 3, mixed: is not UTF-8",
        "row 3, geometry: is no blob",
    ] {
        assert!(found.iter().any(|line| line.contains(expected)), "{found:#?} lacks {expected}");
    }
    assert_eq!(found.len(), 4, "{found:#?}");
}

/// A layer of one row as GDAL writes it, with other columns.
fn of_gdal(columns: &str, values: &str, more: &str) -> Layer {
    let bytes = changed(|file| {
        file.execute_batch(&format!(
            "create table gpkg_ogr_contents (table_name text not null primary key, feature_count integer);
             create table theirs (fid integer primary key, {columns});
             insert into theirs values (1, {values});
             insert into gpkg_contents (table_name, data_type) values ('theirs', 'attributes');
             {more}"
        ))
    });
    let reading = read(&bytes, Some("theirs"));
    assert_eq!(reading.findings, vec![]);
    reading.layer
}

#[test]
fn what_gdal_declares_says_what_a_value_is() {
    let json = "create table gpkg_data_columns (table_name text not null, column_name text not null, mime_type text);
                insert into gpkg_data_columns values ('theirs', 'facts', 'application/json');";
    let layer = of_gdal(
        "open BOOLEAN, shut BOOLEAN, many BOOLEAN, phone TEXT(20), note TEXT, facts TEXT, told DATETIME, part DATETIME",
        "1, 0, 2, '88123456', 'true', '{ \"a\": [ 1 ] }', '2026-05-01T08:00:00.000Z', '2026-05-01T08:00:00.500Z'",
        json,
    );
    let fields = &layer.features[0].fields;
    for (name, value) in [
        ("open", json!(true)),
        ("shut", json!(false)),
        ("many", json!(2)),
        ("phone", json!("88123456")),
        ("note", json!(true)),
        ("facts", json!({ "a": [1] })),
        ("told", json!("2026-05-01T08:00:00Z")),
        ("part", json!("2026-05-01T08:00:00.500Z")),
    ] {
        assert_eq!(fields[name], value, "{name}");
    }
}
