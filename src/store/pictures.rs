//! Pictures that came with reports.

use crate::domain::id::{CityId, PictureId, ReportId};
use crate::domain::reports::people::PictureCleaned;
use crate::domain::reports::picture::{Media, Picture, PictureSent};
use crate::domain::time::Instant;
use crate::store::promise::StoreError;
use crate::store::statement::{Row, Statement, Value, damaged, unknown};
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

/// How many pictures are kept with the report `$2`.
pub(super) const COUNT: &str =
    "select count(*) from zonewarden.picture where city_id = $1 and report_id = $2";

/// The row of [`COUNT`].
pub(super) fn read_count(row: &impl Row) -> Result<usize, StoreError> {
    usize::try_from(row.int(0)?).map_err(|fault| damaged(0, &fault))
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

const CLEAN: &str = "update zonewarden.picture set bytes = $3, sha256 = $4, cleaned = 1 \
     where city_id = $1 and picture_id = $2";

/// Pictures as they were sent, received before `$2`, from behind `$3` and `$4` on, at most `$5`.
pub(super) const AS_SENT: &str = "select picture_id, report_id, received_at \
     from zonewarden.picture where city_id = $1 and cleaned = 0 and received_at < $2 \
     and (received_at, picture_id) > ($3, $4) order by received_at, picture_id limit $5";

/// Replaces an original.
pub(super) fn clean<'a>(city: &'a CityId, it: &'a PictureCleaned) -> Statement<'a> {
    Statement::One {
        text: CLEAN,
        values: vec![
            Value::text(city.as_str()),
            Value::text(it.id.as_str()),
            Value::Bytes(&it.bytes),
            Value::text(&it.sha256),
        ],
        must: Some((1, words::not_there("picture", &it.id))),
    }
}

/// The values of [`AS_SENT`].
pub(super) fn as_sent_values(
    city: &CityId,
    before: Instant,
    after: Option<&PictureSent>,
    limit: usize,
) -> Vec<Value<'static>> {
    let (at, id) =
        after.map_or((i64::MIN, String::new()), |it| (it.received_at.0, it.id.to_string()));
    vec![
        Value::owned(city.to_string()),
        Value::Int(before.0),
        Value::Int(at),
        Value::owned(id),
        Value::Int(i64::try_from(limit).unwrap_or(i64::MAX)),
    ]
}

/// A row of [`AS_SENT`].
pub(super) fn read_sent(row: &impl Row) -> Result<PictureSent, StoreError> {
    Ok(PictureSent {
        id: row.code(0, PictureId::new)?,
        report: row.code(1, |text| text.parse().map(ReportId))?,
        received_at: Instant(row.int(2)?),
    })
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
