-- What follows when an incident is overdue: how far it has come, and when it goes on.
alter table zonewarden.incident add column escalates_at bigint not null default 9223372036854775807;
comment on column zonewarden.incident.escalates_at is 'When the next step of its ladder comes; 9223372036854775807 for never.';
alter table zonewarden.incident add column rung bigint not null default 0;
comment on column zonewarden.incident.rung is 'The loudest step of its ladder taken: 0 none, 1 remind, 2 urge, 3 raise.';
create index incident_escalating on zonewarden.incident (city_id, escalates_at, incident_id)
    where is_open = 1 and escalates_at < 9223372036854775807;
create index incident_escalated on zonewarden.incident (city_id, due_at, incident_id) where is_open = 1 and rung > 0;
