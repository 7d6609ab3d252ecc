//! Forms, queries, links, texts within XML and pictures.

use std::fmt::Write;

use zonewarden::domain::reports::picture::Media;
use zonewarden::formats::link;
use zonewarden::formats::open311::form::{self, FORM_BYTES_MAX, Form};
use zonewarden::formats::open311::multipart::{self, FILES_MAX};
use zonewarden::formats::picture::without_metadata;
use zonewarden::formats::urlencoded::pairs;
use zonewarden::formats::xml::{attribute, escaped};
use zonewarden::http::params::Params;

use crate::dice::{Dice, damage, mutated};

/// Writes a text as part of a document.
type Writing = fn(&mut String, &str);

const QUERIES: &[&[u8]] = &[
    b"lon=109.484&lat=36.585&crs=gcj02&at=2026-05-06T10:00:00%2B08:00&limit=5&dry_run=true&bbox=109.1,36.1,109.2,36.2",
    b"service_code=event.05.parking&description=%E8%B7%AF+%26&attribute%5Bblocks%5D%5B%5D=a&attribute[x][]=b&lat=",
    b"&&=&%=%ff&a=%4&b=%E4%B8&+=+",
];
const MULTIPARTS: &[&[u8]] = &[
    b"--b\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\n\xe8\xb7\xaf\r\n--b\r\nContent-Disposition: form-data; name=media; filename=\"a;\\\"b.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n\x01\r\n--\r\n--b--\r\n",
    b"preamble\r\n--b \t\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-disposition: form-data;name=x\r\n\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"m\"; filename=\"\"\r\n\r\n\r\n--b--",
];
const LINKS: &[&[u8]] = &[
    b"https://example.org:8080/a/b.jpg?x=1#y",
    b"http://[::ffff:127.0.0.1]:80/%E8",
    b"HTTPS://user@0x7f.1/..//",
];

/// Queries and forms: what was read is written and read again as the same.
pub(crate) fn urlencoded(dice: &mut Dice) -> Result<(), String> {
    let bytes = mutated(dice, QUERIES);
    let text = String::from_utf8_lossy(&bytes);
    let read: Vec<(String, String)> = pairs(&text).filter_map(Result::ok).collect();
    let again: Vec<(String, String)> = pairs(&percent(&read)).filter_map(Result::ok).collect();
    if read != again {
        return Err(format!("{read:?} is read as {again:?}"));
    }
    if let Ok(form) = form::read(&bytes) {
        let written = percent(&form.fields);
        if written.len() <= FORM_BYTES_MAX && form::read(written.as_bytes()).as_ref() != Ok(&form) {
            return Err(format!("{form:?} is not read again"));
        }
    }
    query(&text)?;
    let bytes = mutated(dice, LINKS);
    let text = String::from_utf8_lossy(&bytes);
    match link::read(&text) {
        Ok(it) if it.port == 0 || !it.target.starts_with('/') => {
            Err(format!("{text} is read as {it:?}"))
        }
        Err(fault) if link::checked(&text).is_ok() => {
            Err(format!("{text} may be kept and is no link: {fault}"))
        }
        _ => Ok(()),
    }
}

/// What a query's reader gives is within what it promises.
fn query(text: &str) -> Result<(), String> {
    let mut params = Params::parse(text);
    let (lon, lat) = (params.number("lon"), params.must_number("lat"));
    let (limit, frame) = (params.whole("limit", 1, 9), params.frame("bbox"));
    let _ = (params.crs("crs"), params.time("at"), params.flag("dry_run"));
    let _ = (params.all("description"), params.beginning("attribute["), params.has("a"));
    let _ = params.finish();
    let finite = lon.into_iter().chain(lat).all(f64::is_finite);
    let limited = limit.is_none_or(|limit| (1..=9).contains(&limit));
    let framed = frame.is_none_or(|it| it.min.x <= it.max.x && it.min.y <= it.max.y);
    if finite && limited && framed {
        Ok(())
    } else {
        Err(format!("{lon:?} {lat:?} {limit:?} {frame:?} of {text}"))
    }
}

fn percent(fields: &[(String, String)]) -> String {
    let mut text = String::new();
    let escape = |text: &mut String, part: &str| {
        for byte in part.bytes() {
            let _ = write!(text, "%{byte:02x}");
        }
    };
    for (name, value) in fields {
        escape(&mut text, name);
        text.push('=');
        escape(&mut text, value);
        text.push('&');
    }
    text
}

/// Multipart forms, likewise.
pub(crate) fn multipart(dice: &mut Dice) -> Result<(), String> {
    let mut bytes = mutated(dice, MULTIPARTS);
    if dice.below(3) == 0 {
        damage(dice, &mut bytes);
    }
    let _ = multipart::boundary(&String::from_utf8_lossy(&bytes));
    let Ok(form) = multipart::read(&bytes, "b") else { return Ok(()) };
    if form.files.len() > FILES_MAX {
        return Err(format!("{} files", form.files.len()));
    }
    // A longer name may not fit the head of a part once its quotes are escaped.
    if form.files.iter().any(|file| file.field.len() > 1_000) {
        return Ok(());
    }
    let again = multipart::read(&parts(&form), BOUNDARY);
    if again.as_ref() != Ok(&form) {
        return Err(format!("{form:?} is read as {again:?}"));
    }
    Ok(())
}

const BOUNDARY: &str = "of-a-form-that-was-read-once-already";

fn parts(form: &Form) -> Vec<u8> {
    let mut body = Vec::new();
    let quoted = |name: &str| name.replace('\\', "\\\\").replace('"', "\\\"");
    let mut part = |name: &str, more: &str, content: &[u8]| {
        let name = quoted(name);
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    };
    for (name, value) in &form.fields {
        part(name, "", value.as_bytes());
    }
    for file in &form.files {
        part(&file.field, "; filename=\"x\"", &file.bytes);
    }
    body.extend_from_slice(format!("--{BOUNDARY}--").as_bytes());
    body
}

/// Texts within XML: nothing of them is markup, and they are read again.
pub(crate) fn markup(dice: &mut Dice) -> Result<(), String> {
    const TEXTS: &[&[u8]] =
        &[b"<a href=\"x\">&amp;\x01]]>\r\n\t'", b"\xef\xbf\xbf\xe8\xb7\xaf&#0;\0\x7f\xc2\x85"];
    const ENTITIES: [(&str, char); 7] = [
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("#13", '\r'),
        ("#10", '\n'),
        ("#9", '\t'),
    ];
    let bytes = mutated(dice, TEXTS);
    let text = String::from_utf8_lossy(&bytes);
    let said = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    let expected: String = text.chars().map(|c| if said(c) { c } else { '\u{fffd}' }).collect();
    let ways: [(Writing, &str); 2] = [(escaped, "<>\r"), (attribute, "<>\"\r\n\t")];
    for (write, never) in ways {
        let mut xml = String::new();
        write(&mut xml, &text);
        if let Some(bad) = xml.chars().find(|c| never.contains(*c) || !said(*c)) {
            return Err(format!("{bad:?} in {xml}"));
        }
        let mut read = String::new();
        let mut parts = xml.split('&');
        read.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let (entity, rest) = part.split_once(';').unwrap_or((part, ""));
            let known = ENTITIES.iter().find(|(name, _)| *name == entity);
            let Some((_, c)) = known else { return Err(format!("&{entity}; in {xml}")) };
            read.push(*c);
            read.push_str(rest);
        }
        if read != expected {
            return Err(format!("{text:?} is read as {read:?}"));
        }
    }
    Ok(())
}

/// Pictures: what was taken out stays out, and nothing is left to take out.
pub(crate) fn pictures(dice: &mut Dice) -> Result<(), String> {
    let media = *dice.pick(&Media::ALL);
    let mut bytes = picture(media);
    damage(dice, &mut bytes);
    let _ = Media::of(&bytes);
    let Some(shown) = without_metadata(media, &bytes) else { return Ok(()) };
    // A chunk of WebP may want one byte of filling at the end.
    if shown.len() > bytes.len() + 1 {
        return Err(format!("{} bytes of {} have {}", media.code(), bytes.len(), shown.len()));
    }
    match without_metadata(media, &shown) {
        Some(again) if again == shown => Ok(()),
        again => Err(format!("{}: {shown:02x?} then {again:02x?}", media.code())),
    }
}

/// A small picture, or film, with everything in it that is to go.
fn picture(media: Media) -> Vec<u8> {
    let be = |length: usize| u32::try_from(length).unwrap_or_default().to_be_bytes();
    match media {
        Media::Jpeg => [
            &b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xe1\0\x0cExif\0\0GPS!"[..],
            b"\xff\xdb\0\x05\x01\x02\x03\xff\xfe\0\x04by\xff\xff\xda\0\x03\x01\x11\xff\0\x22\xff\xd0\x33",
            b"\xff\xe1\0\x06Exif\xff\xda\0\x03\x02\x44\xff\xd9behind",
        ]
        .concat(),
        Media::Png => {
            let chunk = |kind: &[u8], held: &[u8]| {
                [&be(held.len())[..], kind, held, b"\xde\xad\xbe\xef"].concat()
            };
            [
                b"\x89PNG\r\n\x1a\n".to_vec(),
                chunk(b"IHDR", &[1; 13]),
                chunk(b"eXIf", b"GPS"),
                chunk(b"tEXt", b"Author\0Li"),
                chunk(b"IDAT", &[7; 9]),
                chunk(b"IEND", b""),
            ]
            .concat()
        }
        Media::WebP => {
            let chunk = |kind: &[u8], held: &[u8]| {
                let length = u32::try_from(held.len()).unwrap_or_default().to_le_bytes();
                [kind, &length[..], held, &[0][..held.len() % 2]].concat()
            };
            let held = [
                b"WEBP".to_vec(),
                chunk(b"VP8X", &[0x0c; 10]),
                chunk(b"VP8 ", &[7; 3]),
                chunk(b"EXIF", b"GPS"),
                chunk(b"XMP ", b"<x/>"),
            ]
            .concat();
            let length = u32::try_from(held.len()).unwrap_or_default().to_le_bytes();
            [b"RIFF", &length[..], &held].concat()
        }
        Media::Gif => b"GIF89a\x01\0\x01\0\0\0\0!\xfe\x02Li\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;".to_vec(),
        Media::Mp4 => {
            let boxed = |kind: &[u8], held: &[u8]| [&be(held.len() + 8)[..], kind, held].concat();
            let track = [
                boxed(b"tkhd", &[9; 24]),
                boxed(b"mdia", &[boxed(b"mdhd", &[1; 28]), boxed(b"hdlr", b"\0\0\0\0\0\0\0\0vide")].concat()),
            ]
            .concat();
            let film = [boxed(b"mvhd", &[0; 24]), boxed(b"trak", &track), boxed(b"udta", b"+36.585")];
            [boxed(b"ftyp", b"isom"), boxed(b"moov", &film.concat()), boxed(b"mdat", &[5; 20])].concat()
        }
    }
}
