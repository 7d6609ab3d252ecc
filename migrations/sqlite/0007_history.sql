-- What was in force in each atlas version: rows of city, units, facilities and rules with the versions in which they
-- stood, those in force too; and the versions of the rules. History begins with this migration.


-- Cities and their settings as they stood.
create table city_history (
    city_id text not null, -- The city's code, jurisdiction_id on the wire.
    name_zh text not null, -- Its name in Chinese; may be empty when name_en is not.
    name_en text not null, -- Its name in English; may be empty when name_zh is not.
    time_zone text not null, -- IANA time zone.
    fallback_unit text not null, -- The unit that answers when nothing else does.
    confidence_floor double not null, -- Confidence, 0 to 1, below which a dispatcher decides.
    assumed_accuracy_m double not null, -- Accuracy radius in metres of a position that states none.
    calendar text not null, -- Holidays, make-up days and school terms, JSON.
    limits text not null, -- Time limits by category, JSON; {} for those of a new city.
    from_atlas integer not null, -- From which atlas version on it stood so.
    to_atlas integer not null, -- Before which atlas version it ended; 9223372036854775807 for what is in force.
    primary key (city_id, from_atlas)
);
insert into city_history (city_id, name_zh, name_en, time_zone, fallback_unit, confidence_floor, assumed_accuracy_m, calendar, limits, from_atlas, to_atlas)
    select t.city_id, t.name_zh, t.name_en, t.time_zone, t.fallback_unit, t.confidence_floor, t.assumed_accuracy_m, t.calendar, t.limits, h.atlas_version, 9223372036854775807
    from city t join city_head h on h.city_id = t.city_id;

-- Units as they stood.
create table unit_history (
    city_id text not null, -- The city.
    unit_id text not null, -- Its code.
    name_zh text not null, -- Its name in Chinese.
    name_en text not null, -- Its name in English.
    kind text not null, -- department, institution, state_body or firm.
    capacity integer not null, -- Staff it can send out.
    attributes text not null, -- Further facts, JSON with sorted keys.
    seat POINT, -- Where it sits, WGS84.
    office_hours text, -- When it works; null for the default hours.
    from_atlas integer not null, -- From which atlas version on it stood so.
    to_atlas integer not null, -- Before which atlas version it ended; 9223372036854775807 for what is in force.
    primary key (city_id, unit_id, from_atlas)
);
insert into unit_history (city_id, unit_id, name_zh, name_en, kind, capacity, attributes, seat, office_hours, from_atlas, to_atlas)
    select t.city_id, t.unit_id, t.name_zh, t.name_en, t.kind, t.capacity, t.attributes, t.seat, t.office_hours, h.atlas_version, 9223372036854775807
    from unit t join city_head h on h.city_id = t.city_id;

-- Facilities as they stood.
create table facility_history (
    city_id text not null, -- The city.
    facility_id text not null, -- Its code, unique in the city whatever the kind.
    kind text not null, -- What it is: school, camera, street and so on.
    name_zh text not null, -- Its name in Chinese.
    name_en text not null, -- Its name in English.
    unit_id text, -- Who owns or answers for it, where that is known.
    attributes text not null, -- Further facts, JSON with sorted keys.
    place GEOMETRY not null, -- Where it is, WGS84: points, lines or polygons.
    from_atlas integer not null, -- From which atlas version on it stood so.
    to_atlas integer not null, -- Before which atlas version it ended; 9223372036854775807 for what is in force.
    primary key (city_id, facility_id, from_atlas)
);
insert into facility_history (city_id, facility_id, kind, name_zh, name_en, unit_id, attributes, place, from_atlas, to_atlas)
    select t.city_id, t.facility_id, t.kind, t.name_zh, t.name_en, t.unit_id, t.attributes, t.place, h.atlas_version, 9223372036854775807
    from facility t join city_head h on h.city_id = t.city_id;

-- Rules as they stood.
create table rule_history (
    city_id text not null, -- The city.
    rule_id text not null, -- Its code.
    name_zh text not null, -- Its name in Chinese.
    name_en text not null, -- Its name in English.
    reach text not null, -- Where it holds: component, line, ring, area or category.
    facility_kind text, -- The kind of facility that a component or ring rule is about.
    facility_id text, -- The one facility that a ring rule is about; null for all of the kind.
    distance_m double, -- How far from facility or line it holds, metres.
    categories text not null, -- For which categories, a JSON list; empty for all.
    time_window text not null, -- When it holds, JSON; {} for always.
    unit_id text, -- Who answers; null for the facility's own unit.
    mode text not null, -- instead of the zone's lead unit, or beside it.
    enabled integer not null, -- 1, or 0 when it is switched off.
    place GEOMETRY, -- The line or area where it holds, WGS84.
    from_atlas integer not null, -- From which atlas version on it stood so.
    to_atlas integer not null, -- Before which atlas version it ended; 9223372036854775807 for what is in force.
    primary key (city_id, rule_id, from_atlas)
);
insert into rule_history (city_id, rule_id, name_zh, name_en, reach, facility_kind, facility_id, distance_m, categories, time_window, unit_id, mode, enabled, place, from_atlas, to_atlas)
    select t.city_id, t.rule_id, t.name_zh, t.name_en, t.reach, t.facility_kind, t.facility_id, t.distance_m, t.categories, t.time_window, t.unit_id, t.mode, t.enabled, t.place, h.atlas_version, 9223372036854775807
    from rule t join city_head h on h.city_id = t.city_id;

alter table plan add column from_atlas integer not null default 0; -- The atlas version with which it came into force; 0 for those older than this column.

-- Versions of the rules: one for each commit that changed them.
create table rule_set (
    city_id text not null, -- The city.
    version integer not null, -- The atlas version that brought them into force.
    set_at integer not null, -- When, microseconds since 1970 UTC.
    actor text not null, -- Who: a key's code, cli, public.
    note text not null, -- Why.
    added integer not null, -- Rules that were not there before.
    changed integer not null, -- Rules that are otherwise.
    removed integer not null, -- Rules that are gone.
    restored integer, -- The version that was restored, if one was.
    primary key (city_id, version)
) without rowid;
insert into rule_set (city_id, version, set_at, actor, note, added, changed, removed)
    select h.city_id, h.atlas_version, cast(strftime('%s', 'now') as integer) * 1000000, 'cli', '', count(*), 0, 0
    from rule r join city_head h on h.city_id = r.city_id group by h.city_id, h.atlas_version;
