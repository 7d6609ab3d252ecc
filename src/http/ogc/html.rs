//! A document as a page, for people: the same tree as the JSON, without a script.

use serde_json::Value;

use crate::formats::xml::{attribute, escaped};
use crate::http::language::Language;

/// What the browser may load: nothing.
pub const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";
/// The media type.
pub const MEDIA: &str = "text/html; charset=utf-8";

/// Deepest that a tree is shown.
const DEPTH_MAX: usize = 12;
const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}\
     table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.2rem .5rem;text-align:left;\
     vertical-align:top;overflow-wrap:anywhere}th{background:#f3f3f3;font-weight:600}";

/// The page of a document. Its `links` stand first.
#[must_use]
pub fn page(title: &str, language: Language, document: &Value) -> String {
    let mut html = String::from("<!doctype html>\n<html lang=\"");
    html.push_str(language.code());
    html.push_str("\"><head><meta charset=\"utf-8\"><title>");
    escaped(&mut html, title);
    html.push_str("</title><style>");
    html.push_str(STYLE);
    html.push_str("</style></head><body><h1>");
    escaped(&mut html, title);
    html.push_str("</h1>");
    if let Some(links) = document["links"].as_array() {
        html.push_str("<ul>");
        for link in links {
            html.push_str("<li>");
            anchor(&mut html, link);
            html.push_str("</li>");
        }
        html.push_str("</ul>");
    }
    tree(&mut html, document, 0);
    html.push_str("</body></html>\n");
    html
}

/// A link, where it leads to this service or to another over the web.
fn anchor(html: &mut String, link: &Value) {
    let href = link["href"].as_str().unwrap_or_default();
    let words = link["title"].as_str().filter(|title| !title.is_empty()).unwrap_or(href);
    let leads = ["http://", "https://", "/"].iter().any(|begins| href.starts_with(*begins));
    if leads {
        html.push_str("<a href=\"");
        attribute(html, href);
        html.push_str("\">");
    }
    escaped(html, words);
    if leads {
        html.push_str("</a>");
    }
    let rest = [link["rel"].as_str(), link["type"].as_str()];
    let rest: Vec<&str> = rest.into_iter().flatten().collect();
    if !rest.is_empty() {
        html.push_str(" <small>");
        escaped(html, &rest.join(", "));
        html.push_str("</small>");
    }
}

fn tree(html: &mut String, value: &Value, depth: usize) {
    match value {
        _ if depth > DEPTH_MAX => html.push('…'),
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) => escaped(html, &value.to_string()),
        Value::String(text) => escaped(html, text),
        Value::Array(list) => {
            let plain = list.iter().all(|one| !one.is_object() && !one.is_array());
            if plain && list.iter().all(Value::is_number) {
                let numbers: Vec<String> = list.iter().map(Value::to_string).collect();
                escaped(html, &numbers.join(", "));
                return;
            }
            html.push_str("<ul>");
            for one in list {
                html.push_str("<li>");
                if one["href"].is_string() {
                    anchor(html, one);
                } else {
                    tree(html, one, depth + 1);
                }
                html.push_str("</li>");
            }
            html.push_str("</ul>");
        }
        Value::Object(object) => {
            html.push_str("<table>");
            // The links of the whole stand above.
            for (name, inner) in object.iter().filter(|(name, _)| depth > 0 || *name != "links") {
                html.push_str("<tr><th>");
                escaped(html, name);
                html.push_str("</th><td>");
                tree(html, inner, depth + 1);
                html.push_str("</td></tr>");
            }
            html.push_str("</table>");
        }
    }
}

/// Features as a table, a row each.
#[must_use]
pub fn table(features: &[Value], columns: &[(String, String)]) -> String {
    let mut html = String::from("<table><tr>");
    for (_, title) in columns {
        html.push_str("<th>");
        escaped(&mut html, title);
        html.push_str("</th>");
    }
    html.push_str("</tr>");
    for feature in features {
        html.push_str("<tr>");
        for (n, (name, _)) in columns.iter().enumerate() {
            html.push_str("<td>");
            match feature["links"][0]["href"].as_str().filter(|_| n == 0) {
                Some(href) => {
                    let link = serde_json::json!({ "href": href, "title": feature["id"] });
                    anchor(&mut html, &link);
                }
                None => tree(&mut html, &feature["properties"][name.as_str()], 1),
            }
            html.push_str("</td>");
        }
        html.push_str("</tr>");
    }
    html.push_str("</table>");
    html
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_that_a_text_says_becomes_markup_and_no_link_runs_a_script() {
        let evil = "<script>alert(1)</script>\"'";
        let document = json!({
            "title": evil,
            evil: [evil, { "a": evil }],
            "links": [{ "href": "javascript:alert(1)", "title": evil }, { "href": evil }],
        });
        let html = page(evil, Language::En, &document);
        let rows = table(
            &[json!({ "id": evil, "properties": { "a": evil }, "links": [{ "href": evil }] })],
            &[("a".to_owned(), evil.to_owned())],
        );
        for html in [html, rows] {
            assert!(!html.contains("<script") && !html.contains("href=\"javascript"), "{html}");
            assert!(html.contains("&lt;script&gt;"), "{html}");
        }
    }
}
