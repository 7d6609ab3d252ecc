//! Under which address the caller sees this service.

use axum::http::{HeaderMap, header};

/// The address that the caller used, as far as its headers tell: a proxy before us says `https`.
#[must_use]
pub fn base(headers: &HeaderMap) -> String {
    let text = |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    let plain =
        |host: &&str| host.bytes().all(|b| b.is_ascii_alphanumeric() || b".:-[]_".contains(&b));
    let Some(host) = text(header::HOST).filter(|host| !host.is_empty()).filter(plain) else {
        return String::new();
    };
    let secure = headers.get("x-forwarded-proto").is_some_and(|value| value == "https");
    format!("{}://{host}", if secure { "https" } else { "http" })
}
