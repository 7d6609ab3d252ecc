use std::io::Cursor;

use geo_types::{Geometry, MultiPolygon, line_string, point, polygon};
use serde_json::json;
use zip::{ZipArchive, ZipWriter};

use super::archive::{pack, unpack};
use super::{read, write};
use crate::formats::layer::{BYTES_MAX, FEATURES_MAX, FINDINGS_MAX, Feature, Layer};
use crate::geom::crs::Crs;

fn sample(crs: Crs) -> Layer {
    let long = "枣园的长文本 words ".repeat(40).trim().to_owned();
    let fields = |n: i64| {
        [
            ("name_zh_of_the_thing", json!("枣园")),
            ("name_zh_of_the_other", json!("")),
            ("n", json!(n)),
            ("mixed", if n == 1 { json!("12") } else { json!(12) }),
            ("长", json!(long)),
            ("list", json!(["a", 1])),
        ]
        .map(|(k, v)| (k.to_owned(), v))
        .into()
    };
    let square = polygon![
        exterior: [(x: 109.4, y: 36.5), (x: 109.4, y: 36.9), (x: 109.8, y: 36.9), (x: 109.8, y: 36.5)],
        interiors: [[(x: 109.5, y: 36.6), (x: 109.6, y: 36.6), (x: 109.6, y: 36.7)]],
    ];
    let far = polygon![(x: 110.4, y: 36.5), (x: 110.4, y: 36.9), (x: 110.8, y: 36.9)];
    let geometries: [Option<Geometry<f64>>; 5] = [
        Some(point!(x: 109.484, y: 36.585).into()),
        None,
        Some(line_string![(x: 109.4, y: 36.5), (x: 109.5, y: 36.6)].into()),
        Some(square.clone().into()),
        Some(MultiPolygon(vec![square, far]).into()),
    ];
    let features = geometries
        .into_iter()
        .zip(1..)
        .map(|(geometry, n)| Feature { row: 0, id: None, geometry, fields: fields(n) })
        .collect();
    Layer { name: "样例_points".to_owned(), crs: Some(crs), features }
}

fn sorted(mut layer: Layer) -> Layer {
    layer.name.clear();
    layer.features.iter_mut().for_each(|feature| feature.row = 0);
    layer.features.sort_by_key(|feature| feature.fields["n"].as_i64());
    layer
}

#[test]
fn what_is_written_is_read_back_with_its_long_names_and_texts() {
    for crs in Crs::ALL {
        let back = read(&write(&sample(crs)).unwrap());
        assert_eq!(back.findings, vec![]);
        assert_eq!(sorted(back.layer), sorted(sample(crs)));
    }
    let empty = Layer { name: "zones".to_owned(), ..Layer::default() };
    assert_eq!(read(&write(&empty).unwrap()).findings, vec![]);
}

#[test]
fn an_archive_cut_short_or_changed_is_refused_or_read_and_never_panics() {
    let bytes = write(&sample(Crs::Wgs84)).unwrap();
    for cut in 0..bytes.len() {
        assert!(read(&bytes[..cut]).refused(), "cut at {cut}");
    }
    let members = unpack(&bytes).unwrap();
    for (n, member) in members.iter().enumerate() {
        let step = (member.bytes.len() / 300).max(1);
        for at in (0..member.bytes.len()).step_by(step) {
            for change in [0, 1, 2] {
                let changed: Vec<(String, Vec<u8>)> = members
                    .iter()
                    .enumerate()
                    .map(|(i, m)| {
                        let mut bytes = m.bytes.clone();
                        match (i == n, change) {
                            (true, 0) => bytes.truncate(at),
                            (true, 1) => bytes[at] = 0xff,
                            (true, _) => bytes[at] = 0x7f,
                            _ => {}
                        }
                        (m.name.clone(), bytes)
                    })
                    .collect();
                let _ = read(&pack(&changed).unwrap());
            }
        }
    }
}

#[test]
fn an_archive_of_few_bytes_that_unpacks_past_the_limit_is_refused() {
    const MEMBER: usize = 64 << 20;
    let one = pack(&[("a.shp".to_owned(), vec![0; MEMBER])]).unwrap();
    // As they are packed, so that nothing is packed anew.
    let mut bomb = ZipWriter::new(Cursor::new(Vec::new()));
    let mut source = ZipArchive::new(Cursor::new(&one)).unwrap();
    for n in 0..=BYTES_MAX / MEMBER {
        let member = source.by_index_raw(0).unwrap();
        bomb.raw_copy_file_rename(member, format!("a{n}.shp")).unwrap();
    }
    let bomb = bomb.finish().unwrap().into_inner();
    assert!(bomb.len() < 1 << 20, "{} bytes", bomb.len());
    let found = read(&bomb).findings;
    assert_eq!(
        found[0].to_string(),
        "error: a8.shp: the members unpack to more than 536870912 bytes (limit BYTES_MAX); split the file"
    );
}

fn with(members: &[(&str, &[u8])]) -> crate::formats::layer::Reading {
    let members: Vec<_> = members.iter().map(|(n, b)| ((*n).to_owned(), b.to_vec())).collect();
    read(&pack(&members).unwrap())
}

#[test]
fn a_projected_system_is_refused_by_name_and_none_is_left_open() {
    let bytes =
        write(&Layer { features: sample(Crs::Wgs84).features[..1].to_vec(), ..sample(Crs::Wgs84) })
            .unwrap();
    let members = unpack(&bytes).unwrap();
    let shp = &members.iter().find(|m| m.ending() == "shp").unwrap().bytes;
    let dbf = &members.iter().find(|m| m.ending() == "dbf").unwrap().bytes;
    let prj = br#"PROJCS["NAD_1983_StatePlane_Colorado_Central_FIPS_0502_Feet",GEOGCS["GCS_North_American_1983",DATUM["D_North_American_1983",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]]"#;
    let reading = with(&[("a.shp", shp), ("a.dbf", dbf), ("a.prj", prj)]);
    assert!(
        reading.findings[0].fault.contains("`NAD_1983_StatePlane_Colorado"),
        "{:?}",
        reading.findings
    );
    let nad83 = br#"GEOGCS["GCS_North_American_1983",DATUM["D_North_American_1983",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;
    assert!(with(&[("a.shp", shp), ("a.dbf", dbf), ("a.prj", nad83)]).refused());
    let reading = with(&[("A.SHP", shp), ("a.dbf", dbf)]);
    assert_eq!((reading.refused(), reading.layer.crs), (false, None));
    assert!(with(&[("readme.txt", b"x")]).refused());
    let reading = with(&[("../a.shp", shp)]);
    assert!(
        reading.findings[0].fault.contains("leads out of the archive"),
        "{:?}",
        reading.findings
    );
}

#[test]
fn more_shapes_or_rows_than_the_limit_are_refused_before_any_is_kept() {
    // Zeros pack well: shapes of eight bytes, rows of one.
    let shapes = FEATURES_MAX + 1;
    let mut shp = vec![0; 100 + 8 * shapes];
    shp[..4].copy_from_slice(&9994_i32.to_be_bytes());
    let words = u32::try_from(shp.len() / 2).unwrap();
    shp[24..28].copy_from_slice(&words.to_be_bytes());
    let reading = with(&[("a.shp", &shp)]);
    assert!(reading.findings[0].fault.contains("limit FEATURES_MAX"), "{:?}", reading.findings[0]);

    let null = super::shp::write(super::Class::Points, &[None]).0;
    let mut dbf = vec![b' '; 33 + shapes];
    dbf[..32].fill(0);
    dbf[4..8].copy_from_slice(&u32::try_from(shapes).unwrap().to_le_bytes());
    dbf[8..12].copy_from_slice(&[33, 0, 1, 0]);
    dbf[32] = b'\r';
    let reading = with(&[("a.shp", &null), ("a.dbf", &dbf)]);
    assert!(reading.findings[0].fault.contains("limit FEATURES_MAX"), "{:?}", reading.findings[0]);
}

#[test]
fn a_position_that_is_not_finite_is_told_with_its_row() {
    let place: Geometry<f64> = point!(x: 109.4, y: 36.5).into();
    let line: Geometry<f64> = line_string![(x: 109.4, y: 36.5), (x: 109.5, y: 36.6)].into();
    for (class, shape) in [(super::Class::Points, &place), (super::Class::Lines, &line)] {
        let whole = super::shp::write(class, &[Some(shape), Some(shape)]).0;
        for bad in [f64::NAN, f64::INFINITY] {
            let mut shp = whole.clone();
            // The last latitude of the second shape.
            let at = shp.len() - 8;
            shp[at..].copy_from_slice(&bad.to_le_bytes());
            let reading = with(&[("a.shp", &shp)]);
            let found: Vec<String> = reading.findings.iter().map(ToString::to_string).collect();
            let expected = format!("{bad} is not finite");
            let told = found.iter().filter(|it| it.contains(&expected)).collect::<Vec<_>>();
            assert!(told.len() == 1 && told[0].starts_with("error: row 2, "), "{found:#?}");
            assert!(reading.layer.features[0].geometry.is_some());
        }
    }
}

#[test]
fn a_table_of_nothing_but_bad_cells_is_answered_with_a_list_that_ends() {
    let rows = 3 * FINDINGS_MAX;
    let mut dbf = vec![0; 65];
    dbf[4..8].copy_from_slice(&u32::try_from(rows).unwrap().to_le_bytes());
    dbf[8..12].copy_from_slice(&[65, 0, 2, 0]);
    dbf[32] = b'n';
    dbf[32 + 11] = b'N';
    dbf[32 + 16] = 1;
    dbf[64] = b'\r';
    dbf.extend(b" x".repeat(rows));
    let table = super::dbf::read(&dbf, None).unwrap();
    assert_eq!((table.rows.len(), table.faults.len()), (rows, FINDINGS_MAX + 1));
    assert!(table.faults[FINDINGS_MAX].1.starts_with("2000 further cells"));
}

#[test]
fn the_encoding_is_what_the_cpg_says_and_never_guessed() {
    let mut dbf = vec![0x03, 70, 1, 1, 1, 0, 0, 0, 65, 0, 5, 0];
    dbf.resize(32, 0);
    let mut field = [0_u8; 32];
    field[..4].copy_from_slice(b"name");
    field[11] = b'C';
    field[16] = 4;
    dbf.extend(field);
    dbf.push(b'\r');
    dbf.extend(b" \xd4\xe6\xd4\xb0"); // 枣园 in GBK
    let null = super::shp::write(super::Class::Points, &[None]).0;
    let read_with = |cpg: &[u8]| with(&[("a.shp", &null), ("a.dbf", &dbf), ("a.cpg", cpg)]);
    let reading = read_with(b"GBK\n");
    assert_eq!(reading.layer.features[0].fields["name"], json!("枣园"));
    assert!(read_with(b"UTF-8").refused());
    assert!(read_with(b"BIG5").refused());
    assert!(with(&[("a.shp", &null), ("a.dbf", &dbf)]).refused());
}

#[test]
fn a_hole_whose_vertices_lie_on_the_shell_is_a_hole_of_it() {
    let mut layer = sample(Crs::Wgs84);
    layer.features.drain(..4);
    // A square's corners at the middles of another's sides, and a neighbour that touches in one place.
    for (a, b) in [(0.0, 1.0), (1.0, 0.0)] {
        let polygons = MultiPolygon(vec![
            polygon![
                exterior: [(x: 0.0, y: 0.0), (x: 4.0, y: 0.0), (x: 4.0, y: 4.0), (x: 0.0, y: 4.0)],
                interiors: [[(x: 2.0, y: 0.0), (x: 0.0, y: 2.0), (x: 2.0, y: 4.0), (x: 4.0, y: 2.0)]],
            ],
            polygon![(x: 4.0, y: 2.0), (x: 6.0, y: a), (x: 6.0, y: 3.0 + b)],
        ]);
        layer.features[0].geometry = Some(polygons.into());
        let Some(Geometry::MultiPolygon(back)) =
            read(&write(&layer).unwrap()).layer.features[0].geometry.clone()
        else {
            panic!("two polygons stay two");
        };
        let holes: Vec<usize> = back.iter().map(|polygon| polygon.interiors().len()).collect();
        assert_eq!(holes, [1, 0]);
    }
}
