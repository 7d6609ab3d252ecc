-- By which calendar, limits and hours the deadline of an incident was told.
alter table incident add column timed_by integer not null default 0; -- Fingerprint of calendar, limits and hours by which due_at was told; 0 for none.
