-- What was in force in each atlas version: rows of city, units, facilities and rules with the versions in which they
-- stood, those in force too; and the versions of the rules. History begins with this migration.


create table zonewarden.city_history (
    city_id text collate "C" not null,
    name_zh text collate "C" not null,
    name_en text collate "C" not null,
    time_zone text collate "C" not null,
    fallback_unit text collate "C" not null,
    confidence_floor double precision not null,
    assumed_accuracy_m double precision not null,
    calendar text collate "C" not null,
    limits text collate "C" not null,
    from_atlas bigint not null,
    to_atlas bigint not null,
    primary key (city_id, from_atlas)
);
select zonewarden.place('city_history');
comment on table zonewarden.city_history is 'Cities and their settings as they stood.';
comment on column zonewarden.city_history.city_id is 'The city''s code, jurisdiction_id on the wire.';
comment on column zonewarden.city_history.name_zh is 'Its name in Chinese; may be empty when name_en is not.';
comment on column zonewarden.city_history.name_en is 'Its name in English; may be empty when name_zh is not.';
comment on column zonewarden.city_history.time_zone is 'IANA time zone.';
comment on column zonewarden.city_history.fallback_unit is 'The unit that answers when nothing else does.';
comment on column zonewarden.city_history.confidence_floor is 'Confidence, 0 to 1, below which a dispatcher decides.';
comment on column zonewarden.city_history.assumed_accuracy_m is 'Accuracy radius in metres of a position that states none.';
comment on column zonewarden.city_history.calendar is 'Holidays, make-up days and school terms, JSON.';
comment on column zonewarden.city_history.limits is 'Time limits by category, JSON; {} for those of a new city.';
comment on column zonewarden.city_history.from_atlas is 'From which atlas version on it stood so.';
comment on column zonewarden.city_history.to_atlas is 'Before which atlas version it ended; 9223372036854775807 for what is in force.';
insert into zonewarden.city_history (city_id, name_zh, name_en, time_zone, fallback_unit, confidence_floor, assumed_accuracy_m, calendar, limits, from_atlas, to_atlas)
    select t.city_id, t.name_zh, t.name_en, t.time_zone, t.fallback_unit, t.confidence_floor, t.assumed_accuracy_m, t.calendar, t.limits, h.atlas_version, 9223372036854775807
    from zonewarden.city t join zonewarden.city_head h on h.city_id = t.city_id;

create table zonewarden.unit_history (
    city_id text collate "C" not null,
    unit_id text collate "C" not null,
    name_zh text collate "C" not null,
    name_en text collate "C" not null,
    kind text collate "C" not null,
    capacity bigint not null,
    attributes text collate "C" not null,
    seat public.geometry(Point, 4326),
    office_hours text collate "C",
    from_atlas bigint not null,
    to_atlas bigint not null,
    primary key (city_id, unit_id, from_atlas)
);
select zonewarden.place('unit_history');
comment on table zonewarden.unit_history is 'Units as they stood.';
comment on column zonewarden.unit_history.city_id is 'The city.';
comment on column zonewarden.unit_history.unit_id is 'Its code.';
comment on column zonewarden.unit_history.name_zh is 'Its name in Chinese.';
comment on column zonewarden.unit_history.name_en is 'Its name in English.';
comment on column zonewarden.unit_history.kind is 'department, institution, state_body or firm.';
comment on column zonewarden.unit_history.capacity is 'Staff it can send out.';
comment on column zonewarden.unit_history.attributes is 'Further facts, JSON with sorted keys.';
comment on column zonewarden.unit_history.seat is 'Where it sits, WGS84.';
comment on column zonewarden.unit_history.office_hours is 'When it works; null for the default hours.';
comment on column zonewarden.unit_history.from_atlas is 'From which atlas version on it stood so.';
comment on column zonewarden.unit_history.to_atlas is 'Before which atlas version it ended; 9223372036854775807 for what is in force.';
insert into zonewarden.unit_history (city_id, unit_id, name_zh, name_en, kind, capacity, attributes, seat, office_hours, from_atlas, to_atlas)
    select t.city_id, t.unit_id, t.name_zh, t.name_en, t.kind, t.capacity, t.attributes, t.seat, t.office_hours, h.atlas_version, 9223372036854775807
    from zonewarden.unit t join zonewarden.city_head h on h.city_id = t.city_id;

create table zonewarden.facility_history (
    city_id text collate "C" not null,
    facility_id text collate "C" not null,
    kind text collate "C" not null,
    name_zh text collate "C" not null,
    name_en text collate "C" not null,
    unit_id text collate "C",
    attributes text collate "C" not null,
    place public.geometry(Geometry, 4326) not null,
    from_atlas bigint not null,
    to_atlas bigint not null,
    primary key (city_id, facility_id, from_atlas)
);
select zonewarden.place('facility_history');
comment on table zonewarden.facility_history is 'Facilities as they stood.';
comment on column zonewarden.facility_history.city_id is 'The city.';
comment on column zonewarden.facility_history.facility_id is 'Its code, unique in the city whatever the kind.';
comment on column zonewarden.facility_history.kind is 'What it is: school, camera, street and so on.';
comment on column zonewarden.facility_history.name_zh is 'Its name in Chinese.';
comment on column zonewarden.facility_history.name_en is 'Its name in English.';
comment on column zonewarden.facility_history.unit_id is 'Who owns or answers for it, where that is known.';
comment on column zonewarden.facility_history.attributes is 'Further facts, JSON with sorted keys.';
comment on column zonewarden.facility_history.place is 'Where it is, WGS84: points, lines or polygons.';
comment on column zonewarden.facility_history.from_atlas is 'From which atlas version on it stood so.';
comment on column zonewarden.facility_history.to_atlas is 'Before which atlas version it ended; 9223372036854775807 for what is in force.';
insert into zonewarden.facility_history (city_id, facility_id, kind, name_zh, name_en, unit_id, attributes, place, from_atlas, to_atlas)
    select t.city_id, t.facility_id, t.kind, t.name_zh, t.name_en, t.unit_id, t.attributes, t.place, h.atlas_version, 9223372036854775807
    from zonewarden.facility t join zonewarden.city_head h on h.city_id = t.city_id;

create table zonewarden.rule_history (
    city_id text collate "C" not null,
    rule_id text collate "C" not null,
    name_zh text collate "C" not null,
    name_en text collate "C" not null,
    reach text collate "C" not null,
    facility_kind text collate "C",
    facility_id text collate "C",
    distance_m double precision,
    categories text collate "C" not null,
    time_window text collate "C" not null,
    unit_id text collate "C",
    mode text collate "C" not null,
    enabled bigint not null,
    place public.geometry(Geometry, 4326),
    from_atlas bigint not null,
    to_atlas bigint not null,
    primary key (city_id, rule_id, from_atlas)
);
select zonewarden.place('rule_history');
comment on table zonewarden.rule_history is 'Rules as they stood.';
comment on column zonewarden.rule_history.city_id is 'The city.';
comment on column zonewarden.rule_history.rule_id is 'Its code.';
comment on column zonewarden.rule_history.name_zh is 'Its name in Chinese.';
comment on column zonewarden.rule_history.name_en is 'Its name in English.';
comment on column zonewarden.rule_history.reach is 'Where it holds: component, line, ring, area or category.';
comment on column zonewarden.rule_history.facility_kind is 'The kind of facility that a component or ring rule is about.';
comment on column zonewarden.rule_history.facility_id is 'The one facility that a ring rule is about; null for all of the kind.';
comment on column zonewarden.rule_history.distance_m is 'How far from facility or line it holds, metres.';
comment on column zonewarden.rule_history.categories is 'For which categories, a JSON list; empty for all.';
comment on column zonewarden.rule_history.time_window is 'When it holds, JSON; {} for always.';
comment on column zonewarden.rule_history.unit_id is 'Who answers; null for the facility''s own unit.';
comment on column zonewarden.rule_history.mode is 'instead of the zone''s lead unit, or beside it.';
comment on column zonewarden.rule_history.enabled is '1, or 0 when it is switched off.';
comment on column zonewarden.rule_history.place is 'The line or area where it holds, WGS84.';
comment on column zonewarden.rule_history.from_atlas is 'From which atlas version on it stood so.';
comment on column zonewarden.rule_history.to_atlas is 'Before which atlas version it ended; 9223372036854775807 for what is in force.';
insert into zonewarden.rule_history (city_id, rule_id, name_zh, name_en, reach, facility_kind, facility_id, distance_m, categories, time_window, unit_id, mode, enabled, place, from_atlas, to_atlas)
    select t.city_id, t.rule_id, t.name_zh, t.name_en, t.reach, t.facility_kind, t.facility_id, t.distance_m, t.categories, t.time_window, t.unit_id, t.mode, t.enabled, t.place, h.atlas_version, 9223372036854775807
    from zonewarden.rule t join zonewarden.city_head h on h.city_id = t.city_id;

alter table zonewarden.plan add column from_atlas bigint not null default 0;
comment on column zonewarden.plan.from_atlas is 'The atlas version with which it came into force; 0 for those older than this column.';

create table zonewarden.rule_set (
    city_id text collate "C" not null,
    version bigint not null,
    set_at bigint not null,
    actor text collate "C" not null,
    note text collate "C" not null,
    added bigint not null,
    changed bigint not null,
    removed bigint not null,
    restored bigint,
    primary key (city_id, version)
);
select zonewarden.place('rule_set');
comment on table zonewarden.rule_set is 'Versions of the rules: one for each commit that changed them.';
comment on column zonewarden.rule_set.city_id is 'The city.';
comment on column zonewarden.rule_set.version is 'The atlas version that brought them into force.';
comment on column zonewarden.rule_set.set_at is 'When, microseconds since 1970 UTC.';
comment on column zonewarden.rule_set.actor is 'Who: a key''s code, cli, public.';
comment on column zonewarden.rule_set.note is 'Why.';
comment on column zonewarden.rule_set.added is 'Rules that were not there before.';
comment on column zonewarden.rule_set.changed is 'Rules that are otherwise.';
comment on column zonewarden.rule_set.removed is 'Rules that are gone.';
comment on column zonewarden.rule_set.restored is 'The version that was restored, if one was.';
insert into zonewarden.rule_set (city_id, version, set_at, actor, note, added, changed, removed)
    select h.city_id, h.atlas_version, floor(extract(epoch from now()))::bigint * 1000000, 'cli', '', count(*), 0, 0
    from zonewarden.rule r join zonewarden.city_head h on h.city_id = r.city_id group by h.city_id, h.atlas_version;
