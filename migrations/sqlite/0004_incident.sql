-- Incidents, the same as in ../postgres: every report opens one.

-- Reports that nobody has taken up yet.
create table report_waiting (
    city_id text not null, -- The city.
    report_id text not null, -- The report; ids rise with time, so the oldest comes first.
    primary key (city_id, report_id)
) without rowid;
insert into report_waiting (city_id, report_id) select city_id, report_id from report;

-- Incidents as they stand: what their steps fold to.
create table incident (
    fid integer primary key, -- For GeoPackage; nothing of ours depends on it.
    city_id text not null, -- The city.
    incident_id text not null, -- The id of the report that opened it.
    revision integer not null, -- How many steps there were.
    stage text not null, -- Where it stands.
    is_open integer not null, -- 1 while something is still expected to happen.
    stage_since integer not null, -- Since when it stands there, microseconds since 1970 UTC.
    opened_at integer not null, -- When it was opened.
    happened_at integer not null, -- When it happened, by the person who told first.
    last_at integer not null, -- When the last step was taken.
    due_at integer not null, -- The nearest deadline of its running clocks; 9223372036854775807 for none.
    unit_id text, -- The unit that answers.
    co_units text not null, -- Units beside it, in order, a JSON list.
    zone_id text, -- The zone, where the place lies in one.
    category text, -- What it is about, where that is known.
    source text not null, -- Through which door the first report came.
    routed_unit text not null, -- The unit that the rules named.
    doubtful integer not null, -- 1 when the rules were not sure enough.
    for_dispatcher integer not null, -- 1 while it waits for a dispatcher because the rules were not sure.
    supporters integer not null, -- How many reports stand behind it.
    merged_into text, -- The incident it lives on in, when it was merged.
    position POINT not null, -- Where, WGS84.
    unique (city_id, incident_id)
);
-- Work lists are read along the deadline, archives along the time of opening.
create index incident_open on incident (city_id, due_at, incident_id) where is_open = 1;
create index incident_open_by_zone on incident (city_id, zone_id, due_at, incident_id) where is_open = 1;
create index incident_open_by_stage on incident (city_id, stage, due_at, incident_id) where is_open = 1;
create index incident_open_by_category on incident (city_id, category, due_at, incident_id) where is_open = 1;
create index incident_for_dispatcher on incident (city_id, due_at, incident_id) where for_dispatcher = 1;
create index incident_by_time on incident (city_id, opened_at, incident_id);
create index incident_by_zone on incident (city_id, zone_id, opened_at, incident_id);

-- Which units have a part in an incident, the lead and those beside it.
create table incident_unit (
    city_id text not null, -- The city.
    incident_id text not null, -- The incident.
    unit_id text not null, -- The unit.
    is_open integer not null, -- As the incident's.
    due_at integer not null, -- As the incident's.
    opened_at integer not null, -- As the incident's.
    primary key (city_id, incident_id, unit_id)
) without rowid;
create index incident_unit_open on incident_unit (city_id, unit_id, due_at, incident_id) where is_open = 1;
create index incident_unit_by_time on incident_unit (city_id, unit_id, opened_at, incident_id);

-- Every step of every incident. Rows are never changed.
create table incident_step (
    city_id text not null, -- The city.
    incident_id text not null, -- The incident.
    revision integer not null, -- 1, 2, 3 … within the incident.
    act text not null, -- What was done.
    role text not null, -- In which role.
    actor text not null, -- By whom.
    speaks_for text, -- For which unit the actor spoke.
    taken_at integer not null, -- When, microseconds since 1970 UTC.
    carried text not null, -- Words, pictures, units and what else it brought, JSON with sorted keys.
    primary key (city_id, incident_id, revision)
) without rowid;

insert into gpkg_contents (table_name, data_type, identifier, description, srs_id) values
    ('incident', 'features', 'incident', 'Incidents as they stand', 4326);
insert into gpkg_geometry_columns values
    ('incident', 'position', 'POINT', 4326, 0, 0);
