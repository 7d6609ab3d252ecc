//! The web page, embedded: everything under `src/page/`, with a tag for each file and a policy
//! that lets nothing from elsewhere in.

use std::fmt::Write as _;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::app::refusal::Refusal;
use crate::http::etag;
use crate::http::problem::Problem;

/// What the browser may load, and from where: this server alone. Maps need workers from blobs and
/// images from data; styles are set on elements by the map.
const POLICY: &str = "default-src 'self'; script-src 'self'; worker-src 'self' blob:; \
     style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; \
     object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

#[derive(RustEmbed)]
#[folder = "src/page/"]
struct Files;

/// The page itself.
///
/// # Errors
/// Never, as long as the page is embedded.
pub(crate) async fn get_index(headers: HeaderMap) -> Result<Response, Problem> {
    serve("index.html", &headers)
}

/// A file of the page.
///
/// # Errors
/// 404 for what is not embedded.
pub(crate) async fn get_file(
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    serve(&path, &headers)
}

fn serve(path: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    let file = Files::get(path).ok_or(Refusal::NotFound)?;
    let tag = tag(&file);
    let mut response = etag::tagged(headers, &tag, media_type(path), || file.data.into_owned());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let policy = HeaderName::from_static("cross-origin-opener-policy");
    headers.insert(policy, HeaderValue::from_static("same-origin"));
    Ok(response)
}

fn tag(file: &EmbeddedFile) -> String {
    let hash = file.metadata.sha256_hash();
    hash[..16].iter().fold("W/\"".to_owned(), |mut tag, byte| {
        let _ = write!(tag, "{byte:02x}");
        tag
    }) + "\""
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "geojson" => "application/geo+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "pbf" => "application/x-protobuf",
        "wasm" => "application/wasm",
        "txt" | "LICENSE" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_embedded_and_nothing_beside_it() {
        assert!(serve("index.html", &HeaderMap::new()).is_ok());
        for path in ["", "../http/page.rs", "/etc/passwd", "index.html/", "no.js"] {
            assert!(serve(path, &HeaderMap::new()).is_err(), "{path}");
        }
    }
}
