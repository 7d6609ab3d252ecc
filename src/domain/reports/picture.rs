//! Pictures 照片 and short films that came with a report.

use std::sync::Arc;

use crate::domain::id::{PictureId, ReportId};
use crate::domain::time::Instant;

/// Largest picture, in bytes.
pub const PICTURE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    WebP,
    /// GIF.
    Gif,
    /// MP4.
    Mp4,
}

impl Media {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Jpeg, Self::Png, Self::WebP, Self::Gif, Self::Mp4];

    /// The media type.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
            Self::Mp4 => "video/mp4",
        }
    }

    /// The kind with this media type.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|media| media.code() == code)
    }

    /// What the bytes are, by how they begin, whatever a name or header says.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some(Self::Mp4),
            _ => None,
        }
    }
}

/// A picture as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Made by the service, `UUIDv7`.
    pub id: PictureId,
    /// The report it came with.
    pub report: ReportId,
    /// What it is.
    pub media: Media,
    /// SHA-256 of the bytes, hex.
    pub sha256: String,
    /// When the service received it.
    pub received_at: Instant,
    /// The picture, with all that a camera wrote into it.
    pub bytes: Arc<[u8]>,
}

/// A picture of which the original is still kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureSent {
    /// Which picture.
    pub id: PictureId,
    /// The report it came with.
    pub report: ReportId,
    /// When the service received it.
    pub received_at: Instant,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_first_bytes_say() {
        for (bytes, media) in [
            (&b"\xff\xd8\xff\xe0"[..], Some(Media::Jpeg)),
            (b"\x89PNG\r\n\x1a\n", Some(Media::Png)),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some(Media::WebP)),
            (b"GIF89a", Some(Media::Gif)),
            (b"\0\0\0\x18ftypmp42", Some(Media::Mp4)),
            (b"<svg onload=alert(1)>", None),
            (b"%PDF-1.7", None),
            (b"MZ", None),
            (b"", None),
        ] {
            assert_eq!(Media::of(bytes), media, "{bytes:?}");
        }
        for media in Media::ALL {
            assert_eq!(Media::from_code(media.code()), Some(media));
        }
    }
}
