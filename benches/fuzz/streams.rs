//! Texts that are cut into rows as they come: in whatever pieces, the rows are the same.

use serde::Deserialize;
use serde_json::value::RawValue;
use zonewarden::formats::features::{Stop, features, features_at, whole_features};
use zonewarden::formats::records::{UNWANTED, fields, put_field, record, unquoted, whole_records};
use zonewarden::http::api::rows::{Broken, Cutter, Form};

use crate::dice::{Dice, mutated, pieces};

const TABLES: &[&[u8]] = &[
    b"id,name,lon,lat\n1,\"a, \"\"b\"\"\",109.48,36.58\n2,x,,\r\n\"3\nx\",5\" pipe,\"109.4\",36\n",
    b"\xef\xbb\xbf\"lon\",lat\r\n109.48,36.58\r\n\r\n\"109.5\",\"36,6\"\r\n\"\"\"\",\"\n\n\"\"\"\n",
    b"x\ty\tkind\n1.5\t2.5\tschool\n\"a\"b\t\"\"\"\t\n\"",
];
const COLLECTIONS: &[&[u8]] = &[
    br#"{"type":"FeatureCollection","name":"features","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[109.4,36.5]},"properties":{"a":"}\"]{"}}, {"b":[{}]},{}],"crs":{"features":[]}}"#,
    br#"{"features":{"features":[]},"features" : [ {"a":"\\"} ] }"#,
];
const BATCHES: &[&[u8]] = &[
    br#"[{"lon":109.484,"lat":36.585,"id":"}\"]"},[109.4,36.5] , null,3,"x,]",[[1],2]]"#,
    b"{\"lon\":109.484,\"lat\":36.585}\n\r\n[109.4,36.5]\n{\"id\":[1,\"\\n\"]}",
];

/// What a record of a table is.
#[derive(Debug, PartialEq)]
struct Row {
    text: Vec<u8>,
    fields: usize,
    wanted: [Vec<u8>; 2],
    unclosed: bool,
}

/// Tables, as `zonewarden route` cuts them.
pub(crate) fn tables(dice: &mut Dice) -> Result<(), String> {
    let text = mutated(dice, TABLES);
    let delimiter = *dice.pick(b",;\t");
    let slots = [UNWANTED, 1, 0];
    let (mut whole, mut cut) = (Vec::new(), Vec::new());
    rows(&text, delimiter, &slots, &mut whole)?;
    let mut held = Vec::new();
    for piece in pieces(dice, &text) {
        held.extend_from_slice(piece);
        let end = whole_records(&held, delimiter);
        rows(&held[..end], delimiter, &slots, &mut cut)?;
        held.drain(..end);
    }
    rows(&held, delimiter, &slots, &mut cut)?;
    if whole != cut {
        let at = whole.iter().zip(&cut).take_while(|(a, b)| a == b).count();
        return Err(format!("row {at}: {:?} became {:?}", whole.get(at), cut.get(at)));
    }
    if let Ok(text) = std::str::from_utf8(&text) {
        let mut written = Vec::new();
        put_field(&mut written, text, delimiter);
        let read = fields(&written, delimiter);
        let same = |read: &[u8]| {
            read == text.as_bytes() || read.strip_prefix(b"'") == Some(text.as_bytes())
        };
        if read.len() != 1 || !same(&read[0]) {
            return Err(format!("{text:?} as a field is read as {} fields", read.len()));
        }
    }
    Ok(())
}

/// The records of a text; nothing of it lies between them.
fn rows(text: &[u8], delimiter: u8, slots: &[u8], found: &mut Vec<Row>) -> Result<(), String> {
    let mut at = 0;
    while at < text.len() {
        let it = record(text, at, delimiter, slots);
        if it.end <= at || it.text_end > it.end || it.text_end < at {
            return Err(format!("the record at {at} ends at {} or {}", it.text_end, it.end));
        }
        let split = fields(&text[at..it.text_end], delimiter);
        if split.len() != it.fields {
            return Err(format!("{} fields are split into {}", it.fields, split.len()));
        }
        let wanted = [0, 1].map(|n: usize| unquoted(&text[it.wanted[n].clone()]).into_owned());
        let column = |slot: u8| slots.iter().position(|known| *known == slot);
        for (slot, wanted) in (0_u8..).zip(&wanted) {
            let there = column(slot).and_then(|n| split.get(n));
            if !it.unclosed && there.map_or(&b""[..], AsRef::as_ref) != wanted.as_slice() {
                return Err(format!("column {slot} is {there:?} and {wanted:?}"));
            }
        }
        let text = text[at..it.end].to_vec();
        found.push(Row { text, fields: it.fields, wanted, unclosed: it.unclosed });
        at = it.end;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Collection<'a> {
    #[serde(borrow)]
    features: Vec<&'a RawValue>,
}

/// The whole features of a text, and where they end.
fn features_of(text: &[u8]) -> (Vec<Vec<u8>>, usize) {
    let end = whole_features(text).end;
    (features(&text[..end]).map(|it| text[it].to_vec()).collect(), end)
}

/// GeoJSON, as `zonewarden route` cuts it and as a reader of JSON has it.
pub(crate) fn collections(dice: &mut Dice) -> Result<(), String> {
    let text = mutated(dice, COLLECTIONS);
    let Some(begin) = features_at(&text) else { return Ok(()) };
    let early = dice.below(text.len() + 1);
    if features_at(&text[..early]).is_some_and(|at| at != begin) {
        return Err(format!("the list begins elsewhere in the first {early} bytes"));
    }
    let features = &text[begin..];
    let (whole, _) = features_of(features);
    let stop = whole_features(features).stop;
    let (mut cut, mut held, mut last) = (Vec::new(), Vec::new(), Stop::Text);
    for piece in pieces(dice, features) {
        held.extend_from_slice(piece);
        let (more, end) = features_of(&held);
        cut.extend(more);
        last = whole_features(&held).stop;
        held.drain(..end);
        if matches!(last, Stop::Bracket | Stop::Other(_)) {
            break;
        }
    }
    if whole != cut || stop != last {
        return Err(format!(
            "{} features and {stop:?} became {} and {last:?}",
            whole.len(),
            cut.len()
        ));
    }
    if let (Ok(read), Stop::Bracket) = (serde_json::from_slice::<Collection<'_>>(&text), stop) {
        let read: Vec<Vec<u8>> =
            read.features.iter().map(|it| it.get().as_bytes().to_vec()).collect();
        if read != whole {
            return Err(format!("{} features, a reader of JSON has {}", whole.len(), read.len()));
        }
    }
    Ok(())
}

/// Batches of places, as the service cuts them.
pub(crate) fn batches(dice: &mut Dice) -> Result<(), String> {
    let form = *dice.pick(&[Form::Json, Form::Ndjson, Form::Csv]);
    let text = mutated(dice, if form == Form::Csv { TABLES } else { BATCHES });
    let whole = slabs(form, &[&text]);
    let cut = slabs(form, &pieces(dice, &text));
    match (&whole, &cut) {
        (Ok(whole), Ok(cut)) if parsed(form, whole)? == parsed(form, cut)? => {}
        (Err(_), Err(_)) => return Ok(()),
        _ => return Err(format!("{form:?} {whole:?} became {cut:?}")),
    }
    let Ok(whole) = whole else { return Ok(()) };
    let expected: Vec<Vec<Vec<u8>>> = match form {
        Form::Json => {
            let Ok(items) = serde_json::from_slice::<Vec<&RawValue>>(&text) else { return Ok(()) };
            items.iter().map(|it| vec![it.get().as_bytes().to_vec()]).collect()
        }
        Form::Ndjson | Form::Csv => parsed(form, &[text])?,
    };
    let found = parsed(form, &whole)?;
    if found == expected { Ok(()) } else { Err(format!("{form:?} {expected:?} is {found:?}")) }
}

fn slabs(form: Form, pieces: &[&[u8]]) -> Result<Vec<Vec<u8>>, Broken> {
    let mut cutter = Cutter::new(form);
    let mut found = Vec::new();
    for piece in pieces {
        found.extend(cutter.push(piece)?);
    }
    found.extend(cutter.end()?);
    Ok(found)
}

/// Rows with their fields, each slab read by itself.
fn parsed(form: Form, slabs: &[Vec<u8>]) -> Result<Vec<Vec<Vec<u8>>>, String> {
    let mut rows = Vec::new();
    for (n, slab) in slabs.iter().enumerate() {
        match form {
            Form::Json => rows.push(vec![slab.trim_ascii().to_vec()]),
            Form::Ndjson => {
                let lines = slab.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
                rows.extend(lines.filter(|line| !line.is_empty()).map(|line| vec![line.to_vec()]));
            }
            Form::Csv => {
                // Only the first may begin with a byte-order mark.
                let text = [if n == 0 { &b""[..] } else { b"\n" }, slab.as_slice()].concat();
                let mut reader = csv::ReaderBuilder::new()
                    .has_headers(false)
                    .flexible(true)
                    .from_reader(text.as_slice());
                for record in reader.byte_records() {
                    let record = record.map_err(|fault| fault.to_string())?;
                    rows.push(record.iter().map(<[u8]>::to_vec).collect());
                }
            }
        }
    }
    Ok(rows)
}
