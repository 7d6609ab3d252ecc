//! Answers that are kept under idempotency keys.

use std::collections::HashMap;

use crate::domain::answers::KeptAnswer;
use crate::domain::id::CityId;
use crate::domain::time::Instant;
use crate::store::promise::StoreError;
use crate::store::sql::Dialect;
use crate::store::statement::{Row, Statement, Value, damaged};

const KEEP: &str = "insert into zonewarden.kept_answer \
     (city_id, idempotency_key, request_hash, told, kept_at) values ($1, $2, $3, $4, $5)";

/// Keeps an answer; that its key is new was looked at before.
pub(super) fn keep<'a>(city: &'a CityId, it: &'a KeptAnswer, at: Instant) -> Statement<'a> {
    Statement::One {
        text: KEEP,
        values: vec![
            Value::text(city.as_str()),
            Value::text(&it.key),
            Value::text(&it.request_hash),
            Value::owned(it.told.to_string()),
            Value::Int(at.0),
        ],
        must: None,
    }
}

/// The answers that are kept under the keys in the list `$2`, by key.
pub(super) fn kept(dialect: Dialect) -> String {
    format!(
        "select idempotency_key, request_hash, told from zonewarden.kept_answer \
         where city_id = $1 and {} order by idempotency_key",
        dialect.any("idempotency_key", 2)
    )
}

/// The values of [`kept`].
pub(super) fn kept_values(city: &CityId, keys: Vec<String>) -> [Value<'_>; 2] {
    [Value::text(city.as_str()), Value::Texts(keys)]
}

/// A row of [`kept`].
pub(super) fn read(row: &impl Row) -> Result<KeptAnswer, StoreError> {
    Ok(KeptAnswer {
        key: row.text(0)?.to_owned(),
        request_hash: row.text(1)?.to_owned(),
        told: serde_json::from_str(row.text(2)?).map_err(|fault| damaged(2, &fault))?,
    })
}

/// Answers by their keys.
pub(super) fn by_key(found: Vec<KeptAnswer>) -> HashMap<String, KeptAnswer> {
    found.into_iter().map(|it| (it.key.clone(), it)).collect()
}
