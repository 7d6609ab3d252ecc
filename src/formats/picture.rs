//! Pictures without what a camera wrote beside the picture.

use std::borrow::Cow;

use crate::domain::reports::picture::{Media, PICTURE_BYTES_MAX};

/// What a picture is, when it is one that is kept: not too large, of a kind that is known by its first bytes
/// whatever a name or header says, and built so that it can be shown without what a camera wrote beside it.
///
/// # Errors
/// Words, with what would be right.
pub fn checked(bytes: &[u8]) -> Result<Media, String> {
    if bytes.len() > PICTURE_BYTES_MAX {
        return Err(format!("has {} bytes, at most {PICTURE_BYTES_MAX} are taken", bytes.len()));
    }
    let Some(media) = Media::of(bytes) else { return Err(no_picture()) };
    if without_metadata(media, bytes).is_none() {
        return Err(format!("is no whole {}", media.code()));
    }
    Ok(media)
}

/// That something is no picture, with what one is.
#[must_use]
pub fn no_picture() -> String {
    let kinds: Vec<&str> = Media::ALL.iter().map(|media| media.code()).collect();
    format!("is none of {}", kinds.join(", "))
}

/// The picture without where, when and by whom it was taken: of JPEG, PNG and WebP everything goes
/// that is not needed to show it. A file that is not built as it should be gives `None`: it is not
/// shown to the public. Of GIF comments, texts and what applications wrote go, but for how often it is
/// played; of MP4 the boxes that tell place, maker and time go, and a film with tracks other than
/// picture and sound gives `None`.
#[must_use]
pub fn without_metadata(media: Media, bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    match media {
        Media::Jpeg => jpeg(bytes).map(Cow::Owned),
        Media::Png => png(bytes).map(Cow::Owned),
        Media::WebP => webp(bytes).map(Cow::Owned),
        Media::Gif => gif(bytes).map(Cow::Owned),
        Media::Mp4 => mp4(bytes).map(Cow::Owned),
    }
}

/// Segments up to the picture itself; application segments (EXIF, XMP, IPTC) and comments go, but
/// for JFIF, which is plain, and Adobe's, which says how colours are meant. The turn that EXIF tells
/// goes with it.
fn jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut kept = vec![0xff, 0xd8];
    let mut rest = bytes.strip_prefix(&[0xff, 0xd8])?;
    loop {
        let [0xff, marker, ..] = *rest else { return None };
        match marker {
            // Filling before a marker.
            0xff => rest = &rest[1..],
            0xd9 => {
                kept.extend([0xff, 0xd9]);
                return Some(kept);
            }
            0x00 | 0x01 | 0xd0..=0xd8 => return None,
            _ => {
                let length = usize::from(u16::from_be_bytes([*rest.get(2)?, *rest.get(3)?]));
                let end = 2 + length.max(2);
                let segment = rest.get(..end)?;
                let personal = matches!(marker, 0xe1..=0xed | 0xef | 0xfe);
                if !personal {
                    kept.extend(segment);
                }
                rest = &rest[end..];
                if marker == 0xda {
                    let (scan, after) = scan(rest);
                    kept.extend(scan);
                    rest = after?;
                }
            }
        }
    }
}

/// The coded picture up to the next marker that is none of its own.
fn scan(bytes: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut at = 0;
    while let Some(found) = memchr::memchr(0xff, &bytes[at..]) {
        match bytes.get(at + found + 1) {
            Some(0x00 | 0xd0..=0xd7) => at += found + 2,
            Some(_) => return (&bytes[..at + found], Some(&bytes[at + found..])),
            None => break,
        }
    }
    (bytes, None)
}

/// The chunks that make the picture.
fn png(bytes: &[u8]) -> Option<Vec<u8>> {
    const SHOWN: [&[u8]; 12] = [
        b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"acTL",
        b"fcTL", b"fdAT",
    ];
    let (head, mut rest) = bytes.split_at_checked(8)?;
    let mut kept = head.to_vec();
    while !rest.is_empty() {
        let length = usize::try_from(u32::from_be_bytes(*rest.first_chunk()?)).ok()?;
        let chunk = rest.get(..length.checked_add(12)?)?;
        let kind = chunk.get(4..8)?;
        if SHOWN.contains(&kind) {
            kept.extend(chunk);
        }
        if kind == b"IEND" {
            return Some(kept);
        }
        rest = &rest[chunk.len()..];
    }
    None
}

/// The chunks that make the picture; the flags of those that went are cleared.
fn webp(bytes: &[u8]) -> Option<Vec<u8>> {
    const SHOWN: [&[u8]; 7] = [b"VP8 ", b"VP8L", b"VP8X", b"ANIM", b"ANMF", b"ALPH", b"ICCP"];
    const EXIF_AND_XMP: u8 = 0b0000_1100;
    let mut rest = bytes.get(12..)?;
    let mut kept = bytes.get(..12)?.to_vec();
    while !rest.is_empty() {
        let length = usize::try_from(u32::from_le_bytes(*rest.get(4..)?.first_chunk()?)).ok()?;
        let end = length.checked_add(8)?;
        let chunk = rest.get(..end)?;
        if SHOWN.contains(&&chunk[..4]) {
            let from = kept.len();
            kept.extend(chunk);
            if chunk.starts_with(b"VP8X") {
                *kept.get_mut(from + 8)? &= !EXIF_AND_XMP;
            }
            kept.extend(std::iter::repeat_n(0, length % 2));
        }
        rest = rest.get(end + length % 2..).unwrap_or_default();
    }
    let length = u32::try_from(kept.len() - 8).ok()?;
    kept[4..8].copy_from_slice(&length.to_le_bytes());
    Some(kept)
}

/// The pictures up to the trailer, with what says how long each is shown and how often all are. `None` also
/// where there is no picture.
fn gif(bytes: &[u8]) -> Option<Vec<u8>> {
    /// Signature and version, then the logical screen.
    const HEAD: usize = 13;
    let mut at = HEAD + colours(*bytes.get(10)?);
    let mut kept = bytes.get(..at)?.to_vec();
    let mut pictures = 0_u32;
    loop {
        let from = at;
        match *bytes.get(at)? {
            // A picture: place and size, colours of its own, the width of the first code, and the data.
            0x2c => {
                at += 10 + colours(*bytes.get(at + 9)?) + 1;
                at = behind_sub_blocks(bytes, at)?;
                kept.extend(bytes.get(from..at)?);
                pictures += 1;
            }
            0x21 => {
                let label = *bytes.get(at + 1)?;
                at = behind_sub_blocks(bytes, at + 2)?;
                let block = bytes.get(from..at)?;
                if label == 0xf9 || is_loop(block) {
                    kept.extend(block);
                }
            }
            0x3b if pictures > 0 => {
                kept.push(0x3b);
                return Some(kept);
            }
            _ => return None,
        }
    }
}

/// The length of a table of colours, by the byte that tells whether there is one.
fn colours(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// Where the sub-blocks end that begin here: each with its length before it, the last with none.
fn behind_sub_blocks(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let length = usize::from(*bytes.get(at)?);
        at += 1 + length;
        if length == 0 {
            return Some(at);
        }
    }
}

/// Whether an extension tells how often the pictures are played, and nothing else.
fn is_loop(block: &[u8]) -> bool {
    let told = block
        .strip_prefix(b"\x21\xff\x0bNETSCAPE2.0")
        .or_else(|| block.strip_prefix(b"\x21\xff\x0bANIMEXTS1.0"));
    matches!(told, Some([3, 1, _, _, 0]))
}

/// The film with the boxes of phones and their makers emptied in place, so that what is found by
/// its distance from the start stays where it is. Tracks of other things than picture and sound
/// (GPS along the way, say) cannot be taken out so: such a film is not shown.
fn mp4(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut film = bytes.to_vec();
    let shown = empty_boxes(&mut film, 0)?;
    shown.then_some(film)
}

/// How deep boxes lie within boxes where anything personal may be.
const DEPTH_MAX: u32 = 4;

/// Empties the personal boxes among these; whether every track is picture or sound. `None` when a
/// box reaches beyond the end.
fn empty_boxes(mut bytes: &mut [u8], depth: u32) -> Option<bool> {
    let mut shown = true;
    while !bytes.is_empty() {
        let short = u64::from(u32::from_be_bytes(*bytes.first_chunk()?));
        let kind: [u8; 4] = *bytes.get(4..)?.first_chunk()?;
        let (head, length) = match short {
            0 => (8, bytes.len()),
            1 => {
                let long = u64::from_be_bytes(*bytes.get(8..)?.first_chunk()?);
                (16, usize::try_from(long).ok()?)
            }
            short => (8, usize::try_from(short).ok()?),
        };
        if length < head || length > bytes.len() {
            return None;
        }
        let (this, rest) = bytes.split_at_mut(length);
        match &kind {
            b"udta" | b"meta" | b"uuid" | b"free" | b"skip" => {
                this[4..8].copy_from_slice(b"free");
                this[head..].fill(0);
            }
            // When it was made and changed, in 32 or 64 bits by the version.
            b"mvhd" | b"tkhd" | b"mdhd" => {
                let times = if this.get(head) == Some(&1) { 16 } else { 8 };
                this.get_mut(head + 4..head + 4 + times)?.fill(0);
            }
            b"hdlr" => shown &= matches!(this.get(head + 8..head + 12)?, b"vide" | b"soun"),
            b"moov" | b"trak" | b"mdia" | b"moof" | b"traf" if depth < DEPTH_MAX => {
                shown &= empty_boxes(&mut this[head..], depth + 1)?;
            }
            _ => {}
        }
        bytes = rest;
    }
    Some(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(marker: u8, held: &[u8]) -> Vec<u8> {
        let length = u16::try_from(held.len() + 2).unwrap().to_be_bytes();
        [&[0xff, marker], &length[..], held].concat()
    }

    fn photo(with: &[Vec<u8>]) -> Vec<u8> {
        let scan = [0x11, 0xff, 0x00, 0x22, 0xff, 0xd0, 0x33];
        let start = [vec![0xff, 0xd8], segment(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")].concat();
        let rest = [segment(0xdb, &[0; 65]), segment(0xda, &[1; 6]), scan.to_vec()].concat();
        [start, with.concat(), rest, vec![0xff, 0xd9]].concat()
    }

    #[test]
    fn a_photo_loses_its_place_and_stays_a_photo() {
        let exif = segment(0xe1, b"Exif\0\0MM\0*GPS 36.585N");
        let (xmp, words) =
            (segment(0xe1, b"http://ns.adobe.com/xap/1.0/"), segment(0xfe, b"by Li"));
        let told = photo(&[exif, xmp, words]);
        let shown = without_metadata(Media::Jpeg, &told).unwrap();
        assert_eq!(&*shown, photo(&[]));
        // What stands behind the end, a second picture with its own EXIF, goes too.
        let more = [photo(&[]), told].concat();
        assert_eq!(&*without_metadata(Media::Jpeg, &more).unwrap(), photo(&[]));
    }

    fn boxed(kind: &[u8], held: &[u8]) -> Vec<u8> {
        let length = u32::try_from(held.len() + 8).unwrap().to_be_bytes();
        [&length[..], kind, held].concat()
    }

    fn film(handler: &[u8], place: &[u8], time: u8) -> Vec<u8> {
        let handler = boxed(b"hdlr", &[&[0; 8], handler, &[0; 13]].concat());
        let track = boxed(b"trak", &boxed(b"mdia", &handler));
        let head = boxed(b"mvhd", &[&[0; 4][..], &[time; 8], &[3; 88]].concat());
        let kind: &[u8] = if place.iter().any(|byte| *byte != 0) { b"udta" } else { b"free" };
        let moov = boxed(b"moov", &[head, track, boxed(kind, place)].concat());
        [boxed(b"ftyp", b"mp42"), moov, boxed(b"mdat", &[5; 20])].concat()
    }

    #[test]
    fn a_film_loses_place_and_time_and_keeps_its_length() {
        let told = film(b"vide", b"\xa9xyz+36.585+109.484/", 9);
        let shown = without_metadata(Media::Mp4, &told).unwrap();
        assert_eq!(&*shown, film(b"vide", &[0; 20], 0));
        assert_eq!(without_metadata(Media::Mp4, &film(b"meta", b"", 9)), None);
        for end in 1..told.len() {
            let _ = without_metadata(Media::Mp4, &told[..end]);
        }
        assert_eq!(without_metadata(Media::Mp4, &told[..told.len() - 1]), None);
    }

    /// A GIF with colours of its own, of one picture that has some too, with these blocks before it.
    fn animated(before: &[&[u8]]) -> Vec<u8> {
        let head = [&b"GIF89a\x01\0\x01\0\x80\0\0"[..], &[9; 6]].concat();
        let picture = [&b",\0\0\0\0\x01\0\x01\0\x81"[..], &[8; 12], b"\x02\x02D\x01\0"].concat();
        [&head[..], &before.concat(), &picture, b";"].concat()
    }

    #[test]
    fn a_gif_keeps_its_pictures_and_their_pace_and_loses_what_was_written_beside_them() {
        let pace = b"\x21\xf9\x04\0\x0a\0\0\0";
        let times = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0";
        let shown = animated(&[times, pace]);
        let xmp = b"\x21\xff\x0bXMP DataXMP\x03GPS\0";
        let more = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\x02Li\0";
        let (comment, text) = (b"\x21\xfe\x05by Li\0", b"\x21\x01\x03GPS\0");
        let told = animated(&[times, comment, xmp, text, more, pace]);
        assert_eq!(without_metadata(Media::Gif, &told).as_deref(), Some(&*shown));
        // What stands behind the end goes too.
        let behind = [&*told, b"GPS 36.585N"].concat();
        assert_eq!(without_metadata(Media::Gif, &behind).as_deref(), Some(&*shown));
        assert_eq!(checked(&told), Ok(Media::Gif));
    }

    #[test]
    fn what_only_begins_as_a_gif_is_none() {
        let whole = animated(&[b"\x21\xfe\x05by Li\0"]);
        for end in 0..whole.len() {
            assert_eq!(without_metadata(Media::Gif, &whole[..end]), None, "{end}");
        }
        for at in 0..whole.len() {
            let mut bent = whole.clone();
            bent[at] ^= 0x5a;
            let _ = without_metadata(Media::Gif, &bent);
        }
        for bad in ["GIF89a;", "GIF89a\x01\0\x01\0\0\0\0;", "GIF89a<script>alert(1)</script>"] {
            assert_eq!(checked(bad.as_bytes()), Err("is no whole image/gif".to_owned()), "{bad}");
        }
    }

    #[test]
    fn a_broken_photo_is_not_shown_and_never_a_panic() {
        let whole = photo(&[segment(0xe1, b"Exif")]);
        for end in 0..whole.len() {
            assert_eq!(without_metadata(Media::Jpeg, &whole[..end]), None, "{end}");
        }
        for at in 0..whole.len() {
            let mut bent = whole.clone();
            bent[at] ^= 0x5a;
            let _ = without_metadata(Media::Jpeg, &bent);
        }
    }

    #[test]
    fn png_and_webp_keep_what_shows_the_picture_alone() {
        let chunk = |kind: &[u8], held: &[u8]| {
            let length = u32::try_from(held.len()).unwrap().to_be_bytes();
            [&length[..], kind, held, &[9; 4]].concat()
        };
        let head = b"\x89PNG\r\n\x1a\n".to_vec();
        let (ihdr, end) = (chunk(b"IHDR", &[1; 13]), chunk(b"IEND", b""));
        let told = [
            head.clone(),
            ihdr.clone(),
            chunk(b"eXIf", b"GPS"),
            chunk(b"tEXt", b"Li"),
            end.clone(),
        ];
        let shown = [head, ihdr, end].concat();
        assert_eq!(&*without_metadata(Media::Png, &told.concat()).unwrap(), shown);
        assert_eq!(without_metadata(Media::Png, &shown[..shown.len() - 1]), None);

        let chunk = |kind: &[u8], held: &[u8]| {
            let length = u32::try_from(held.len()).unwrap().to_le_bytes();
            [kind, &length[..], held, if held.len() % 2 == 1 { &[0] } else { &[] }].concat()
        };
        let file = |flags: u8, more: &[u8]| {
            let body =
                [b"WEBP".to_vec(), chunk(b"VP8X", &[flags; 10]), chunk(b"VP8 ", &[7; 3])].concat();
            let body = [body.as_slice(), more].concat();
            let length = u32::try_from(body.len()).unwrap().to_le_bytes();
            [b"RIFF", &length[..], &body].concat()
        };
        let told = file(0x0c, &chunk(b"EXIF", b"GPS"));
        let mut expected = file(0x0c, b"");
        expected[20] = 0;
        assert_eq!(&*without_metadata(Media::WebP, &told).unwrap(), expected);
    }
}
