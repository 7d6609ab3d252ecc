-- By which calendar, limits and hours the deadline of an incident was told.
alter table zonewarden.incident add column timed_by bigint not null default 0;
comment on column zonewarden.incident.timed_by is 'Fingerprint of calendar, limits and hours by which due_at was told; 0 for none.';
