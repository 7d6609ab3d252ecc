-- When the whole case is due: what the public is promised. Told with due_at, and by the same.
alter table zonewarden.incident add column whole_due_at bigint not null default 9223372036854775807;
comment on column zonewarden.incident.whole_due_at is 'The deadline of the whole case, microseconds since 1970 UTC; 9223372036854775807 for none, and until it is told.';
