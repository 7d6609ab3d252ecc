//! Vector tiles, read by a reader that shares nothing with the writer.

use std::collections::BTreeMap;

use zonewarden::formats::mvt::layer::Layer;
use zonewarden::formats::mvt::vocabulary::{Value, Vocabulary};
use zonewarden::geom::tile::grid::Unit;
use zonewarden::geom::tile::rings::Rings;

/// The fields of a message, in order: number, and a varint or bytes.
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn number(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..).step_by(7) {
        let byte = bytes[0];
        *bytes = &bytes[1..];
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return number;
        }
    }
    unreachable!()
}

fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = number(&mut bytes);
        let field = match key & 7 {
            0 => Field::Number(number(&mut bytes)),
            2 => {
                let length = usize::try_from(number(&mut bytes)).unwrap();
                let (held, rest) = bytes.split_at(length);
                bytes = rest;
                Field::Bytes(held)
            }
            other => panic!("wire type {other}"),
        };
        found.push((key >> 3, field));
    }
    found
}

/// A feature as it was read.
#[derive(Debug, PartialEq)]
pub(crate) struct Feature {
    pub(crate) id: u64,
    /// 1 for points, 2 for lines, 3 for polygons.
    pub(crate) kind: u64,
    pub(crate) tags: BTreeMap<String, String>,
    /// Points, lines or rings.
    pub(crate) parts: Vec<Vec<(i64, i64)>>,
}

fn packed(mut bytes: &[u8]) -> Vec<u64> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        all.push(number(&mut bytes));
    }
    all
}

/// Reads commands as the specification tells them, and refuses what it forbids.
fn parts(kind: u64, commands: &[u64]) -> Vec<Vec<(i64, i64)>> {
    let signed = |n: u64| i64::try_from(n >> 1).unwrap() ^ -i64::try_from(n & 1).unwrap();
    let (mut parts, mut at) = (Vec::<Vec<(i64, i64)>>::new(), (0, 0));
    let mut words = commands.iter().copied();
    let mut before = 0;
    while let Some(word) = words.next() {
        let (command, count) = (word & 7, word >> 3);
        assert!(count > 0, "a command is given at least once");
        match (kind, before, command) {
            (1, 0, 1) | (2 | 3, 1, 2) => {}
            (2, 0 | 2, 1) | (3, 0 | 7, 1) | (3, 2, 7) => assert_eq!(count, 1),
            other => panic!("command {other:?}"),
        }
        before = command;
        if command == 7 {
            continue;
        }
        assert!(kind != 3 || command != 2 || count > 1, "a ring has three places");
        for _ in 0..count {
            let (dx, dy) = (signed(words.next().unwrap()), signed(words.next().unwrap()));
            assert!(command != 2 || (dx, dy) != (0, 0), "a step leads somewhere");
            at = (at.0 + dx, at.1 + dy);
            if command == 1 {
                parts.push(Vec::new());
            }
            parts.last_mut().unwrap().push(at);
        }
    }
    assert!(!parts.is_empty(), "no geometry is empty");
    assert!(kind != 3 || before == 7, "rings are closed");
    parts
}

fn value(bytes: &[u8]) -> String {
    match &fields(bytes)[..] {
        [(1, Field::Bytes(text))] => std::str::from_utf8(text).unwrap().to_owned(),
        [(5, Field::Number(number))] => number.to_string(),
        [(6, Field::Number(number))] => {
            (i64::try_from(number >> 1).unwrap() ^ -i64::try_from(number & 1).unwrap()).to_string()
        }
        [(7, Field::Number(flag))] => (*flag == 1).to_string(),
        _ => panic!("a value has one field"),
    }
}

/// The layers of a tile by name, checked against the specification.
pub(crate) fn read(tile: &[u8]) -> BTreeMap<String, Vec<Feature>> {
    let mut layers = BTreeMap::new();
    for (field, held) in fields(tile) {
        let Field::Bytes(layer) = held else { panic!("a tile holds layers") };
        assert_eq!(field, 3);
        let (name, features) = read_layer(layer);
        assert!(layers.insert(name, features).is_none(), "a name stands once");
    }
    layers
}

fn read_layer(layer: &[u8]) -> (String, Vec<Feature>) {
    let (mut name, mut version, mut extent) = (String::new(), 0, 0);
    let (mut keys, mut values, mut raw) = (Vec::new(), Vec::new(), Vec::new());
    for field in fields(layer) {
        match field {
            (15, Field::Number(number)) => version = number,
            (1, Field::Bytes(text)) => name = String::from_utf8(text.to_vec()).unwrap(),
            (2, Field::Bytes(feature)) => raw.push(feature),
            (3, Field::Bytes(key)) => keys.push(String::from_utf8(key.to_vec()).unwrap()),
            (4, Field::Bytes(held)) => values.push(value(held)),
            (5, Field::Number(number)) => extent = number,
            (other, _) => panic!("field {other} of a layer"),
        }
    }
    assert_eq!((version, extent), (2, 4_096));
    for (n, key) in keys.iter().enumerate() {
        assert!(!keys[..n].contains(key), "the key {key} stands once");
    }
    let feature = |raw: &&[u8]| {
        let mut feature = Feature { id: 0, kind: 0, tags: BTreeMap::new(), parts: Vec::new() };
        let mut commands = Vec::new();
        for field in fields(raw) {
            match field {
                (1, Field::Number(id)) => feature.id = id,
                (2, Field::Bytes(tags)) => {
                    for pair in packed(tags).chunks(2) {
                        let [key, value] = [pair[0], pair[1]].map(|n| usize::try_from(n).unwrap());
                        let before = feature.tags.insert(keys[key].clone(), values[value].clone());
                        assert_eq!(before, None, "a feature has a key once");
                    }
                }
                (3, Field::Number(kind)) => feature.kind = kind,
                (4, Field::Bytes(geometry)) => commands = packed(geometry),
                (other, _) => panic!("field {other} of a feature"),
            }
        }
        feature.parts = parts(feature.kind, &commands);
        if feature.kind == 3 {
            assert!(twice_area(&feature.parts[0]) > 0, "a polygon begins with its shell");
            assert!(feature.parts.iter().all(|ring| twice_area(ring) != 0), "a ring has an area");
        }
        feature
    };
    let features: Vec<Feature> = raw.iter().map(feature).collect();
    assert!(!features.is_empty(), "no layer is empty");
    (name, features)
}

/// Twice the area of a ring by the shoelace formula, `y` downwards: positive of a shell.
pub(crate) fn twice_area(ring: &[(i64, i64)]) -> i64 {
    let next = |at: usize| ring[(at + 1) % ring.len()];
    let turn = |(at, (x, y)): (usize, &(i64, i64))| x * next(at).1 - next(at).0 * y;
    ring.iter().enumerate().map(turn).sum()
}

fn units(places: &[(i32, i32)]) -> Vec<Unit> {
    places.iter().map(|&(x, y)| Unit { x, y }).collect()
}

#[test]
fn what_is_written_is_what_another_reader_reads() {
    let mut words = Vocabulary::default();
    let name = words.tag("name", Value::Text("中心街"));
    let number = words.tag("number", Value::Whole(7));
    let below = words.tag("below", Value::Whole(-300));
    let open = words.tag("open", Value::Flag(true));
    assert_eq!(words.tag("number", Value::Whole(7)), number);
    let mut layer = Layer::new("streets", &words);
    layer.lines(9, &[name, open], &[units(&[(-64, 3), (10, 3), (4_161, 5_000)]), units(&[(1, 1)])]);
    layer.point(1 << 52, &[number, below], Unit { x: 4_095, y: 0 });
    let shell = units(&[(0, 0), (10, 0), (10, 10), (0, 10)]);
    let hole = units(&[(2, 2), (2, 4), (4, 4)]);
    let polygons: Vec<Rings> =
        vec![vec![shell.clone(), hole], vec![units(&[(50, 50), (60, 50), (60, 60)])]];
    layer.polygons(3, &[name], &polygons);
    let mut tile = Vec::new();
    layer.write_to(&mut tile);
    let mut other = Layer::new("zones", &words);
    other.polygons(1, &[], &[vec![shell]]);
    other.write_to(&mut tile);
    let read = read(&tile);
    assert_eq!(read.keys().collect::<Vec<_>>(), ["streets", "zones"]);
    let streets = &read["streets"];
    assert_eq!(streets.len(), 3);
    assert_eq!((streets[0].id, streets[0].kind), (9, 2));
    assert_eq!(streets[0].parts, [vec![(-64, 3), (10, 3), (4_161, 5_000)]]);
    assert_eq!(streets[0].tags["name"], "中心街");
    assert_eq!(streets[0].tags["open"], "true");
    assert_eq!((streets[1].id, &streets[1].parts[0][..]), (1 << 52, &[(4_095, 0)][..]));
    assert_eq!((&streets[1].tags["number"][..], &streets[1].tags["below"][..]), ("7", "-300"));
    let rings = &streets[2].parts;
    assert_eq!((rings.len(), rings[1].len(), rings[2][0]), (3, 3, (50, 50)));
}

#[test]
fn what_has_no_geometry_is_no_feature_and_no_layer() {
    let words = Vocabulary::default();
    let mut layer = Layer::new("empty", &words);
    layer.lines(1, &[], &[]);
    layer.lines(2, &[], &[units(&[(1, 1)])]);
    layer.polygons(3, &[], &[vec![units(&[(0, 0), (1, 1)])]]);
    let mut tile = Vec::new();
    layer.write_to(&mut tile);
    assert!(tile.is_empty());
}

#[test]
fn a_layer_numbers_only_what_it_uses_of_a_vocabulary_of_any_size() {
    for size in [10, 40_000] {
        let mut words = Vocabulary::default();
        let tags: Vec<_> = (0..size).map(|n| words.tag("n", Value::Whole(n))).collect();
        let mut layer = Layer::new("points", &words);
        for (id, n) in [(1, 7), (2, 3), (3, 7)] {
            layer.point(id, &[tags[n]], Unit { x: 1, y: 1 });
        }
        let mut tile = Vec::new();
        layer.write_to(&mut tile);
        assert!(tile.len() < 120, "{} bytes", tile.len());
        let points = &read(&tile)["points"];
        let told: Vec<&str> = points.iter().map(|point| point.tags["n"].as_str()).collect();
        assert_eq!(told, ["7", "3", "7"]);
    }
}
