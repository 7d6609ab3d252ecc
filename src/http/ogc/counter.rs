//! Who asks, about which city, in which language and format, with which parameters.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use serde_json::{Value, json};

use crate::app::ogc::drafts;
use crate::app::refusal::Fault;
use crate::app::state::Seat;
use crate::domain::accounts::{Caller, Operation};
use crate::domain::atlas::in_force::Atlas;
use crate::domain::drafts::state::Draft;
use crate::domain::drafts::step::Act;
use crate::domain::id::DraftId;
use crate::domain::ogc::collection::Collection;
use crate::formats::urlencoded::{self, Unreadable, encoded};
use crate::http::desk;
use crate::http::etag;
use crate::http::language::Language;
use crate::http::ogc::error::Wrong;
use crate::http::ogc::html;
use crate::http::origin::base;
use crate::http::params::Params;
use crate::http::web::Web;

/// Where it lies.
pub const ROOT: &str = "/ogc";
/// Longest query taken, in bytes: filters are long.
pub const QUERY_BYTES_MAX: usize = 24 * 1024;
/// The media type of documents.
pub const JSON: &str = "application/json";
/// The media type of schemas.
pub const SCHEMA: &str = "application/schema+json";

/// What a document is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For programs.
    Json,
    /// For people.
    Html,
}

impl Format {
    fn code(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Html => "html",
        }
    }

    fn named(name: &str) -> Result<Self, &'static str> {
        match name {
            "json" => Ok(Self::Json),
            "html" => Ok(Self::Html),
            _ => Err("is no format here; json and html are"),
        }
    }

    /// What `Accept` prefers: a page for who names pages before JSON.
    fn accepted(headers: &HeaderMap) -> Self {
        let given = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
        let first = given.unwrap_or_default().split(',').find_map(|range| {
            let media = range.split(';').next().unwrap_or_default().trim();
            match media {
                "text/html" | "application/xhtml+xml" => Some(Self::Html),
                "*/*" | "application/*" => Some(Self::Json),
                media => media.ends_with("json").then_some(Self::Json),
            }
        });
        first.unwrap_or(Self::Json)
    }
}

/// A request that has been taken in.
pub struct Counter<'a> {
    /// What every handler shares.
    pub web: &'a Web,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The city.
    pub seat: Arc<Seat>,
    /// The atlas in force.
    pub atlas: Arc<Atlas>,
    /// Who asks.
    pub caller: Caller,
    /// In which language.
    pub language: Language,
    /// What the answer is written as.
    pub format: Format,
    /// What else is given.
    pub params: Params,
    /// All that was given, in order, for links that repeat it.
    pub given: Vec<(String, String)>,
    /// Under which address the caller sees `/ogc`.
    pub base: String,
    /// The draft whose collection is asked for.
    pub draft: Option<Draft>,
    /// What every link goes on saying.
    lasting: Vec<(String, String)>,
}

/// A link.
pub struct Link<'a> {
    /// Its relation.
    pub rel: &'a str,
    /// What is there.
    pub media: &'a str,
    /// What people call it.
    pub title: &'a str,
    /// Where it leads.
    pub href: String,
}

impl Link<'_> {
    /// As it stands in a document.
    #[must_use]
    pub fn value(&self) -> Value {
        json!({ "rel": self.rel, "type": self.media, "title": self.title, "href": self.href })
    }
}

impl<'a> Counter<'a> {
    /// Takes in a request.
    ///
    /// # Errors
    /// An unknown city, a bad key, a query that cannot be read.
    pub async fn open(web: &'a Web, headers: &'a HeaderMap, query: &str) -> Result<Self, Wrong> {
        let given = pairs(query)?;
        let mut params = Params::of(given.clone(), |_| false);
        let city = params.text("city");
        let seat = web.app.seat(city.as_deref())?;
        let caller = desk::caller(web, &seat, headers).await?;
        let atlas = seat.atlas()?;
        let accepted = Language::accepted(headers);
        let language = params.read("lang", Language::named).unwrap_or(accepted);
        let format = params.read("f", Format::named).unwrap_or_else(|| Format::accepted(headers));
        let lasts = |name: &str| matches!(name, "city" | "lang");
        let lasting = given.iter().filter(|(name, _)| lasts(name)).cloned().collect();
        let base = format!("{}{ROOT}", base(headers));
        Ok(Self {
            web,
            headers,
            seat,
            atlas,
            caller,
            language,
            format,
            params,
            given,
            base,
            draft: None,
            lasting,
        })
    }

    /// Takes in the draft whose collection is asked for.
    ///
    /// # Errors
    /// For who sees no drafts, and for one that there is not.
    pub async fn look_at(&mut self, id: DraftId) -> Result<(), Wrong> {
        let found = drafts::found(&self.web.app, &self.seat, &self.caller, id).await?;
        self.draft = Some(found);
        Ok(())
    }

    /// Whether the caller may draw in the draft that was taken in.
    #[must_use]
    pub fn draws(&self) -> bool {
        let open = |draft: &Draft| draft.open_to(&self.caller).contains(&Act::Edit);
        self.caller.may(Operation::ActOnDraft) && self.draft.as_ref().is_some_and(open)
    }

    /// What people call a collection; one of a draft with the draft's name.
    #[must_use]
    pub fn title(&self, collection: Collection) -> String {
        let word = self.word(collection.label());
        match &self.draft {
            Some(draft) if collection.draft() == Some(draft.id) => {
                format!("{} · {word}", draft.name)
            }
            _ => word.to_owned(),
        }
    }

    /// What was given must all be right and known; then the parameters are done with.
    ///
    /// # Errors
    /// Every fault.
    pub fn finish(&mut self) -> Result<(), Wrong> {
        Ok(std::mem::take(&mut self.params).finish()?)
    }

    /// Whether the caller may see a collection.
    #[must_use]
    pub fn sees(&self, collection: Collection) -> bool {
        self.caller.may(collection.operation())
    }

    /// One of both.
    #[must_use]
    pub fn word<'w>(&self, (zh, en): (&'w str, &'w str)) -> &'w str {
        match self.language {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    /// An address of ours, with what every link goes on saying.
    #[must_use]
    pub fn href(&self, path: &str, more: &[(&str, &str)]) -> String {
        let lasting = self.lasting.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        address(&self.base, path, lasting.chain(more.iter().copied()))
    }

    /// An address of what knows no language: tiles and what describes them.
    #[must_use]
    pub fn bare_href(&self, path: &str) -> String {
        let city = self.lasting.iter().filter(|(name, _)| name == "city");
        address(&self.base, path, city.map(|(name, value)| (name.as_str(), value.as_str())))
    }

    /// The address of this very request in a format, with everything that was given.
    #[must_use]
    pub fn again(&self, path: &str, format: Format) -> String {
        let given = self.given.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let given = given.filter(|(name, _)| *name != "f");
        address(&self.base, path, given.chain([("f", format.code())]))
    }

    /// The address of what follows this page.
    #[must_use]
    pub fn next(&self, path: &str, after: &str) -> String {
        let given = self.given.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let given = given.filter(|(name, _)| *name != "after");
        address(&self.base, path, given.chain([("after", after)]))
    }

    /// The links to this document and to its other form.
    #[must_use]
    pub fn own_links(&self, path: &str, media: &str) -> Vec<Value> {
        let (this, other) = match self.format {
            Format::Json => ((media, Format::Json), ("text/html", Format::Html)),
            Format::Html => (("text/html", Format::Html), (media, Format::Json)),
        };
        let own = self.word(("本文档", "This document"));
        let alternate = self.word(("另一种格式", "The same in another format"));
        [("self", this, own), ("alternate", other, alternate)]
            .into_iter()
            .map(|(rel, (media, format), title)| {
                Link { rel, media, title, href: self.again(path, format) }.value()
            })
            .collect()
    }

    /// The answer of a document that changes only with the atlas.
    #[must_use]
    pub fn answer(&self, title: &str, document: &Value, media: &'static str) -> Response {
        let media = if self.format == Format::Html { html::MEDIA } else { media };
        let response =
            etag::tagged(self.headers, &self.tag(&self.atlas), media, || match self.format {
                Format::Json => serde_json::to_vec(document).unwrap_or_default(),
                Format::Html => html::page(title, self.language, document).into_bytes(),
            });
        self.dressed(response)
    }

    /// The answer of a document that changes without the atlas: nobody keeps it.
    #[must_use]
    pub fn fresh(&self, title: &str, document: &Value, media: &'static str) -> Response {
        let (media, bytes) = match self.format {
            Format::Json => (media, serde_json::to_vec(document).unwrap_or_default()),
            Format::Html => (html::MEDIA, html::page(title, self.language, document).into_bytes()),
        };
        let mut response = Response::new(bytes.into());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        self.dressed(response)
    }

    /// The tag of what this caller is told of an atlas. Each role is told of what it may.
    #[must_use]
    pub fn tag(&self, atlas: &Atlas) -> String {
        let (language, format) = (self.language.code(), self.format.code());
        let role = self.caller.role.code();
        format!("{}-{role}-{language}-{format}\"", etag::of(atlas).trim_end_matches('"'))
    }

    /// The tag of what this caller is told of a draft, whose units the atlas names.
    #[must_use]
    pub fn tag_of_draft(&self, atlas: &Atlas, revision: u32) -> String {
        let (language, format) = (self.language.code(), self.format.code());
        let (role, of) = (self.caller.role.code(), etag::of(atlas));
        format!("{}-r{revision}-{role}-{language}-{format}\"", of.trim_end_matches('"'))
    }

    /// The draft's revision that the caller looked at, where `If-Match` says so: by a tag of ours, or by the number
    /// alone.
    ///
    /// # Errors
    /// When it names another one than the draft is at.
    pub fn draft_seen(&self) -> Result<Option<u32>, Wrong> {
        let Some(given) = self.headers.get(header::IF_MATCH) else { return Ok(None) };
        let now = self.draft.as_ref().map(|draft| draft.revision);
        let mut tags = given.to_str().unwrap_or_default().split(',').map(str::trim);
        if tags.any(|tag| tag == "*" || (now.is_some() && revision_of(tag) == now)) {
            return Ok(now);
        }
        Err(Wrong::unmet("the draft has gone on since you looked; load it again"))
    }

    /// An answer with the headers that all have.
    #[must_use]
    pub fn dressed(&self, mut response: Response) -> Response {
        const VARY: &str = "accept, accept-language, authorization, x-api-key";
        let headers = response.headers_mut();
        headers.insert(header::VARY, HeaderValue::from_static(VARY));
        let language = HeaderValue::from_static(self.language.code());
        headers.insert(header::CONTENT_LANGUAGE, language);
        if self.format == Format::Html {
            let policy = HeaderValue::from_static(html::POLICY);
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
            let referrer = HeaderName::from_static("referrer-policy");
            headers.insert(referrer, HeaderValue::from_static("no-referrer"));
        }
        response
    }
}

/// The revision of a draft that a tag names.
fn revision_of(tag: &str) -> Option<u32> {
    let opaque = tag.trim_start_matches("W/").trim_matches('"');
    // Role, language and format stand behind it.
    let of_draft = opaque.rsplitn(4, '-').nth(3).and_then(|of_draft| of_draft.rsplit('-').next());
    of_draft.and_then(|number| number.strip_prefix('r')).unwrap_or(opaque).parse().ok()
}

fn address<'p>(base: &str, path: &str, given: impl Iterator<Item = (&'p str, &'p str)>) -> String {
    let mut href = format!("{base}{path}");
    for (n, (name, value)) in given.enumerate() {
        href.push(if n == 0 { '?' } else { '&' });
        href.push_str(&encoded(name));
        href.push('=');
        href.push_str(&encoded(value));
    }
    href
}

/// The pairs of a query.
fn pairs(query: &str) -> Result<Vec<(String, String)>, Wrong> {
    if query.len() > QUERY_BYTES_MAX {
        let words = format!("has {} bytes, at most {QUERY_BYTES_MAX} are taken", query.len());
        return Err(vec![Fault::new("query", words)].into());
    }
    urlencoded::pairs(query)
        .map(|pair| {
            pair.map_err(|Unreadable(name)| {
                vec![Fault::new(name, "is not percent-encoded UTF-8")].into()
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_for_who_names_pages_first() {
        for (given, format) in [
            ("", Format::Json),
            ("*/*", Format::Json),
            ("application/geo+json, application/json", Format::Json),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Format::Html),
            ("application/json, text/html", Format::Json),
            ("application/xml", Format::Json),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, given.parse().unwrap());
            assert_eq!(Format::accepted(&headers), format, "{given}");
        }
    }

    #[test]
    fn a_revision_is_read_out_of_a_tag_of_ours_or_a_number() {
        for (tag, revision) in [
            ("W/\"city.3-0.1.0-r12-planner-zh-json\"", Some(12)),
            ("\"12\"", Some(12)),
            ("W/\"12\"", Some(12)),
            ("W/\"city.3-0.1.0-planner-zh-json\"", None),
            ("\"\"", None),
            ("x", None),
        ] {
            assert_eq!(revision_of(tag), revision, "{tag}");
        }
    }

    #[test]
    fn an_address_repeats_what_was_given_and_nothing_breaks_out() {
        let given = [("filter", "a='b&c'"), ("lang", "zh")].into_iter();
        assert_eq!(
            address("http://h/ogc", "/x", given),
            "http://h/ogc/x?filter=a%3D%27b%26c%27&lang=zh"
        );
        assert_eq!(address("", "/x", std::iter::empty()), "/x");
    }
}
