-- Answers under idempotency keys, and how far words have been masked in time.

-- What was answered under an idempotency key. Rows are never changed.
create table kept_answer (
    city_id text not null, -- The city.
    idempotency_key text not null, -- The caller's key, behind who that is.
    request_hash text not null, -- SHA-256 of the request, hex.
    told text not null, -- What the answer is told again from, JSON: ids, revisions, times; no words.
    kept_at integer not null, -- When, microseconds since 1970 UTC.
    primary key (city_id, idempotency_key)
) without rowid;

-- How far what people told has been masked in time.
create table words_masked (
    city_id text not null, -- The city.
    masked_until integer not null, -- Of cases that were over before this, microseconds since 1970 UTC, it is.
    primary key (city_id)
) without rowid;
