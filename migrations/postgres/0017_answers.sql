-- Answers under idempotency keys, and how far words have been masked in time.
create table zonewarden.kept_answer (
    city_id text collate "C" not null,
    idempotency_key text collate "C" not null,
    request_hash text collate "C" not null,
    told text collate "C" not null,
    kept_at bigint not null,
    primary key (city_id, idempotency_key)
);
select zonewarden.place('kept_answer');
comment on table zonewarden.kept_answer is 'What was answered under an idempotency key. Rows are never changed.';
comment on column zonewarden.kept_answer.city_id is 'The city.';
comment on column zonewarden.kept_answer.idempotency_key is 'The caller''s key, behind who that is.';
comment on column zonewarden.kept_answer.request_hash is 'SHA-256 of the request, hex.';
comment on column zonewarden.kept_answer.told is 'What the answer is told again from, JSON: ids, revisions, times; no words.';
comment on column zonewarden.kept_answer.kept_at is 'When, microseconds since 1970 UTC.';

create table zonewarden.words_masked (
    city_id text collate "C" not null,
    masked_until bigint not null,
    primary key (city_id)
);
select zonewarden.place('words_masked');
comment on table zonewarden.words_masked is 'How far what people told has been masked in time.';
comment on column zonewarden.words_masked.city_id is 'The city.';
comment on column zonewarden.words_masked.masked_until is 'Of cases that were over before this, microseconds since 1970 UTC, it is.';

comment on table zonewarden.incident_step is 'Every step of every incident. Of a row nothing is ever changed but words, when they are masked.';
