-- Whose deadline the nearest one of an incident is, and when its light turns: told with due_at, and by the same.
alter table zonewarden.incident add column yellow_at bigint not null default 9223372036854775807;
comment on column zonewarden.incident.yellow_at is 'From when on the light is yellow at least; 9223372036854775807 for never.';
alter table zonewarden.incident add column red_at bigint not null default 9223372036854775807;
comment on column zonewarden.incident.red_at is 'From when on the light is red; 9223372036854775807 for never.';
alter table zonewarden.incident add column due_clock text collate "C";
comment on column zonewarden.incident.due_clock is 'Whose deadline due_at is: whole, or what the stage waits for; null for none, and until it is told.';
