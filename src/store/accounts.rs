//! The accounts wing: API keys.

use crate::domain::accounts::{ApiKey, Role};
use crate::domain::id::{CityId, KeyId, UnitId};
use crate::domain::time::Instant;
use crate::store::promise::StoreError;
use crate::store::statement::{Row, Statement, Value, unknown};
use crate::store::words;

/// Every key of a city.
pub(super) const KEYS: &str = "select key_id, secret_hash, role, unit_id, label, issued_at, \
     expires_at, revoked_at from zonewarden.api_key where city_id = $1 order by key_id";

/// One key.
pub(super) const KEY: &str = "select key_id, secret_hash, role, unit_id, label, issued_at, \
     expires_at, revoked_at from zonewarden.api_key where city_id = $1 and key_id = $2";

/// A key is issued.
pub(super) fn issue<'a>(city: &'a CityId, key: &'a ApiKey) -> Statement<'a> {
    Statement::One {
        text: "insert into zonewarden.api_key (city_id, key_id, secret_hash, role, unit_id, label, \
               issued_at, expires_at, revoked_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
               on conflict (city_id, key_id) do nothing",
        values: vec![
            Value::text(city.as_str()),
            Value::text(key.id.as_str()),
            Value::text(&key.hash),
            Value::text(key.role.code()),
            Value::text_or(key.unit.as_ref().map(UnitId::as_str)),
            Value::text(&key.label),
            Value::Int(key.issued_at.0),
            Value::int_or(key.expires_at.map(|at| at.0)),
            Value::int_or(key.revoked_at.map(|at| at.0)),
        ],
        must: Some((1, words::taken("key", &key.id))),
    }
}

/// A key is revoked.
pub(super) fn revoke<'a>(city: &'a CityId, key: &'a KeyId, at: Instant) -> Statement<'a> {
    Statement::One {
        text: "update zonewarden.api_key set revoked_at = $3 \
               where city_id = $1 and key_id = $2 and revoked_at is null",
        values: vec![Value::text(city.as_str()), Value::text(key.as_str()), Value::Int(at.0)],
        must: Some((1, words::no_key_in_force(key))),
    }
}

/// A row of [`KEYS`] or [`KEY`].
pub(super) fn read(row: &impl Row) -> Result<ApiKey, StoreError> {
    Ok(ApiKey {
        id: row.code(0, KeyId::new)?,
        hash: row.text(1)?.to_owned(),
        role: row.code(2, |code| Role::from_code(code).ok_or_else(|| unknown(code)))?,
        unit: row.code_or(3, UnitId::new)?,
        label: row.text(4)?.to_owned(),
        issued_at: Instant(row.int(5)?),
        expires_at: row.int_or(6)?.map(Instant),
        revoked_at: row.int_or(7)?.map(Instant),
    })
}
