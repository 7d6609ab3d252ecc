//! XML read from its beginning to its end: elements, attributes, texts.
//!
//! What surprises is refused: a document type, entities other than XML's own five, and elements that
//! nest deeper than [`DEPTH_MAX`]. Names are taken without their prefix; comments and instructions are
//! passed over.

use std::borrow::Cow;

use crate::formats::label::clip;
use crate::formats::layer::Finding;

/// Deepest nesting of elements.
pub const DEPTH_MAX: usize = 64;
/// Longest reference to a character, in bytes.
const REFERENCE_MAX: usize = 12;

/// Why a text is no XML that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub words: String,
}

impl Fault {
    /// As a finding about the file.
    #[must_use]
    pub fn finding(self) -> Finding {
        let place = format!("line {}", self.line);
        Finding::error(0, place, self.words, "mend the XML, or write the file anew")
    }
}

/// An element's first tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag<'a> {
    /// Its name, without prefix.
    pub name: &'a str,
    attributes: &'a str,
}

impl<'a> Tag<'a> {
    /// The value of an attribute, by its name without prefix; `None` where there is none that can be read.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<Cow<'a, str>> {
        let mut rest = self.attributes.trim_start();
        loop {
            let (found, behind) = rest.split_once('=')?;
            let behind = behind.trim_start();
            let quote = behind.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let (value, behind) = behind[1..].split_once(quote)?;
            if local(found.trim()) == name {
                return plain(value).ok();
            }
            rest = behind.trim_start();
        }
    }
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// An element begins.
    Open(Tag<'a>),
    /// A text, or a part of one.
    Text(Cow<'a, str>),
    /// The element that was opened last ends.
    Close,
}

/// Reads a text.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// The names of the open elements, with their prefixes.
    open: Vec<&'a str>,
    /// The last element was empty; its end comes next.
    empty: bool,
    /// Whether the outermost element was there.
    begun: bool,
}

impl<'a> Reader<'a> {
    /// From the beginning.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, open: Vec::new(), empty: false, begun: false }
    }

    /// What comes next; `None` behind the outermost element.
    ///
    /// # Errors
    /// A [`Fault`] with its line.
    pub fn event(&mut self) -> Result<Option<Event<'a>>, Fault> {
        if std::mem::take(&mut self.empty) {
            self.open.pop();
            return Ok(Some(Event::Close));
        }
        loop {
            let text = self.text;
            let rest = &text[self.at..];
            if rest.is_empty() {
                return match self.open.last() {
                    Some(name) => Err(self.fault(format!("ends within <{}>", clip(name)))),
                    None if self.begun => Ok(None),
                    None => Err(self.fault("there is no element in it")),
                };
            }
            if rest.starts_with('<') {
                if let Some(found) = self.markup(rest)? {
                    return Ok(Some(found));
                }
                continue;
            }
            let end = memchr::memchr(b'<', rest.as_bytes()).unwrap_or(rest.len());
            let raw = &rest[..end];
            if !self.open.is_empty() {
                let told = plain(raw).map_err(|words| self.fault(words))?;
                self.at += end;
                return Ok(Some(Event::Text(told)));
            }
            if !raw.trim().is_empty() {
                return Err(self.fault("a text stands outside of every element"));
            }
            self.at += end;
        }
    }

    /// The next element within the one that was opened last, or `None` when that one's end was read. Of a child
    /// all must have been read before the next one is asked for.
    ///
    /// # Errors
    /// A [`Fault`] with its line.
    pub fn child(&mut self) -> Result<Option<Tag<'a>>, Fault> {
        loop {
            match self.event()? {
                Some(Event::Open(tag)) => return Ok(Some(tag)),
                Some(Event::Text(_)) => {}
                Some(Event::Close) | None => return Ok(None),
            }
        }
    }

    /// The text of the element that was opened last, to its end, without that of elements within it.
    ///
    /// # Errors
    /// A [`Fault`] with its line.
    pub fn text(&mut self) -> Result<Cow<'a, str>, Fault> {
        let depth = self.open.len();
        let mut found = Cow::Borrowed("");
        loop {
            match self.event()? {
                Some(Event::Text(text)) if self.open.len() == depth => {
                    if found.is_empty() {
                        found = text;
                    } else {
                        found.to_mut().push_str(&text);
                    }
                }
                Some(Event::Close) if self.open.len() < depth => return Ok(found),
                Some(_) => {}
                None => return Ok(found),
            }
        }
    }

    /// Passes over the rest of the element that was opened last.
    ///
    /// # Errors
    /// A [`Fault`] with its line.
    pub fn skip(&mut self) -> Result<(), Fault> {
        let depth = self.open.len();
        while self.event()?.is_some() {
            if self.open.len() < depth {
                break;
            }
        }
        Ok(())
    }

    /// A fault at the place that was read last.
    #[must_use]
    pub fn fault(&self, words: impl Into<String>) -> Fault {
        let before = self.text.as_bytes().get(..self.at).unwrap_or_default();
        Fault { line: 1 + memchr::memchr_iter(b'\n', before).count(), words: words.into() }
    }

    /// What begins with `<`; `None` for what is passed over.
    fn markup(&mut self, rest: &'a str) -> Result<Option<Event<'a>>, Fault> {
        for (begin, end) in [("<!--", "-->"), ("<?", "?>")] {
            if let Some(body) = rest.strip_prefix(begin) {
                let found = body.find(end);
                let found = found.ok_or_else(|| self.fault(format!("`{begin}` never ends")))?;
                self.at += begin.len() + found + end.len();
                return Ok(None);
            }
        }
        if let Some(body) = rest.strip_prefix("<![CDATA[") {
            let found = body.find("]]>").filter(|_| !self.open.is_empty());
            let end =
                found.ok_or_else(|| self.fault("a CDATA section has no end, or no element"))?;
            self.at += "<![CDATA[".len() + end + "]]>".len();
            return Ok(Some(Event::Text(Cow::Borrowed(&body[..end]))));
        }
        if rest.starts_with("<!") {
            return Err(self.fault("a document type is declared, which is not read"));
        }
        match rest.strip_prefix("</") {
            Some(body) => self.closing(body).map(Some),
            None => self.opening(&rest[1..]).map(Some),
        }
    }

    fn closing(&mut self, body: &'a str) -> Result<Event<'a>, Fault> {
        let end = body.find('>').ok_or_else(|| self.fault("a tag never ends"))?;
        let name = body[..end].trim_end();
        match self.open.last() {
            Some(open) if *open == name => {
                self.open.pop();
                self.at += "</".len() + end + 1;
                Ok(Event::Close)
            }
            Some(open) => {
                let words = format!("</{}> stands where </{}> should", clip(name), clip(open));
                Err(self.fault(words))
            }
            None => Err(self.fault(format!("</{}> closes nothing", clip(name)))),
        }
    }

    /// A first tag; `tag` is what stands behind its `<`.
    fn opening(&mut self, tag: &'a str) -> Result<Event<'a>, Fault> {
        let bytes = tag.as_bytes();
        let mut at = 0;
        let end = loop {
            let found = memchr::memchr3(b'>', b'"', b'\'', &bytes[at..]);
            let stop = at + found.ok_or_else(|| self.fault("a tag never ends"))?;
            if bytes[stop] == b'>' {
                break stop;
            }
            let close = memchr::memchr(bytes[stop], &bytes[stop + 1..]);
            at = stop + 2 + close.ok_or_else(|| self.fault("a quote in a tag never ends"))?;
        };
        let (inner, empty) = match tag[..end].strip_suffix('/') {
            Some(inner) => (inner, true),
            None => (&tag[..end], false),
        };
        let behind = inner.find(|c: char| c.is_ascii_whitespace()).unwrap_or(inner.len());
        let (name, attributes) = inner.split_at(behind);
        if name.is_empty() || name.contains(['<', '"', '\'', '=', '&']) {
            return Err(self.fault(format!("`<{}` begins no element", clip(name))));
        }
        if self.open.is_empty() && self.begun {
            return Err(self.fault("a second element stands behind the outermost"));
        }
        if self.open.len() == DEPTH_MAX {
            return Err(self.fault(format!("nested deeper than {DEPTH_MAX} (limit DEPTH_MAX)")));
        }
        self.open.push(name);
        (self.begun, self.empty) = (true, empty);
        self.at += 1 + end + 1;
        Ok(Event::Open(Tag { name: local(name), attributes }))
    }
}

/// A name without its prefix.
fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// A text with its references replaced by their characters, and the line ends of one kind.
fn plain(raw: &str) -> Result<Cow<'_, str>, String> {
    if memchr::memchr2(b'&', b'\r', raw.as_bytes()).is_none() {
        return Ok(Cow::Borrowed(raw));
    }
    let raw = raw.replace("\r\n", "\n").replace('\r', "\n");
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw.as_str();
    while let Some((before, behind)) = rest.split_once('&') {
        out.push_str(before);
        let end = behind.bytes().take(REFERENCE_MAX).position(|byte| byte == b';');
        let found = end.and_then(|end| Some((character(&behind[..end])?, end)));
        let Some((character, end)) = found else {
            let shown: String = behind.chars().take(REFERENCE_MAX).collect();
            return Err(format!("`&{}` is no character that is read", clip(&shown)));
        };
        out.push(character);
        rest = &behind[end + 1..];
    }
    out.push_str(rest);
    Ok(Cow::Owned(out))
}

/// The character that a reference names.
fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?).filter(|c| *c != '\0')
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read, as a line: `<name`, texts and `>`.
    fn told(text: &str) -> String {
        let mut reader = Reader::new(text);
        let mut out = String::new();
        loop {
            match reader.event() {
                Ok(Some(Event::Open(tag))) => {
                    out.push('<');
                    out.push_str(tag.name);
                }
                Ok(Some(Event::Text(text))) => {
                    out.push('[');
                    out.push_str(&text);
                    out.push(']');
                }
                Ok(Some(Event::Close)) => out.push('>'),
                Ok(None) => return out,
                Err(fault) => return format!("{out}!{}: {}", fault.line, fault.words),
            }
        }
    }

    #[test]
    fn elements_texts_and_references_are_read() {
        let text = "<?xml version=\"1.0\"?><!-- a > b -->\n<k:a x='>'>1 &lt; 2<b/>&#26531;&#x56ed;\r\n\
                    <![CDATA[<c> & ]]></k:a >\n";
        assert_eq!(told(text), "<a[1 < 2]<b>[枣园\n][<c> & ]>");
    }

    #[test]
    fn attributes_are_read_by_their_local_names() {
        let mut reader = Reader::new("<a lat=\"1\" k:lon = '2&quot;' odd>x<b>y</b>z</a>");
        let tag = reader.child().unwrap().unwrap();
        assert_eq!(tag.attribute("lat").as_deref(), Some("1"));
        assert_eq!(tag.attribute("lon").as_deref(), Some("2\""));
        assert_eq!((tag.attribute("odd"), tag.attribute("la")), (None, None));
        assert_eq!(reader.text().unwrap(), "xz");
        assert_eq!(reader.event(), Ok(None));
    }

    #[test]
    fn what_surprises_is_refused_with_its_line() {
        for (text, expected) in [
            ("", "!1: there is no element in it"),
            ("<a>\n<b></a>", "<a[\n]<b!2: </a> stands where </b> should"),
            ("<a>\n", "<a[\n]!2: ends within <a>"),
            ("<a/><b/>", "<a>!1: a second element stands behind the outermost"),
            ("x<a/>", "!1: a text stands outside of every element"),
            ("<!DOCTYPE a [<!ENTITY b \"c\">]><a/>", "!1: a document type is declared"),
            ("<a>&b;</a>", "<a!1: `&b;` is no character that is read"),
            ("<a>&#0;</a>", "<a!1: `&#0;`"),
            ("<a b=\">", "!1: a quote in a tag never ends"),
            ("<a", "!1: a tag never ends"),
            ("<!-- ", "!1: `<!--` never ends"),
            ("<>", "!1: `<` begins no element"),
        ] {
            let found = told(text);
            assert!(found.starts_with(expected), "{text}: {found}");
        }
        let deep = |depth: usize| told(&format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth)));
        assert!(!deep(DEPTH_MAX).contains('!'));
        assert!(deep(DEPTH_MAX + 1).contains("nested deeper than 64 (limit DEPTH_MAX)"));
    }
}
