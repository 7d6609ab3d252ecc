//! The parameters of `items`.

use std::borrow::Cow;
use std::sync::Arc;

use crate::app::ogc::select::Wish;
use crate::app::ogc::when::{self, When};
use crate::app::refusal::Refusal;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::ogc::collection::Collection;
use crate::domain::ogc::filter::{Comparison, Term, Test, Value};
use crate::domain::ogc::schema::{Field, Kind, Schema};
use crate::domain::ogc::span::Span;
use crate::formats::cql2::expression;
use crate::formats::cql2::reading::{Language, Reading};
use crate::geom::crs::wire::WireCrs;
use crate::http::ogc::counter::{Counter, Format};
use crate::http::ogc::error::Wrong;
use crate::http::ogc::frame::frames;
use crate::http::params::{number, shown};

/// Features on a page when nothing is said.
pub const PAGE_DEFAULT: usize = 1_000;
/// Most features on a page; a higher limit is lowered to it.
pub const PAGE_MAX: usize = 10_000;
/// Most rows of a page for people.
const ROWS_MAX: usize = 100;
/// Most incidents on a page: they come from the store and lie in memory.
const INCIDENTS_MAX: usize = 1_000;

/// Parameters that mean something else than a property of the same name.
pub const RESERVED: [&str; 12] = [
    "after",
    "bbox",
    "bbox-crs",
    "city",
    "crs",
    "datetime",
    "f",
    "filter",
    "filter-crs",
    "filter-lang",
    "lang",
    "limit",
];

/// What is asked of a collection.
pub struct Asked {
    /// The atlas that answers.
    pub atlas: Arc<Atlas>,
    /// What is known of its features.
    pub schema: Arc<Schema>,
    /// Which features.
    pub wish: Wish,
    /// In which system they are wanted.
    pub crs: WireCrs,
    /// When incidents were opened.
    pub opened: Span,
}

impl Asked {
    /// Reads the parameters, every fault collected.
    ///
    /// # Errors
    /// The faults; [`Refusal::Busy`] when too many wait for an atlas of the past.
    pub async fn read(counter: &mut Counter<'_>, collection: Collection) -> Result<Self, Wrong> {
        let (atlas, opened) = at(counter, collection).await?;
        let schema = counter.web.schemas.of(collection, &atlas);
        let params = &mut counter.params;
        let most = match (counter.format, collection) {
            (Format::Html, _) => ROWS_MAX,
            (Format::Json, Collection::Incidents) => INCIDENTS_MAX,
            (Format::Json, _) => PAGE_MAX,
        };
        let limit = params.read("limit", limit).unwrap_or(PAGE_DEFAULT).min(most);
        let after = params.text("after");
        let bbox_crs = params.read("bbox-crs", WireCrs::from_name).unwrap_or_default();
        let frames = params.read("bbox", |text| frames(text, bbox_crs));
        let crs = params.read("crs", WireCrs::from_name).unwrap_or_default();
        let filter_crs = params.read("filter-crs", WireCrs::from_name).unwrap_or_default();
        let language = params.read("filter-lang", Language::from_name).unwrap_or_default();
        let reading = Reading { zone: atlas.time_zone().clone(), crs: filter_crs };
        let filter =
            params.read("filter", |text| expression::read(text, language, &reading, &schema));
        let mut tests: Vec<Test> = filter.into_iter().collect();
        for (name, value) in params.which(|name| schema.field(name).is_some()) {
            let Some(field) = schema.field(&name) else { continue };
            match equal(field, &value, &reading) {
                Ok(test) => tests.push(test),
                Err(words) => counter.params.fault(name, words),
            }
        }
        counter.finish()?;
        let test = if tests.len() > 1 { Some(Test::All(tests)) } else { tests.pop() };
        Ok(Self { atlas, schema, wish: Wish { frames, test, after, limit }, crs, opened })
    }
}

/// What is asked of one feature.
pub struct AskedOne {
    /// The atlas that answers.
    pub atlas: Arc<Atlas>,
    /// What is known of the collection's features.
    pub schema: Arc<Schema>,
    /// In which system it is wanted.
    pub crs: WireCrs,
}

impl AskedOne {
    /// Reads the parameters, every fault collected.
    ///
    /// # Errors
    /// As [`Asked::read`].
    pub async fn read(counter: &mut Counter<'_>, collection: Collection) -> Result<Self, Wrong> {
        let (atlas, _) = at(counter, collection).await?;
        let crs = counter.params.read("crs", WireCrs::from_name).unwrap_or_default();
        counter.finish()?;
        Ok(Self { schema: counter.web.schemas.of(collection, &atlas), atlas, crs })
    }
}

/// The atlas that `datetime` asks for; of incidents, which it finds by when they were opened, and of drafts, which
/// are of no time, the one in force.
async fn at(
    counter: &mut Counter<'_>,
    collection: Collection,
) -> Result<(Arc<Atlas>, Span), Wrong> {
    let now = Arc::clone(&counter.atlas);
    let Some(text) = counter.params.text("datetime") else { return Ok((now, Span::ALWAYS)) };
    // As some clients say that they do not mind.
    if matches!(text.as_str(), "../.." | "/" | "../" | "/..") {
        return Ok((now, Span::ALWAYS));
    }
    let when = match When::parse(&text, now.time_zone()) {
        Ok(when) => when,
        Err(words) => {
            counter.params.fault("datetime", words);
            return Ok((now, Span::ALWAYS));
        }
    };
    if collection == Collection::Incidents {
        return Ok((now, when.span()));
    }
    if collection.draft().is_some() {
        return Ok((now, Span::ALWAYS));
    }
    match when::atlas(&counter.web.app, &counter.seat, when, &text).await {
        Ok(atlas) => Ok((atlas, Span::ALWAYS)),
        Err(Refusal::Invalid(faults)) => {
            counter.params.faults(faults);
            Ok((now, Span::ALWAYS))
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// Any positive number: what is too high is lowered, never refused.
fn limit(text: &str) -> Result<usize, String> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || text.bytes().all(|byte| byte == b'0') {
        return Err(format!("`{}` is no whole number from 1 on", shown(text)));
    }
    Ok(text.parse().unwrap_or(usize::MAX))
}

/// The condition that a property is what a parameter says.
fn equal(field: &Field, text: &str, reading: &Reading) -> Result<Test, String> {
    let value = match field.kind {
        Kind::Text => Value::Text(Cow::Owned(text.to_owned())),
        Kind::Whole | Kind::Number => Value::Number(number(text)?),
        Kind::Flag => match text {
            "true" => Value::Flag(true),
            "false" => Value::Flag(false),
            other => return Err(format!("`{}` is neither true nor false", shown(other))),
        },
        Kind::Time => Value::Time(Span::parse(&text.replace(' ', "+"), &reading.zone)?),
    };
    let property = Term::Property(field.name.clone());
    Ok(Test::Compare(Comparison::Equal, property, Term::Literal(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_lowered_and_never_none() {
        for (text, expected) in
            [("1", Some(1)), ("10", Some(10)), ("1000000000000", Some(1_000_000_000_000))]
        {
            assert_eq!(limit(text).ok(), expected, "{text}");
        }
        assert_eq!(limit(&"9".repeat(40)), Ok(usize::MAX));
        for bad in ["0", "000", "-1", "", "1.5", "x", "+3", "１"] {
            assert!(limit(bad).is_err(), "{bad}");
        }
    }
}
