-- Incidents: see the comments on each table and column. Every report opens one.

create table zonewarden.report_waiting (
    city_id text collate "C" not null,
    report_id text collate "C" not null,
    primary key (city_id, report_id)
);
select zonewarden.place('report_waiting');
comment on table zonewarden.report_waiting is 'Reports that nobody has taken up yet.';
comment on column zonewarden.report_waiting.city_id is 'The city.';
comment on column zonewarden.report_waiting.report_id is 'The report; ids rise with time, so the oldest comes first.';
insert into zonewarden.report_waiting (city_id, report_id) select city_id, report_id from zonewarden.report;

create table zonewarden.incident (
    city_id text collate "C" not null,
    incident_id text collate "C" not null,
    revision bigint not null,
    stage text collate "C" not null,
    is_open bigint not null,
    stage_since bigint not null,
    opened_at bigint not null,
    happened_at bigint not null,
    last_at bigint not null,
    due_at bigint not null,
    unit_id text collate "C",
    co_units text collate "C" not null,
    zone_id text collate "C",
    category text collate "C",
    source text collate "C" not null,
    routed_unit text collate "C" not null,
    doubtful bigint not null,
    for_dispatcher bigint not null,
    supporters bigint not null,
    merged_into text collate "C",
    position public.geometry(Point, 4326) not null
        check (public.st_xmin(position) >= -180 and public.st_xmax(position) <= 180
            and public.st_ymin(position) >= -90 and public.st_ymax(position) <= 90),
    primary key (city_id, incident_id)
);
select zonewarden.place('incident');
comment on table zonewarden.incident is 'Incidents as they stand: what their steps fold to.';
comment on column zonewarden.incident.city_id is 'The city.';
comment on column zonewarden.incident.incident_id is 'The id of the report that opened it.';
comment on column zonewarden.incident.revision is 'How many steps there were.';
comment on column zonewarden.incident.stage is 'Where it stands.';
comment on column zonewarden.incident.is_open is '1 while something is still expected to happen.';
comment on column zonewarden.incident.stage_since is 'Since when it stands there, microseconds since 1970 UTC.';
comment on column zonewarden.incident.opened_at is 'When it was opened.';
comment on column zonewarden.incident.happened_at is 'When it happened, by the person who told first.';
comment on column zonewarden.incident.last_at is 'When the last step was taken.';
comment on column zonewarden.incident.due_at is 'The nearest deadline of its running clocks; 9223372036854775807 for none.';
comment on column zonewarden.incident.unit_id is 'The unit that answers.';
comment on column zonewarden.incident.co_units is 'Units beside it, in order, a JSON list.';
comment on column zonewarden.incident.zone_id is 'The zone, where the place lies in one.';
comment on column zonewarden.incident.category is 'What it is about, where that is known.';
comment on column zonewarden.incident.source is 'Through which door the first report came.';
comment on column zonewarden.incident.routed_unit is 'The unit that the rules named.';
comment on column zonewarden.incident.doubtful is '1 when the rules were not sure enough.';
comment on column zonewarden.incident.for_dispatcher is '1 while it waits for a dispatcher because the rules were not sure.';
comment on column zonewarden.incident.supporters is 'How many reports stand behind it.';
comment on column zonewarden.incident.merged_into is 'The incident it lives on in, when it was merged.';
comment on column zonewarden.incident.position is 'Where, WGS84.';
-- Work lists are read along the deadline, archives along the time of opening.
create index incident_open on zonewarden.incident (city_id, due_at, incident_id) where is_open = 1;
create index incident_open_by_zone on zonewarden.incident (city_id, zone_id, due_at, incident_id) where is_open = 1;
create index incident_open_by_stage on zonewarden.incident (city_id, stage, due_at, incident_id) where is_open = 1;
create index incident_open_by_category on zonewarden.incident (city_id, category, due_at, incident_id) where is_open = 1;
create index incident_for_dispatcher on zonewarden.incident (city_id, due_at, incident_id) where for_dispatcher = 1;
create index incident_by_time on zonewarden.incident (city_id, opened_at, incident_id);
create index incident_by_zone on zonewarden.incident (city_id, zone_id, opened_at, incident_id);
create index incident_position_gist on zonewarden.incident using gist (position);

create table zonewarden.incident_unit (
    city_id text collate "C" not null,
    incident_id text collate "C" not null,
    unit_id text collate "C" not null,
    is_open bigint not null,
    due_at bigint not null,
    opened_at bigint not null,
    primary key (city_id, incident_id, unit_id)
);
select zonewarden.place('incident_unit');
comment on table zonewarden.incident_unit is 'Which units have a part in an incident, the lead and those beside it.';
comment on column zonewarden.incident_unit.city_id is 'The city.';
comment on column zonewarden.incident_unit.incident_id is 'The incident.';
comment on column zonewarden.incident_unit.unit_id is 'The unit.';
comment on column zonewarden.incident_unit.is_open is 'As the incident''s.';
comment on column zonewarden.incident_unit.due_at is 'As the incident''s.';
comment on column zonewarden.incident_unit.opened_at is 'As the incident''s.';
create index incident_unit_open on zonewarden.incident_unit (city_id, unit_id, due_at, incident_id) where is_open = 1;
create index incident_unit_by_time on zonewarden.incident_unit (city_id, unit_id, opened_at, incident_id);

create table zonewarden.incident_step (
    city_id text collate "C" not null,
    incident_id text collate "C" not null,
    revision bigint not null,
    act text collate "C" not null,
    role text collate "C" not null,
    actor text collate "C" not null,
    speaks_for text collate "C",
    taken_at bigint not null,
    carried text collate "C" not null,
    primary key (city_id, incident_id, revision)
);
select zonewarden.place('incident_step');
comment on table zonewarden.incident_step is 'Every step of every incident. Rows are never changed.';
comment on column zonewarden.incident_step.city_id is 'The city.';
comment on column zonewarden.incident_step.incident_id is 'The incident.';
comment on column zonewarden.incident_step.revision is '1, 2, 3 … within the incident.';
comment on column zonewarden.incident_step.act is 'What was done.';
comment on column zonewarden.incident_step.role is 'In which role.';
comment on column zonewarden.incident_step.actor is 'By whom.';
comment on column zonewarden.incident_step.speaks_for is 'For which unit the actor spoke.';
comment on column zonewarden.incident_step.taken_at is 'When, microseconds since 1970 UTC.';
comment on column zonewarden.incident_step.carried is 'Words, pictures, units and what else it brought, JSON with sorted keys.';
