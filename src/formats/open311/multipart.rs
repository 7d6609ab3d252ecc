//! `multipart/form-data` (RFC 7578): fields and files of one body that lies in memory.

use crate::formats::open311::form::{File, Form, FormFault};

/// Longest boundary, in bytes (RFC 2046).
const BOUNDARY_BYTES_MAX: usize = 70;
/// Longest head of a part, in bytes.
const HEAD_BYTES_MAX: usize = 4 * 1024;
/// Most files of one form.
pub const FILES_MAX: usize = 5;

/// The boundary that a `Content-Type` names.
#[must_use]
pub fn boundary(content_type: &str) -> Option<String> {
    let found = content_type.split(';').skip(1).find_map(|part| {
        let (key, value) = part.trim().split_once('=')?;
        key.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
    })?;
    let plain = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    let fits = (1..=BOUNDARY_BYTES_MAX).contains(&found.len()) && found.bytes().all(plain);
    fits.then(|| found.to_owned())
}

/// Reads a body. A file that was not chosen (no name, no bytes) counts as absent.
///
/// # Errors
/// What is broken or beyond a limit.
pub fn read(bytes: &[u8], boundary: &str) -> Result<Form, FormFault> {
    let broken = |words: &str| FormFault::new("body", words);
    let mark = format!("--{boundary}");
    let mut form = Form::default();
    let mut rest = bytes;
    let start = find(rest, mark.as_bytes())
        .ok_or_else(|| broken("has no part; its boundary does not occur"))?;
    rest = &rest[start + mark.len()..];
    let next = format!("\r\n{mark}");
    loop {
        if rest.starts_with(b"--") {
            return Ok(form);
        }
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        rest =
            rest[blanks..].strip_prefix(b"\r\n").ok_or_else(|| broken("has a broken boundary"))?;
        let ends = find(&rest[..rest.len().min(HEAD_BYTES_MAX)], b"\r\n\r\n")
            .ok_or_else(|| broken("has a part whose head does not end"))?;
        let head = part_head(&rest[..ends])?;
        // The line feeds before the boundary may be those that end the head.
        let body = &rest[ends + 2..];
        let to = find(body, next.as_bytes()).ok_or_else(|| broken("breaks off within a part"))?;
        let content = body.get(2..to).unwrap_or_default();
        take(&mut form, head, content)?;
        rest = &body[to + next.len()..];
    }
}

struct Head {
    name: String,
    file: Option<String>,
    charset: Option<String>,
}

fn part_head(head: &[u8]) -> Result<Head, FormFault> {
    let text = std::str::from_utf8(head)
        .map_err(|_| FormFault::new("body", "has a part whose head is not UTF-8"))?;
    let mut found = Head { name: String::new(), file: None, charset: None };
    let mut named = false;
    for line in text.split("\r\n") {
        let Some((key, value)) = line.split_once(':') else { continue };
        if key.eq_ignore_ascii_case("content-disposition") {
            for (key, value) in parameters(value) {
                match key.as_str() {
                    "name" => {
                        found.name = value;
                        named = true;
                    }
                    "filename" => found.file = Some(value),
                    _ => {}
                }
            }
        } else if key.eq_ignore_ascii_case("content-type") {
            found.charset =
                parameters(value).into_iter().find(|(key, _)| key == "charset").map(|it| it.1);
        } else if key.eq_ignore_ascii_case("content-transfer-encoding")
            && !matches!(value.trim().to_ascii_lowercase().as_str(), "binary" | "8bit" | "7bit")
        {
            return Err(FormFault::new(
                "body",
                "has a part in a transfer encoding; send it as it is",
            ));
        }
    }
    if named { Ok(found) } else { Err(FormFault::new("body", "has a part without a name")) }
}

/// The parameters behind a header's value; quotes and their escapes are read.
fn parameters(value: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = value.split_once(';').map_or("", |(_, rest)| rest);
    while let Some((key, after)) = rest.split_once('=') {
        let key = key.trim_matches([' ', ';', '\t']).to_ascii_lowercase();
        let mut text = String::new();
        if let Some(quoted) = after.strip_prefix('"') {
            let mut escape = false;
            let mut end = quoted.len();
            for (at, c) in quoted.char_indices() {
                match c {
                    _ if escape => {
                        text.push(c);
                        escape = false;
                    }
                    '\\' => escape = true,
                    '"' => {
                        end = at + 1;
                        break;
                    }
                    c => text.push(c),
                }
            }
            rest = &quoted[end..];
        } else {
            let (plain, after) = after.split_once(';').unwrap_or((after, ""));
            plain.trim().clone_into(&mut text);
            rest = after;
        }
        found.push((key, text));
    }
    found
}

fn take(form: &mut Form, head: Head, bytes: &[u8]) -> Result<(), FormFault> {
    if let Some(file) = head.file {
        if file.is_empty() && bytes.is_empty() {
            return Ok(());
        }
        if form.files.len() == FILES_MAX {
            let words = format!("has more than {FILES_MAX} files (limit FILES_MAX)");
            return Err(FormFault::new(head.name, words));
        }
        form.files.push(File { field: head.name, bytes: bytes.to_vec() });
        return Ok(());
    }
    let utf8 = head.charset.as_deref().is_none_or(|charset| {
        ["utf-8", "utf8", "us-ascii"].iter().any(|known| charset.eq_ignore_ascii_case(known))
    });
    match std::str::from_utf8(bytes) {
        Ok(text) if utf8 => form.push(head.name, text.to_owned()),
        _ => Err(FormFault::new(head.name, "is not UTF-8; other encodings are not taken")),
    }
}

/// Where `wanted` first stands.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "--b\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\n路灯\r\n不亮\r\n\
        --b\r\nContent-Disposition: form-data; name=\"media\"; filename=\"a;\\\"b.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n\
        \x01\r\n--bb\r\n\r\n--b\r\nContent-Disposition: form-data; name=empty\r\n\r\n\r\n\
        --b\r\nContent-Disposition: form-data; name=\"none\"; filename=\"\"\r\n\r\n\r\n--b--\r\n";

    #[test]
    fn fields_and_files_are_told_apart_and_bytes_stay_as_they_are() {
        // `--bb` begins with the boundary's text, so this body's boundary is a longer one.
        let body = BODY.replace("--b\r", "--bound\r").replace("--b--", "--bound--");
        let form = read(body.as_bytes(), "bound").unwrap();
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(form.fields, [field("description", "路灯\r\n不亮"), field("empty", "")]);
        assert_eq!(form.files.len(), 1);
        assert_eq!(form.files[0].field, "media");
        assert_eq!(form.files[0].bytes, b"\x01\r\n--bb\r\n");
    }

    #[test]
    fn a_body_that_breaks_off_anywhere_is_refused_and_never_a_panic() {
        let body = BODY.replace("--bb", "");
        for end in 0..body.len() - 4 {
            assert!(read(&body.as_bytes()[..end], "b").is_err(), "{end}");
        }
        assert!(read(b"", "b").is_err());
        let nameless = "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--";
        assert!(read(nameless.as_bytes(), "b").unwrap_err().words.contains("without a name"));
        let gbk = b"--b\r\nContent-Disposition: form-data; name=d\r\n\r\n\xc4\xe3\r\n--b--";
        assert_eq!(read(gbk, "b").unwrap_err().place, "d");
    }

    #[test]
    fn the_number_of_files_is_limited() {
        let part = "--b\r\nContent-Disposition: form-data; name=media; filename=x\r\n\r\n1\r\n";
        let body = |n: usize| format!("{}--b--", part.repeat(n));
        assert_eq!(read(body(FILES_MAX).as_bytes(), "b").unwrap().files.len(), FILES_MAX);
        assert!(read(body(FILES_MAX + 1).as_bytes(), "b").is_err());
    }

    #[test]
    fn a_boundary_is_found_quoted_or_plain_and_a_wild_one_refused() {
        assert_eq!(boundary("multipart/form-data; boundary=abc").as_deref(), Some("abc"));
        assert_eq!(
            boundary("multipart/form-data;charset=x; Boundary=\"a b\"").as_deref(),
            Some("a b")
        );
        assert_eq!(boundary("multipart/form-data"), None);
        assert_eq!(boundary(&format!("multipart/form-data; boundary={}", "x".repeat(71))), None);
    }
}
