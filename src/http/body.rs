//! Bodies: their type named, their size counted after decompression.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Map, Value};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;
use tower_http::timeout::TimeoutError;

use crate::app::refusal::Fault;
use crate::domain::text;
use crate::http::params::shown;
use crate::http::problem::{Kind, Problem};

/// A body that is made while it is sent. What packs it asks once more behind the end, which not every stream bears.
pub fn streamed<E: Into<axum::BoxError>>(
    pieces: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
) -> Body {
    Body::from_stream(pieces.fuse())
}

/// The media type of a body, lower case, without parameters.
///
/// # Errors
/// When it is missing or none of `taken`, or names another charset than UTF-8.
pub fn media_type(headers: &HeaderMap, taken: &[&'static str]) -> Result<&'static str, Problem> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mut parts = given.unwrap_or_default().split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let charset = parts.find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.eq_ignore_ascii_case("charset").then(|| value.trim_matches('"').to_ascii_lowercase())
    });
    let found = taken.iter().find(|known| **known == name);
    match (found, charset.as_deref()) {
        (Some(known), None | Some("utf-8" | "utf8" | "us-ascii")) => Ok(known),
        (Some(_), Some(other)) => Err(Problem::new(
            Kind::BadMedia,
            format!("the charset `{}` is not taken; send UTF-8", shown(other)),
        )),
        (None, _) => Err(Problem::new(
            Kind::BadMedia,
            format!("the Content-Type `{}` is not taken; send {}", shown(&name), taken.join(", ")),
        )),
    }
}

/// The whole body, at most `max` bytes.
///
/// # Errors
/// When it is larger, stalls or breaks off.
pub async fn whole(body: Body, max: usize) -> Result<Bytes, Problem> {
    match Limited::new(body, max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(fault) => Err(unread(fault.as_ref(), max)),
    }
}

/// A body that may be megabytes.
#[derive(Debug)]
pub struct Upload {
    /// All of it.
    pub bytes: Bytes,
    /// Its place among those that lie in memory; a small one takes none.
    pub place: Option<OwnedSemaphorePermit>,
}

/// So much of a body is read before it takes a place: who sends nothing keeps nobody out.
const PLACELESS_BYTES: usize = 16 * 1024;
/// So fast it has to come from then on, so that who keeps a place pays for it.
const LEAST_BYTES_PER_S: u32 = 64 * 1024;

/// The whole body, at most `max` bytes, in one of few places; it may fall behind its least pace by `lag`.
///
/// # Errors
/// When no place is free; when it is larger, too slow or breaks off.
pub async fn upload(
    places: &Arc<Semaphore>,
    lag: Duration,
    body: Body,
    max: usize,
) -> Result<Upload, Problem> {
    let mut body = Limited::new(body, max);
    let mut bytes = BytesMut::new();
    while bytes.len() <= PLACELESS_BYTES {
        let Some(data) = next(&mut body, max).await? else {
            return Ok(Upload { bytes: bytes.freeze(), place: None });
        };
        bytes.extend_from_slice(&data);
    }
    let place = Arc::clone(places).try_acquire_owned().map_err(|_| Problem::busy())?;
    let mut late = pin!(sleep(lag));
    loop {
        let data = tokio::select! {
            biased;
            data = next(&mut body, max) => data?,
            () = &mut late => {
                let words = format!(
                    "the body came too slowly; send at least {LEAST_BYTES_PER_S} bytes a second"
                );
                return Err(Problem::new(Kind::Slow, words));
            }
        };
        let Some(data) = data else { break };
        bytes.extend_from_slice(&data);
        let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
        let due = late.deadline() + Duration::from_secs(1) * length / LEAST_BYTES_PER_S;
        late.as_mut().reset(due);
    }
    Ok(Upload { bytes: bytes.freeze(), place: Some(place) })
}

/// What comes next of a body; `None` at its end.
async fn next(body: &mut Limited<Body>, max: usize) -> Result<Option<Bytes>, Problem> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|fault| unread(fault.as_ref(), max))?;
        // Trailers are no part of it.
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// Why a body could not be read.
#[must_use]
pub fn unread(fault: &(dyn std::error::Error + 'static), max: usize) -> Problem {
    let mut cause = Some(fault);
    while let Some(fault) = cause {
        if fault.is::<LengthLimitError>() {
            let words = format!("the body has more than {max} bytes, counted after decompression");
            return Problem::new(Kind::TooLarge, words);
        }
        if fault.is::<TimeoutError>() {
            return Problem::new(Kind::Slow, "the body paused too long");
        }
        cause = fault.source();
    }
    Problem::new(Kind::Malformed, "the body breaks off or is not what its headers say")
}

/// The fields of a JSON object: read once, every fault collected, unknown names refused.
#[derive(Debug)]
pub struct Fields {
    given: Map<String, Value>,
    asked: Vec<&'static str>,
    faults: Vec<Fault>,
}

impl Fields {
    /// Reads an object.
    ///
    /// # Errors
    /// When the bytes are no JSON object.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        match serde_json::from_slice::<Value>(bytes) {
            Ok(given) => Self::of(given),
            Err(fault) => {
                Err(Problem::new(Kind::Malformed, format!("the body is no JSON: {fault}")))
            }
        }
    }

    /// The fields of a value.
    ///
    /// # Errors
    /// When it is no object.
    pub fn of(value: Value) -> Result<Self, Problem> {
        match value {
            Value::Object(given) => Ok(Self { given, asked: Vec::new(), faults: Vec::new() }),
            other => {
                let words = format!("{} stands where a JSON object must", kind(&other));
                Err(Problem::new(Kind::Malformed, words))
            }
        }
    }

    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.asked.push(name);
        self.given.remove(name).filter(|value| !value.is_null())
    }

    /// Whatever stands there; null counts as absent.
    pub fn value(&mut self, name: &'static str) -> Option<Value> {
        self.take(name)
    }

    /// A text; null counts as absent.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            other => {
                self.fault(name, format!("is {}, must be a text", kind(&other)));
                None
            }
        }
    }

    /// A text as `read` understands it.
    pub fn read<T, E: std::fmt::Display>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(name)?;
        read(&text).map_err(|fault| self.fault(name, fault.to_string())).ok()
    }

    /// A text that must be there, as `read` understands it.
    pub fn must<T, E: std::fmt::Display>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if self.given.get(name).is_none_or(Value::is_null) {
            self.fault(name, "is missing");
        }
        self.read(name, read)
    }

    /// A list of texts, each as `read` understands it; absent it is empty.
    pub fn list<T, E: std::fmt::Display>(
        &mut self,
        name: &'static str,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<T> {
        let items = match self.take(name) {
            None => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(other) => {
                self.fault(name, format!("is {}, must be a list of texts", kind(&other)));
                return Vec::new();
            }
        };
        let mut found = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let place = format!("{name}[{at}]");
            match item.as_str().map(&read) {
                Some(Ok(one)) => found.push(one),
                Some(Err(fault)) => self.fault(&place, fault.to_string()),
                None => self.fault(&place, format!("is {}, must be a text", kind(item))),
            }
        }
        found
    }

    /// Whether a field is there and not null.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.given.get(name).is_some_and(|value| !value.is_null())
    }

    /// True or false.
    pub fn flag(&mut self, name: &'static str) -> Option<bool> {
        match self.take(name)? {
            Value::Bool(flag) => Some(flag),
            other => {
                self.fault(name, format!("is {}, must be true or false", kind(&other)));
                None
            }
        }
    }

    /// A list of whole numbers; absent it is empty.
    pub fn wholes(&mut self, name: &'static str) -> Vec<i64> {
        match self.take(name) {
            None => Vec::new(),
            Some(Value::Array(items)) => items
                .iter()
                .enumerate()
                .filter_map(|(at, item)| {
                    let whole = item.as_i64();
                    if whole.is_none() {
                        let words = format!("is {}, must be a whole number", kind(item));
                        self.fault(&format!("{name}[{at}]"), words);
                    }
                    whole
                })
                .collect(),
            Some(other) => {
                self.fault(name, format!("is {}, must be a list of numbers", kind(&other)));
                Vec::new()
            }
        }
    }

    /// A whole number from 0.
    pub fn whole(&mut self, name: &'static str) -> Option<u32> {
        let value = self.take(name)?;
        let whole = value.as_u64().and_then(|number| u32::try_from(number).ok());
        if whole.is_none() {
            self.fault(name, format!("must be a whole number from 0 to {}", u32::MAX));
        }
        whole
    }

    /// A whole number from 0 that must be there.
    pub fn must_whole(&mut self, name: &'static str) -> Option<u32> {
        if self.given.get(name).is_none_or(Value::is_null) {
            self.fault(name, "is missing");
        }
        self.whole(name)
    }

    /// A number.
    pub fn number(&mut self, name: &'static str) -> Option<f64> {
        match self.take(name)? {
            Value::Number(number) => number.as_f64(),
            other => {
                self.fault(name, format!("is {}, must be a number", kind(&other)));
                None
            }
        }
    }

    /// A number that must be there.
    pub fn must_number(&mut self, name: &'static str) -> Option<f64> {
        if self.given.get(name).is_none_or(Value::is_null) {
            self.fault(name, "is missing; give degrees, such as 109.484");
        }
        self.number(name)
    }

    /// Adds a fault.
    pub fn fault(&mut self, place: &str, words: impl Into<String>) {
        self.faults.push(Fault::new(place, words));
    }

    /// Every fault so far, and one for every field that nobody asked for.
    ///
    /// # Errors
    /// The faults, when there are any.
    pub fn finish(self) -> Result<(), Vec<Fault>> {
        let mut faults = self.faults;
        for name in self.given.keys() {
            let words = match text::nearest(name, self.asked.iter().copied()) {
                Some(near) => format!("is no field here; `{near}` is"),
                None => format!("is no field here; these are: {}", self.asked.join(", ")),
            };
            faults.push(Fault::new(shown(name), words));
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_an_object_is_told() {
        let mut fields =
            Fields::parse(br#"{"lon":"x","words":3,"sorce":"a","contact":null}"#).unwrap();
        assert_eq!(fields.must_number("lon"), None);
        assert_eq!(fields.must_number("lat"), None);
        assert_eq!(fields.text("words"), None);
        assert_eq!(fields.text("contact"), None);
        assert_eq!(fields.text("source"), None);
        let faults = fields.finish().unwrap_err();
        let places: Vec<&str> = faults.iter().map(|fault| fault.place.as_str()).collect();
        assert_eq!(places, ["lon", "lat", "words", "sorce"]);
    }

    #[test]
    fn what_is_no_object_is_malformed() {
        let nested = "[".repeat(100_000);
        for text in ["", "[]", "3", "{", "{\"a\":\u{1}}", "\u{feff}{}", nested.as_str()] {
            let problem = Fields::parse(text.as_bytes()).unwrap_err();
            assert_eq!(problem.kind(), Kind::Malformed, "{problem:?}");
        }
        assert!(Fields::parse(b"{\"a\":\"\xff\"}").is_err());
    }

    #[test]
    fn a_media_type_is_taken_whatever_its_case_and_refused_with_a_foreign_charset() {
        let check = |given: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, given.parse().unwrap());
            media_type(&headers, &["application/json"]).map_err(|problem| problem.kind())
        };
        assert_eq!(check("Application/JSON; charset=UTF-8"), Ok("application/json"));
        assert_eq!(check("application/json; charset=gbk"), Err(Kind::BadMedia));
        assert_eq!(check("text/plain"), Err(Kind::BadMedia));
    }
}
