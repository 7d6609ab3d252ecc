-- The tables of a city: see the comments on each. Every key begins with the city, every time is in
-- microseconds since 1970 UTC, every JSON text has sorted keys. Text is compared byte by byte
-- (collate "C"), so that both databases list in one order.

create extension if not exists postgis schema public;

-- A distributed PostgreSQL (Citus) keeps the rows of one city together; a plain one has nothing to do.
create function zonewarden.place(table_name text) returns void language plpgsql as $$
begin
    if exists (select from pg_catalog.pg_extension where extname = 'citus') then
        execute pg_catalog.format(
            'select create_distributed_table(%L, %L)', 'zonewarden.' || table_name, 'city_id');
    end if;
end
$$;
comment on function zonewarden.place(text) is 'Called right after each create table.';

create table zonewarden.city (
    city_id text collate "C" not null,
    name_zh text collate "C" not null,
    name_en text collate "C" not null,
    time_zone text collate "C" not null,
    fallback_unit text collate "C" not null,
    confidence_floor double precision not null check (confidence_floor between 0 and 1),
    assumed_accuracy_m double precision not null check (assumed_accuracy_m >= 0 and assumed_accuracy_m < 'infinity'),
    calendar text collate "C" not null,
    primary key (city_id)
);
select zonewarden.place('city');
comment on table zonewarden.city is 'Cities and their settings; one is the default, many share a store.';
comment on column zonewarden.city.city_id is 'The city''s code, jurisdiction_id on the wire.';
comment on column zonewarden.city.name_zh is 'Its name in Chinese; may be empty when name_en is not.';
comment on column zonewarden.city.name_en is 'Its name in English; may be empty when name_zh is not.';
comment on column zonewarden.city.time_zone is 'IANA time zone.';
comment on column zonewarden.city.fallback_unit is 'The unit that answers when nothing else does.';
comment on column zonewarden.city.confidence_floor is 'Confidence, 0 to 1, below which a dispatcher decides.';
comment on column zonewarden.city.assumed_accuracy_m is 'Accuracy radius in metres of a position that states none.';
comment on column zonewarden.city.calendar is 'Holidays, make-up days and school terms, JSON.';

create table zonewarden.city_head (
    city_id text collate "C" not null,
    atlas_version bigint not null,
    plan_version bigint not null,
    journal_seq bigint not null,
    primary key (city_id)
) with (fillfactor = 50);
select zonewarden.place('city_head');
comment on table zonewarden.city_head is 'What is in force in a city: the one row that every commit locks.';
comment on column zonewarden.city_head.city_id is 'The city.';
comment on column zonewarden.city_head.atlas_version is 'Counts every commit that moves the atlas; 0 while the city is being made.';
comment on column zonewarden.city_head.plan_version is 'The plan in force; 0 before the first.';
comment on column zonewarden.city_head.journal_seq is 'The last number of the journal.';

create table zonewarden.plan (
    city_id text collate "C" not null,
    version bigint not null,
    effective_from bigint not null,
    effective_to bigint,
    note text collate "C" not null,
    primary key (city_id, version)
);
select zonewarden.place('plan');
comment on table zonewarden.plan is 'Published partitions of a city into zones. A published plan never changes.';
comment on column zonewarden.plan.city_id is 'The city.';
comment on column zonewarden.plan.version is '1, 2, 3 … within the city.';
comment on column zonewarden.plan.effective_from is 'From when it is in force, microseconds since 1970 UTC.';
comment on column zonewarden.plan.effective_to is 'Until when; null for the last one.';
comment on column zonewarden.plan.note is 'Why it was made.';

create table zonewarden.zone (
    city_id text collate "C" not null,
    plan_version bigint not null,
    zone_id text collate "C" not null,
    number bigint not null,
    name_zh text collate "C" not null,
    name_en text collate "C" not null,
    lead_unit text collate "C" not null,
    co_units text collate "C" not null,
    attributes text collate "C" not null,
    area public.geometry(MultiPolygon, 4326) not null
        check (public.st_xmin(area) >= -180 and public.st_xmax(area) <= 180
            and public.st_ymin(area) >= -90 and public.st_ymax(area) <= 90),
    primary key (city_id, plan_version, zone_id)
);
select zonewarden.place('zone');
comment on table zonewarden.zone is 'Responsibility zones, those of former plans too.';
comment on column zonewarden.zone.city_id is 'The city.';
comment on column zonewarden.zone.plan_version is 'The plan it belongs to.';
comment on column zonewarden.zone.zone_id is 'Its code.';
comment on column zonewarden.zone.number is 'Its number on the map.';
comment on column zonewarden.zone.name_zh is 'Its name in Chinese.';
comment on column zonewarden.zone.name_en is 'Its name in English.';
comment on column zonewarden.zone.lead_unit is 'The unit that answers first.';
comment on column zonewarden.zone.co_units is 'Units that answer beside the lead, in order, a JSON list.';
comment on column zonewarden.zone.attributes is 'Further facts, JSON with sorted keys.';
comment on column zonewarden.zone.area is 'Its area, WGS84.';
create index zone_area_gist on zonewarden.zone using gist (area);

create table zonewarden.unit (
    city_id text collate "C" not null,
    unit_id text collate "C" not null,
    name_zh text collate "C" not null,
    name_en text collate "C" not null,
    kind text collate "C" not null,
    capacity bigint not null,
    attributes text collate "C" not null,
    seat public.geometry(Point, 4326)
        check (public.st_xmin(seat) >= -180 and public.st_xmax(seat) <= 180
            and public.st_ymin(seat) >= -90 and public.st_ymax(seat) <= 90),
    primary key (city_id, unit_id)
);
select zonewarden.place('unit');
comment on table zonewarden.unit is 'Responsible units.';
comment on column zonewarden.unit.city_id is 'The city.';
comment on column zonewarden.unit.unit_id is 'Its code.';
comment on column zonewarden.unit.name_zh is 'Its name in Chinese.';
comment on column zonewarden.unit.name_en is 'Its name in English.';
comment on column zonewarden.unit.kind is 'department, institution, state_body or firm.';
comment on column zonewarden.unit.capacity is 'Staff it can send out.';
comment on column zonewarden.unit.attributes is 'Further facts, JSON with sorted keys.';
comment on column zonewarden.unit.seat is 'Where it sits, WGS84.';
create index unit_seat_gist on zonewarden.unit using gist (seat);

create table zonewarden.facility (
    city_id text collate "C" not null,
    facility_id text collate "C" not null,
    kind text collate "C" not null,
    name_zh text collate "C" not null,
    name_en text collate "C" not null,
    unit_id text collate "C",
    attributes text collate "C" not null,
    place public.geometry(Geometry, 4326) not null
        check (public.st_xmin(place) >= -180 and public.st_xmax(place) <= 180
            and public.st_ymin(place) >= -90 and public.st_ymax(place) <= 90),
    primary key (city_id, facility_id)
);
select zonewarden.place('facility');
comment on table zonewarden.facility is 'Anything else the city holds as geometry.';
comment on column zonewarden.facility.city_id is 'The city.';
comment on column zonewarden.facility.facility_id is 'Its code, unique in the city whatever the kind.';
comment on column zonewarden.facility.kind is 'What it is: school, camera, street and so on.';
comment on column zonewarden.facility.name_zh is 'Its name in Chinese.';
comment on column zonewarden.facility.name_en is 'Its name in English.';
comment on column zonewarden.facility.unit_id is 'Who owns or answers for it, where that is known.';
comment on column zonewarden.facility.attributes is 'Further facts, JSON with sorted keys.';
comment on column zonewarden.facility.place is 'Where it is, WGS84: points, lines or polygons.';
create index facility_place_gist on zonewarden.facility using gist (place);

create table zonewarden.rule (
    city_id text collate "C" not null,
    rule_id text collate "C" not null,
    name_zh text collate "C" not null,
    name_en text collate "C" not null,
    reach text collate "C" not null,
    facility_kind text collate "C",
    facility_id text collate "C",
    distance_m double precision check (distance_m >= 0 and distance_m < 'infinity'),
    categories text collate "C" not null,
    time_window text collate "C" not null,
    unit_id text collate "C",
    mode text collate "C" not null,
    enabled bigint not null,
    place public.geometry(Geometry, 4326)
        check (public.st_xmin(place) >= -180 and public.st_xmax(place) <= 180
            and public.st_ymin(place) >= -90 and public.st_ymax(place) <= 90),
    primary key (city_id, rule_id)
);
select zonewarden.place('rule');
comment on table zonewarden.rule is 'Routing rules above and beside the polygons.';
comment on column zonewarden.rule.city_id is 'The city.';
comment on column zonewarden.rule.rule_id is 'Its code.';
comment on column zonewarden.rule.name_zh is 'Its name in Chinese.';
comment on column zonewarden.rule.name_en is 'Its name in English.';
comment on column zonewarden.rule.reach is 'Where it holds: component, line, ring, area or category.';
comment on column zonewarden.rule.facility_kind is 'The kind of facility that a component or ring rule is about.';
comment on column zonewarden.rule.facility_id is 'The one facility that a ring rule is about; null for all of the kind.';
comment on column zonewarden.rule.distance_m is 'How far from facility or line it holds, metres.';
comment on column zonewarden.rule.categories is 'For which categories, a JSON list; empty for all.';
comment on column zonewarden.rule.time_window is 'When it holds, JSON; {} for always.';
comment on column zonewarden.rule.unit_id is 'Who answers; null for the facility''s own unit.';
comment on column zonewarden.rule.mode is 'instead of the zone''s lead unit, or beside it.';
comment on column zonewarden.rule.enabled is '1, or 0 when it is switched off.';
comment on column zonewarden.rule.place is 'The line or area where it holds, WGS84.';
create index rule_place_gist on zonewarden.rule using gist (place);

create table zonewarden.report (
    city_id text collate "C" not null,
    report_id text collate "C" not null,
    received_at bigint not null,
    happened_at bigint not null,
    source text collate "C" not null,
    category text collate "C",
    zone_id text collate "C",
    for_dispatcher bigint not null,
    turn bigint not null,
    given_crs text collate "C" not null,
    accuracy_m double precision check (accuracy_m >= 0 and accuracy_m < 'infinity'),
    words text collate "C" not null,
    contact text collate "C",
    idempotency_key text collate "C",
    request_hash text collate "C" not null,
    units text collate "C" not null,
    position public.geometry(Point, 4326) not null
        check (public.st_xmin(position) >= -180 and public.st_xmax(position) <= 180
            and public.st_ymin(position) >= -90 and public.st_ymax(position) <= 90),
    primary key (city_id, report_id)
);
select zonewarden.place('report');
comment on table zonewarden.report is 'What somebody told. Rows are never changed.';
comment on column zonewarden.report.city_id is 'The city.';
comment on column zonewarden.report.report_id is 'UUIDv7, lower case.';
comment on column zonewarden.report.received_at is 'When the service received it, microseconds since 1970 UTC.';
comment on column zonewarden.report.happened_at is 'When it happened, by the person who tells.';
comment on column zonewarden.report.source is 'Through which door it came.';
comment on column zonewarden.report.category is 'What it is about, where that is known.';
comment on column zonewarden.report.zone_id is 'The zone of the assignment in force.';
comment on column zonewarden.report.for_dispatcher is '1 while it waits for a dispatcher.';
comment on column zonewarden.report.turn is 'Which assignment is in force.';
comment on column zonewarden.report.given_crs is 'In which system the position was given.';
comment on column zonewarden.report.accuracy_m is 'Accuracy radius in metres as the device stated it.';
comment on column zonewarden.report.words is 'What was said.';
comment on column zonewarden.report.contact is 'How to reach the person: never shown to the public, never logged.';
comment on column zonewarden.report.idempotency_key is 'The caller''s key, unique in the city.';
comment on column zonewarden.report.request_hash is 'SHA-256 of the request''s body, hex.';
comment on column zonewarden.report.units is 'Units that have a part in it by the assignment in force, the lead first, a JSON list.';
comment on column zonewarden.report.position is 'Where, WGS84.';
create unique index report_idempotency_key on zonewarden.report (city_id, idempotency_key) where idempotency_key is not null;
create index report_by_time on zonewarden.report (city_id, received_at, report_id);
create index report_by_zone on zonewarden.report (city_id, zone_id, received_at, report_id);
create index report_for_dispatcher on zonewarden.report (city_id, received_at, report_id) where for_dispatcher = 1;
create index report_position_gist on zonewarden.report using gist (position);

create table zonewarden.assignment (
    city_id text collate "C" not null,
    report_id text collate "C" not null,
    turn bigint not null,
    plan_version bigint not null,
    atlas_version bigint not null,
    zone_id text collate "C",
    unit_id text collate "C" not null,
    co_units text collate "C" not null,
    rule text collate "C" not null,
    confidence double precision not null check (confidence between 0 and 1),
    border_m double precision check (border_m >= 0 and border_m < 'infinity'),
    runner_up text collate "C",
    for_dispatcher bigint not null,
    actor text collate "C" not null,
    assigned_at bigint not null,
    primary key (city_id, report_id, turn)
);
select zonewarden.place('assignment');
comment on table zonewarden.assignment is 'To whom a report went, and why. Append-only: a new decision is a row with the next turn.';
comment on column zonewarden.assignment.city_id is 'The city.';
comment on column zonewarden.assignment.report_id is 'Which report.';
comment on column zonewarden.assignment.turn is '1, 2, 3 … within the report.';
comment on column zonewarden.assignment.plan_version is 'The plan that was in force.';
comment on column zonewarden.assignment.atlas_version is 'The atlas that decided.';
comment on column zonewarden.assignment.zone_id is 'The zone, where the place lies in one.';
comment on column zonewarden.assignment.unit_id is 'The unit that answers.';
comment on column zonewarden.assignment.co_units is 'Units beside it, in order, a JSON list.';
comment on column zonewarden.assignment.rule is 'The rule that fired, or zone, or fallback.';
comment on column zonewarden.assignment.confidence is '0 to 1.';
comment on column zonewarden.assignment.border_m is 'Metres to the nearest border.';
comment on column zonewarden.assignment.runner_up is 'The zone that would be next.';
comment on column zonewarden.assignment.for_dispatcher is '1 when the confidence was below the city''s floor.';
comment on column zonewarden.assignment.actor is 'Who decided.';
comment on column zonewarden.assignment.assigned_at is 'When, microseconds since 1970 UTC.';

create table zonewarden.report_unit (
    city_id text collate "C" not null,
    unit_id text collate "C" not null,
    received_at bigint not null,
    report_id text collate "C" not null,
    primary key (city_id, unit_id, received_at, report_id)
);
select zonewarden.place('report_unit');
comment on table zonewarden.report_unit is 'Which units have a part in a report by the assignment in force, lead and beside: what a unit''s list is read from here, an index of report.units. SQLite has none.';
comment on column zonewarden.report_unit.city_id is 'The city.';
comment on column zonewarden.report_unit.unit_id is 'The unit.';
comment on column zonewarden.report_unit.received_at is 'When the report was received: the list is newest first.';
comment on column zonewarden.report_unit.report_id is 'The report.';

create table zonewarden.journal (
    city_id text collate "C" not null,
    seq bigint not null,
    written_at bigint not null,
    actor text collate "C" not null,
    kind text collate "C" not null,
    subject text collate "C" not null,
    facts text collate "C" not null,
    primary key (city_id, seq)
);
select zonewarden.place('journal');
comment on table zonewarden.journal is 'Every change of a city, in order.';
comment on column zonewarden.journal.city_id is 'The city.';
comment on column zonewarden.journal.seq is '1, 2, 3 … within the city, without gaps.';
comment on column zonewarden.journal.written_at is 'When, microseconds since 1970 UTC.';
comment on column zonewarden.journal.actor is 'Who: a key''s code, cli, public.';
comment on column zonewarden.journal.kind is 'What sort of change.';
comment on column zonewarden.journal.subject is 'What it is about: an id, or empty.';
comment on column zonewarden.journal.facts is 'JSON with sorted keys; never words, contacts or secrets.';

create table zonewarden.api_key (
    city_id text collate "C" not null,
    key_id text collate "C" not null,
    secret_hash text collate "C" not null,
    role text collate "C" not null,
    unit_id text collate "C",
    label text collate "C" not null,
    issued_at bigint not null,
    expires_at bigint,
    revoked_at bigint,
    primary key (city_id, key_id)
);
select zonewarden.place('api_key');
comment on table zonewarden.api_key is 'API keys, their secrets only as keyed hashes.';
comment on column zonewarden.api_key.city_id is 'The city.';
comment on column zonewarden.api_key.key_id is 'The public half.';
comment on column zonewarden.api_key.secret_hash is 'HMAC-SHA256 of the secret half, hex.';
comment on column zonewarden.api_key.role is 'What its holder may do.';
comment on column zonewarden.api_key.unit_id is 'The unit the holder speaks for.';
comment on column zonewarden.api_key.label is 'What it is for.';
comment on column zonewarden.api_key.issued_at is 'When it was issued.';
comment on column zonewarden.api_key.expires_at is 'When it ends by itself.';
comment on column zonewarden.api_key.revoked_at is 'When it was revoked.';
