//! An Atom feed (RFC 4287), each entry with a place (`GeoRSS` Simple).

use std::fmt::Write;

use crate::formats::xml::{attribute, escaped};

/// The media type.
pub const MEDIA: &str = "application/atom+xml";

/// A feed.
#[derive(Clone, Debug, PartialEq)]
pub struct Feed {
    /// Its id for ever, an IRI.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Who publishes it.
    pub author: String,
    /// Where it is; empty where that is not known.
    pub link: String,
    /// When it last changed, RFC 3339.
    pub updated: String,
    /// What is in it.
    pub entries: Vec<Entry>,
}

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its id for ever, an IRI.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it says, plain text.
    pub summary: String,
    /// Category: code and name.
    pub category: Option<(String, String)>,
    /// Where more is told; empty where that is not known.
    pub link: String,
    /// When it began, RFC 3339.
    pub published: String,
    /// When it last changed, RFC 3339.
    pub updated: String,
    /// Latitude and longitude, degrees of WGS84.
    pub place: (f64, f64),
}

/// The document.
#[must_use]
pub fn write(feed: &Feed) -> String {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" \
         xmlns:georss=\"http://www.georss.org/georss\">\n",
    );
    element(&mut xml, "id", &feed.id);
    element(&mut xml, "title", &feed.title);
    element(&mut xml, "updated", &feed.updated);
    xml.push_str("<author>");
    element(&mut xml, "name", &feed.author);
    xml.push_str("</author>\n");
    link(&mut xml, "self", &feed.link);
    feed.entries.iter().for_each(|it| entry(&mut xml, it));
    xml.push_str("</feed>\n");
    xml
}

fn entry(xml: &mut String, it: &Entry) {
    xml.push_str("<entry>\n");
    element(xml, "id", &it.id);
    element(xml, "title", &it.title);
    element(xml, "updated", &it.updated);
    element(xml, "published", &it.published);
    if let Some((code, name)) = &it.category {
        xml.push_str("<category term=\"");
        attribute(xml, code);
        xml.push_str("\" label=\"");
        attribute(xml, name);
        xml.push_str("\"/>\n");
    }
    link(xml, "alternate", &it.link);
    element(xml, "summary", &it.summary);
    let (lat, lon) = it.place;
    let _ = writeln!(xml, "<georss:point>{lat} {lon}</georss:point>");
    xml.push_str("</entry>\n");
}

fn element(xml: &mut String, name: &str, text: &str) {
    let _ = write!(xml, "<{name}>");
    escaped(xml, text);
    let _ = writeln!(xml, "</{name}>");
}

fn link(xml: &mut String, rel: &str, href: &str) {
    if href.is_empty() {
        return;
    }
    let _ = write!(xml, "<link rel=\"{rel}\" href=\"");
    attribute(xml, href);
    xml.push_str("\"/>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_is_written_and_nothing_in_it_can_become_markup() {
        let feed = Feed {
            id: "tag:a".to_owned(),
            title: "<b>&".to_owned(),
            author: "城".to_owned(),
            link: "http://h/x?a=1&b=\"".to_owned(),
            updated: "2026-05-06T02:00:00Z".to_owned(),
            entries: vec![Entry {
                id: "urn:uuid:1".to_owned(),
                title: "t".to_owned(),
                summary: "]]><script>\u{1}".to_owned(),
                category: Some(("a.b".to_owned(), "\"x\"".to_owned())),
                link: String::new(),
                published: "p".to_owned(),
                updated: "u".to_owned(),
                place: (36.5, 109.25),
            }],
        };
        let expected = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
            <feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:georss=\"http://www.georss.org/georss\">\n\
            <id>tag:a</id>\n<title>&lt;b&gt;&amp;</title>\n<updated>2026-05-06T02:00:00Z</updated>\n\
            <author><name>城</name>\n</author>\n\
            <link rel=\"self\" href=\"http://h/x?a=1&amp;b=&quot;\"/>\n<entry>\n\
            <id>urn:uuid:1</id>\n<title>t</title>\n<updated>u</updated>\n<published>p</published>\n\
            <category term=\"a.b\" label=\"&quot;x&quot;\"/>\n\
            <summary>]]&gt;&lt;script&gt;\u{fffd}</summary>\n\
            <georss:point>36.5 109.25</georss:point>\n</entry>\n</feed>\n";
        assert_eq!(write(&feed), expected);
    }
}
