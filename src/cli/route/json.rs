//! JSON lines and GeoJSON: the text of every object stays, our members follow its own.
//!
//! A line that is no object is answered with one that holds it as the text `input`, so that the
//! output is JSON whatever the input was.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::cli::route::columns::{ADDED, Asked, LAT_NAMES, LON_NAMES};
use crate::cli::route::desk::{Desk, Given, RowFault};
use crate::cli::route::pump::{Feed, PumpFault, ROW_BYTES_MAX, Tally};
use crate::cli::zones::Naming;
use crate::domain::reports::routing::Brief;
use crate::formats::features::{Stop, WholeFeatures, features, features_at, whole_features};
use crate::formats::fixed::put_decimal;
use crate::formats::label;
use crate::geom::crs::Crs;

type Members<'a> = HashMap<Cow<'a, str>, &'a RawValue>;

/// Lines, each an object of its own.
pub(super) struct Lines;

impl Lines {
    /// The length of the whole lines at the beginning of `text`.
    pub(super) fn cut(text: &[u8], at_end: bool) -> usize {
        if at_end { text.len() } else { memchr::memrchr(b'\n', text).map_or(0, |at| at + 1) }
    }

    /// Routes a piece of whole lines.
    pub(super) fn work(words: &Words<'_>, text: &[u8], out: &mut Vec<u8>, tally: &mut Tally) {
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let body = line.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(line).trim_ascii();
            if body.is_empty() {
                out.extend_from_slice(line);
                continue;
            }
            let end = line.trim_ascii_end().len();
            words.row(body, out, tally);
            out.extend_from_slice(&line[end..]);
        }
    }
}

/// What answers are written with.
pub(super) struct Words<'a> {
    desk: &'a Desk<'a>,
    naming: Naming,
    asked: &'a Asked,
}

/// Where our members go.
enum Place {
    /// Before this brace, behind other members or as the first.
    Brace { at: usize, first: bool },
    /// Instead of a `null`.
    Null { from: usize, to: usize },
    /// As `properties` before this brace.
    Properties { at: usize },
}

/// An object, taken apart.
struct Row<'a> {
    place: Place,
    /// Those that our members join.
    members: Members<'a>,
    position: Result<[Cow<'a, str>; 2], RowFault>,
}

impl<'a> Words<'a> {
    pub(super) fn new(desk: &'a Desk<'a>, naming: Naming, asked: &'a Asked) -> Self {
        Self { desk, naming, asked }
    }

    /// Routes one object, written without blanks around it.
    fn row(&self, text: &[u8], out: &mut Vec<u8>, tally: &mut Tally) {
        tally.rows += 1;
        let row = match self.parse(text) {
            Ok(row) => row,
            Err(fault) => {
                out.extend_from_slice(b"{\"input\":");
                put_text(out, &String::from_utf8_lossy(text));
                out.push(b',');
                self.put(out, &Members::new(), Err(fault), tally);
                out.push(b'}');
                return;
            }
        };
        let answer = row.position.and_then(|[lon, lat]| {
            let cell = |name: &Option<String>| {
                let raw = name.as_ref().and_then(|name| row.members.get(name.as_str()));
                raw.map_or(Cow::Borrowed(""), |raw| cell(raw))
            };
            let accuracy = cell(&self.asked.accuracy);
            let (category, at) = (cell(&self.asked.category), cell(&self.asked.at));
            self.desk.answer(&Given {
                lon: lon.as_bytes(),
                lat: lat.as_bytes(),
                accuracy: accuracy.as_bytes(),
                category: category.as_bytes(),
                at: at.as_bytes(),
            })
        });
        let (from, to, open, close): (usize, usize, &[u8], &[u8]) = match row.place {
            Place::Brace { at, first } => (at, at, if first { b"" } else { b"," }, b""),
            Place::Null { from, to } => (from, to, b"{", b"}"),
            Place::Properties { at } => (at, at, b",\"properties\":{", b"}"),
        };
        out.extend_from_slice(&text[..from]);
        out.extend_from_slice(open);
        self.put(out, &row.members, answer, tally);
        out.extend_from_slice(close);
        out.extend_from_slice(&text[to..]);
    }

    fn parse<'t>(&self, text: &'t [u8]) -> Result<Row<'t>, RowFault> {
        let broken = |fault: serde_json::Error| RowFault::NotJson(label::clip(&fault.to_string()));
        let whole: &RawValue = serde_json::from_slice(text).map_err(broken)?;
        let members: Members<'t> = serde_json::from_str(whole.get()).map_err(broken)?;
        let is_feature = members.get("type").is_some_and(|kind| kind.get() == "\"Feature\"");
        if !is_feature {
            let place = Place::Brace { at: text.len() - 1, first: members.is_empty() };
            let lon = Self::member(&members, self.asked.lon.as_ref(), &LON_NAMES);
            let lat = Self::member(&members, self.asked.lat.as_ref(), &LAT_NAMES);
            let position = lon.zip(lat).map(|(lon, lat)| [lon, lat]).ok_or(RowFault::NoPosition);
            return Ok(Row { place, members, position });
        }
        let position = point(members.get("geometry").copied());
        let Some(raw) = members.get("properties") else {
            let place = Place::Properties { at: text.len() - 1 };
            return Ok(Row { place, members: Members::new(), position });
        };
        let from = raw.get().as_ptr().addr() - text.as_ptr().addr();
        let to = from + raw.get().len();
        if raw.get() == "null" {
            let place = Place::Null { from, to };
            return Ok(Row { place, members: Members::new(), position });
        }
        let members: Members<'t> = serde_json::from_str(raw.get()).map_err(broken)?;
        let place = Place::Brace { at: to - 1, first: members.is_empty() };
        Ok(Row { place, members, position })
    }

    fn member<'t>(
        members: &Members<'t>,
        asked: Option<&String>,
        names: &[&str],
    ) -> Option<Cow<'t, str>> {
        if let Some(name) = asked {
            return members.get(name.as_str()).map(|raw| cell(raw));
        }
        let same = |key: &str, name: &str| key.trim().to_lowercase() == name;
        names.iter().find_map(|name| {
            let exact = members.get(*name);
            let raw = exact
                .or_else(|| members.iter().find(|(key, _)| same(key, name)).map(|(_, raw)| raw))?;
            Some(cell(raw))
        })
    }

    /// Writes our members, those last whose values are `null`.
    fn put(
        &self,
        out: &mut Vec<u8>,
        members: &Members<'_>,
        answer: Result<Brief<'_>, RowFault>,
        tally: &mut Tally,
    ) {
        let taken = |name: &str| members.contains_key(name);
        tally.renamed += u64::from(ADDED.iter().any(|name| taken(name)));
        let atlas = self.desk.atlas;
        if let Ok(brief) = &answer {
            tally.outside += u64::from(brief.zone.is_none());
        }
        for (at, name) in ADDED.iter().enumerate() {
            let mut key = (*name).to_owned();
            while taken(&key) {
                key.insert_str(0, "zw_");
            }
            out.extend_from_slice(if at == 0 { b"\"" } else { b",\"" });
            out.extend_from_slice(key.as_bytes());
            out.extend_from_slice(b"\":");
            let begin = out.len();
            match (&answer, *name) {
                (Ok(brief), "zone") => {
                    if let Some(zone) = brief.zone {
                        put_text(out, self.naming.zone(&atlas.zones()[usize::from(zone)]));
                    }
                }
                (Ok(brief), "unit") => put_text(out, self.naming.unit(atlas, brief.unit)),
                (Ok(brief), "rule") => match (brief.rule, brief.zone) {
                    (Some(rule), _) => put_text(out, atlas.rules()[rule as usize].id.as_str()),
                    (None, Some(_)) => put_text(out, "zone"),
                    (None, None) => put_text(out, "fallback"),
                },
                (Ok(brief), "border_m") => {
                    put_decimal(out, brief.border_m.unwrap_or(f64::NAN), 2);
                }
                (Ok(brief), "runner_up") => {
                    if let Some((zone, _)) = brief.runner_up {
                        put_text(out, self.naming.zone(&atlas.zones()[usize::from(zone)]));
                    }
                }
                (Ok(brief), "confidence") => put_decimal(out, brief.confidence, 4),
                (Ok(_), "plan") => out.extend_from_slice(self.desk.plan.to_string().as_bytes()),
                (Err(fault), "fault") => put_text(out, &fault.to_string()),
                _ => {}
            }
            if out.len() == begin {
                out.extend_from_slice(b"null");
            }
        }
        if let Err(fault) = answer {
            tally.faults[fault.kind()] += 1;
        }
    }
}

/// A value as the text a table would hold.
fn cell(raw: &RawValue) -> Cow<'_, str> {
    let text = raw.get();
    if text == "null" {
        Cow::Borrowed("")
    } else if text.starts_with('"') {
        serde_json::from_str::<String>(text).map_or(Cow::Borrowed(text), Cow::Owned)
    } else {
        Cow::Borrowed(text)
    }
}

#[derive(Deserialize)]
struct Shape<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    coordinates: Option<&'a RawValue>,
}

fn point(geometry: Option<&RawValue>) -> Result<[Cow<'_, str>; 2], RowFault> {
    let Some(raw) = geometry.filter(|raw| raw.get() != "null") else {
        return Err(RowFault::NoPosition);
    };
    let broken = |fault: serde_json::Error| RowFault::NotJson(label::clip(&fault.to_string()));
    let shape: Shape<'_> = serde_json::from_str(raw.get()).map_err(broken)?;
    if shape.kind != "Point" {
        return Err(RowFault::NotPoint { given: label::clip(&shape.kind) });
    }
    let coordinates = shape.coordinates.map_or("null", RawValue::get);
    let numbers: Option<Vec<&RawValue>> = serde_json::from_str(coordinates).map_err(broken)?;
    match numbers.as_deref() {
        Some([lon, lat, ..]) => Ok([cell(lon), cell(lat)]),
        _ => Err(RowFault::NoPosition),
    }
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    // A text in memory cannot fail to be written.
    let _ = serde_json::to_writer(out, text);
}

/// A GeoJSON document.
pub(super) struct Document {
    /// All before the first feature.
    pub(super) head: Vec<u8>,
    /// Whether `head` opened a list of features; else the document is one feature.
    list: bool,
    /// Whether what follows the list was read and is right.
    closed: bool,
    /// The system that the features are read in.
    crs: Crs,
}

#[derive(Deserialize)]
struct Frame {
    #[serde(rename = "type")]
    kind: Option<String>,
    crs: Option<CrsMember>,
    features: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct CrsMember {
    properties: CrsName,
}

#[derive(Deserialize)]
struct CrsName {
    name: String,
}

impl Document {
    /// Reads up to the first feature.
    ///
    /// # Errors
    /// When the text is no GeoJSON, or says that its coordinates are in another system.
    pub(super) fn read(feed: &mut Feed<'_>, crs: Crs) -> Result<Self, PumpFault> {
        let shape = |words: &str| PumpFault::Shape(words.to_owned());
        let mut found = false;
        let head = feed.until(|text| {
            let at = features_at(&text[..text.len().min(ROW_BYTES_MAX)]);
            found = at.is_some();
            at
        })?;
        let body = head.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(&head).trim_ascii();
        if body.is_empty() {
            return Err(shape("the input is empty: give a GeoJSON FeatureCollection"));
        }
        if !body.starts_with(b"{") {
            return Err(shape(
                "the input is no GeoJSON object; for an object a line say --format ndjson",
            ));
        }
        if found {
            check_frame(&[body, b"]}"].concat(), crs).map_err(PumpFault::Shape)?;
            return Ok(Self { head, list: true, closed: false, crs });
        }
        check_frame(body, crs).map_err(PumpFault::Shape)?;
        feed.rest = body.to_vec();
        Ok(Self { head: Vec::new(), list: false, closed: true, crs })
    }

    /// The length of the whole features at the beginning of `text`, or at its end of what follows
    /// them, which is held against JSON first.
    pub(super) fn cut(&mut self, text: &[u8], at_end: bool) -> Result<usize, String> {
        if !self.list {
            return Ok(if at_end { text.len() } else { 0 });
        }
        let WholeFeatures { end, stop } = whole_features(text);
        match stop {
            Stop::Other(given) => {
                Err(format!("a feature should begin with {{, not with `{given}`"))
            }
            Stop::Feature if at_end => Err(unfinished()),
            Stop::Text if at_end && !self.closed => Err(unfinished()),
            // What follows the list is a piece of its own.
            Stop::Bracket if at_end && end == 0 => {
                self.close(text)?;
                Ok(text.len())
            }
            Stop::Feature | Stop::Text | Stop::Bracket => Ok(end),
        }
    }

    /// Reads what follows the list: it must end the document, and may name the system only now.
    fn close(&mut self, tail: &[u8]) -> Result<(), String> {
        // Behind a list of its own it is an object, which must not hold a second list.
        let text = [b"{\"features\":[".as_slice(), tail].concat();
        let frame: Frame = serde_json::from_slice(&text).map_err(|fault| {
            if fault.is_eof() {
                return unfinished();
            }
            // The place that the fault names lies in a text that nobody wrote.
            let words = fault.to_string();
            let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(words, _)| words);
            format!("what follows the features is no GeoJSON: {words}")
        })?;
        check_system(frame.crs.as_ref(), self.crs)?;
        self.closed = true;
        Ok(())
    }

    /// Routes a piece of whole features; what follows the list stays as it is.
    pub(super) fn work(words: &Words<'_>, text: &[u8], out: &mut Vec<u8>, tally: &mut Tally) {
        let mut at = 0;
        for feature in features(text) {
            out.extend_from_slice(&text[at..feature.start]);
            at = feature.end;
            words.row(&text[feature], out, tally);
        }
        out.extend_from_slice(&text[at..]);
    }
}

fn unfinished() -> String {
    "the GeoJSON ends before its last brace; is the file cut short?".to_owned()
}

fn check_frame(text: &[u8], crs: Crs) -> Result<(), String> {
    let frame: Frame = serde_json::from_slice(text)
        .map_err(|fault| format!("the input is no GeoJSON: {fault}"))?;
    if frame.kind.is_none() && frame.features.is_none() {
        return Err("the input is no GeoJSON: it has no `type`".to_owned());
    }
    check_system(frame.crs.as_ref(), crs)
}

/// Refuses a file that says another system than the one its positions are read in.
fn check_system(said: Option<&CrsMember>, crs: Crs) -> Result<(), String> {
    let Some(member) = said else { return Ok(()) };
    let said = label::crs(&member.properties.name)?;
    if said.same_degrees(crs) {
        return Ok(());
    }
    let (said, crs) = (said.code(), crs.code());
    Err(format!("the file says that its system is {said}, not {crs}; say --crs {said}"))
}
