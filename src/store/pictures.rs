//! Pictures that came with reports.

use crate::domain::id::{CityId, PictureId, ReportId};
use crate::domain::reports::picture::{Media, Picture};
use crate::domain::time::Instant;
use crate::store::promise::StoreError;
use crate::store::statement::{Row, Statement, Value, unknown};
use crate::store::words;

const KEEP: &str = "insert into zonewarden.picture \
     (city_id, picture_id, report_id, media, sha256, received_at, bytes) \
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (city_id, picture_id) do nothing";

/// One picture, `$2`.
pub(super) const ONE: &str = "select picture_id, report_id, media, sha256, received_at, bytes \
     from zonewarden.picture where city_id = $1 and picture_id = $2";

/// The report of one picture, `$2`.
pub(super) const REPORT: &str = "select report_id from zonewarden.picture \
     where city_id = $1 and picture_id = $2";

/// A row of [`REPORT`].
pub(super) fn read_report(row: &impl Row) -> Result<ReportId, StoreError> {
    row.code(0, |text| text.parse().map(ReportId))
}

/// Keeps a picture.
pub(super) fn keep<'a>(city: &'a CityId, it: &'a Picture) -> Statement<'a> {
    Statement::One {
        text: KEEP,
        values: vec![
            Value::text(city.as_str()),
            Value::text(it.id.as_str()),
            Value::owned(it.report.to_string()),
            Value::text(it.media.code()),
            Value::text(&it.sha256),
            Value::Int(it.received_at.0),
            Value::Bytes(&it.bytes),
        ],
        must: Some((1, words::taken("picture", &it.id))),
    }
}

/// A row of [`ONE`].
pub(super) fn read(row: &impl Row) -> Result<Picture, StoreError> {
    Ok(Picture {
        id: row.code(0, PictureId::new)?,
        report: row.code(1, |text| text.parse().map(ReportId))?,
        media: row.code(2, |code| Media::from_code(code).ok_or_else(|| unknown(code)))?,
        sha256: row.text(3)?.to_owned(),
        received_at: Instant(row.int(4)?),
        bytes: row.bytes(5)?.into(),
    })
}
