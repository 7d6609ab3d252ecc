-- The tables of a city, the same as in ../postgres, within an OGC GeoPackage 1.3 (OGC 12-128r18).
-- Every key begins with the city, every time is in microseconds since 1970 UTC, every JSON text has
-- sorted keys. What QGIS and GDAL show as layers has an integer key `fid` besides.

pragma application_id = 0x47504B47; -- GPKG
pragma user_version = 10300;

create table gpkg_spatial_ref_sys (
    srs_name text not null,
    srs_id integer not null primary key,
    organization text not null,
    organization_coordsys_id integer not null,
    definition text not null,
    description text
);
insert into gpkg_spatial_ref_sys values
    ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', 'undefined Cartesian coordinate reference system'),
    ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', 'undefined geographic coordinate reference system'),
    ('WGS 84 geodetic', 4326, 'EPSG', 4326, 'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]', 'longitude/latitude coordinates in decimal degrees on the WGS 84 spheroid');
create table gpkg_contents (
    table_name text not null primary key,
    data_type text not null,
    identifier text unique,
    description text default '',
    last_change datetime not null default (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    min_x double,
    min_y double,
    max_x double,
    max_y double,
    srs_id integer,
    constraint fk_gc_r_srs_id foreign key (srs_id) references gpkg_spatial_ref_sys (srs_id)
);
create table gpkg_geometry_columns (
    table_name text not null,
    column_name text not null,
    geometry_type_name text not null,
    srs_id integer not null,
    z tinyint not null,
    m tinyint not null,
    constraint pk_geom_cols primary key (table_name, column_name),
    constraint uk_gc_table_name unique (table_name),
    constraint fk_gc_tn foreign key (table_name) references gpkg_contents (table_name),
    constraint fk_gc_srs foreign key (srs_id) references gpkg_spatial_ref_sys (srs_id)
);
create table gpkg_extensions (
    table_name text,
    column_name text,
    extension_name text not null,
    definition text not null,
    scope text not null,
    constraint ge_tce unique (table_name, column_name, extension_name)
);

-- Cities and their settings; one is the default, many share a store.
create table city (
    fid integer primary key, -- For GeoPackage; nothing of ours depends on it.
    city_id text not null, -- The city's code, jurisdiction_id on the wire.
    name_zh text not null, -- Its name in Chinese; may be empty when name_en is not.
    name_en text not null, -- Its name in English; may be empty when name_zh is not.
    time_zone text not null, -- IANA time zone.
    fallback_unit text not null, -- The unit that answers when nothing else does.
    confidence_floor double not null, -- Confidence, 0 to 1, below which a dispatcher decides.
    assumed_accuracy_m double not null, -- Accuracy radius in metres of a position that states none.
    calendar text not null, -- Holidays, make-up days and school terms, JSON.
    unique (city_id)
);

-- What is in force in a city: the one row that every commit locks.
create table city_head (
    city_id text not null, -- The city.
    atlas_version integer not null, -- Counts every commit that moves the atlas; 0 while the city is being made.
    plan_version integer not null, -- The plan in force; 0 before the first.
    journal_seq integer not null, -- The last number of the journal.
    primary key (city_id)
) without rowid;

-- Published partitions of a city into zones. A published plan never changes.
create table plan (
    city_id text not null, -- The city.
    version integer not null, -- 1, 2, 3 … within the city.
    effective_from integer not null, -- From when it is in force, microseconds since 1970 UTC.
    effective_to integer, -- Until when; null for the last one.
    note text not null, -- Why it was made.
    primary key (city_id, version)
) without rowid;

-- Responsibility zones, those of former plans too.
create table zone (
    fid integer primary key, -- For GeoPackage; nothing of ours depends on it.
    city_id text not null, -- The city.
    plan_version integer not null, -- The plan it belongs to.
    zone_id text not null, -- Its code.
    number integer not null, -- Its number on the map.
    name_zh text not null, -- Its name in Chinese.
    name_en text not null, -- Its name in English.
    lead_unit text not null, -- The unit that answers first.
    co_units text not null, -- Units that answer beside the lead, in order, a JSON list.
    attributes text not null, -- Further facts, JSON with sorted keys.
    area MULTIPOLYGON not null, -- Its area, WGS84.
    unique (city_id, plan_version, zone_id)
);

-- Responsible units.
create table unit (
    fid integer primary key, -- For GeoPackage; nothing of ours depends on it.
    city_id text not null, -- The city.
    unit_id text not null, -- Its code.
    name_zh text not null, -- Its name in Chinese.
    name_en text not null, -- Its name in English.
    kind text not null, -- department, institution, state_body or firm.
    capacity integer not null, -- Staff it can send out.
    attributes text not null, -- Further facts, JSON with sorted keys.
    seat POINT, -- Where it sits, WGS84.
    unique (city_id, unit_id)
);

-- Anything else the city holds as geometry.
create table facility (
    fid integer primary key, -- For GeoPackage; nothing of ours depends on it.
    city_id text not null, -- The city.
    facility_id text not null, -- Its code, unique in the city whatever the kind.
    kind text not null, -- What it is: school, camera, street and so on.
    name_zh text not null, -- Its name in Chinese.
    name_en text not null, -- Its name in English.
    unit_id text, -- Who owns or answers for it, where that is known.
    attributes text not null, -- Further facts, JSON with sorted keys.
    place GEOMETRY not null, -- Where it is, WGS84: points, lines or polygons.
    unique (city_id, facility_id)
);

-- Routing rules above and beside the polygons.
create table rule (
    fid integer primary key, -- For GeoPackage; nothing of ours depends on it.
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
    unique (city_id, rule_id)
);

-- What somebody told. Rows are never changed.
create table report (
    fid integer primary key, -- For GeoPackage; nothing of ours depends on it.
    city_id text not null, -- The city.
    report_id text not null, -- UUIDv7, lower case.
    received_at integer not null, -- When the service received it, microseconds since 1970 UTC.
    happened_at integer not null, -- When it happened, by the person who tells.
    source text not null, -- Through which door it came.
    category text, -- What it is about, where that is known.
    zone_id text, -- The zone of the assignment in force.
    for_dispatcher integer not null, -- 1 while it waits for a dispatcher.
    turn integer not null, -- Which assignment is in force.
    given_crs text not null, -- In which system the position was given.
    accuracy_m double, -- Accuracy radius in metres as the device stated it.
    words text not null, -- What was said.
    contact text, -- How to reach the person: never shown to the public, never logged.
    idempotency_key text, -- The caller's key, unique in the city.
    request_hash text not null, -- SHA-256 of the request's body, hex.
    units text not null, -- Units that have a part in it by the assignment in force, the lead first, a JSON list.
    position POINT not null, -- Where, WGS84.
    unique (city_id, report_id)
);
create unique index report_idempotency_key on report (city_id, idempotency_key) where idempotency_key is not null;
-- A zone's list and a unit's are read along the time, and this index alone is looked through for them. Indexes
-- by zone and by unit, as PostgreSQL has, would spread each report over pages of the log that no other report of
-- its group touches, which costs more than all the rest of intake.
create index report_by_time on report (city_id, received_at, report_id, zone_id, units);
create index report_for_dispatcher on report (city_id, received_at, report_id) where for_dispatcher = 1;

-- To whom a report went, and why. Append-only: a new decision is a row with the next turn.
create table assignment (
    city_id text not null, -- The city.
    report_id text not null, -- Which report.
    turn integer not null, -- 1, 2, 3 … within the report.
    plan_version integer not null, -- The plan that was in force.
    atlas_version integer not null, -- The atlas that decided.
    zone_id text, -- The zone, where the place lies in one.
    unit_id text not null, -- The unit that answers.
    co_units text not null, -- Units beside it, in order, a JSON list.
    rule text not null, -- The rule that fired, or zone, or fallback.
    confidence double not null, -- 0 to 1.
    border_m double, -- Metres to the nearest border.
    runner_up text, -- The zone that would be next.
    for_dispatcher integer not null, -- 1 when the confidence was below the city's floor.
    actor text not null, -- Who decided.
    assigned_at integer not null, -- When, microseconds since 1970 UTC.
    primary key (city_id, report_id, turn)
) without rowid;

-- Every change of a city, in order.
create table journal (
    city_id text not null, -- The city.
    seq integer not null, -- 1, 2, 3 … within the city, without gaps.
    written_at integer not null, -- When, microseconds since 1970 UTC.
    actor text not null, -- Who: a key's code, cli, public.
    kind text not null, -- What sort of change.
    subject text not null, -- What it is about: an id, or empty.
    facts text not null, -- JSON with sorted keys; never words, contacts or secrets.
    primary key (city_id, seq)
) without rowid;

-- API keys, their secrets only as keyed hashes.
create table api_key (
    city_id text not null, -- The city.
    key_id text not null, -- The public half.
    secret_hash text not null, -- HMAC-SHA256 of the secret half, hex.
    role text not null, -- What its holder may do.
    unit_id text, -- The unit the holder speaks for.
    label text not null, -- What it is for.
    issued_at integer not null, -- When it was issued.
    expires_at integer, -- When it ends by itself.
    revoked_at integer, -- When it was revoked.
    primary key (city_id, key_id)
) without rowid;

-- The zones of the plan in force: the layer that people see. Read only, as a published plan is.
create view zone_in_force as
select z.fid as ogc_fid, z.city_id, z.plan_version, z.zone_id, z.number, z.name_zh, z.name_en, z.lead_unit, z.co_units, z.attributes, z.area
from zone z join city_head h on h.city_id = z.city_id and h.plan_version = z.plan_version;

insert into gpkg_contents (table_name, data_type, identifier, description, srs_id) values
    ('city', 'attributes', 'city', 'Cities and their settings', null),
    ('zone_in_force', 'features', 'zone_in_force', 'Responsibility zones of the plan in force', 4326),
    ('unit', 'features', 'unit', 'Responsible units and their seats', 4326),
    ('facility', 'features', 'facility', 'Schools, cameras, streets and what else the city holds as geometry', 4326),
    ('rule', 'features', 'rule', 'Routing rules, those with a line or an area drawn', 4326),
    ('report', 'features', 'report', 'What people told; holds personal data', 4326);
insert into gpkg_geometry_columns values
    ('zone_in_force', 'area', 'MULTIPOLYGON', 4326, 0, 0),
    ('unit', 'seat', 'POINT', 4326, 0, 0),
    ('facility', 'place', 'GEOMETRY', 4326, 0, 0),
    ('rule', 'place', 'GEOMETRY', 4326, 0, 0),
    ('report', 'position', 'POINT', 4326, 0, 0);
insert into gpkg_extensions values
    ('unit', 'seat', 'gpkg_rtree_index', 'http://www.geopackage.org/spec120/#extension_rtree', 'write-only'),
    ('facility', 'place', 'gpkg_rtree_index', 'http://www.geopackage.org/spec120/#extension_rtree', 'write-only');

-- R-trees and their triggers, those of GeoPackage 1.4: the ones of 1.3 break under an upsert. `report` has none:
-- intake would pay for it, and no question of ours is asked of it.
create virtual table rtree_unit_seat using rtree(id, minx, maxx, miny, maxy);
create trigger rtree_unit_seat_insert after insert on unit
when (new.seat not null and not ST_IsEmpty(new.seat))
begin
    insert or replace into rtree_unit_seat values (
        new.fid, ST_MinX(new.seat), ST_MaxX(new.seat), ST_MinY(new.seat), ST_MaxY(new.seat));
end;
create trigger rtree_unit_seat_update2 after update of seat on unit
when old.fid = new.fid and (new.seat isnull or ST_IsEmpty(new.seat))
begin
    delete from rtree_unit_seat where id = old.fid;
end;
create trigger rtree_unit_seat_update4 after update on unit
when old.fid != new.fid and (new.seat isnull or ST_IsEmpty(new.seat))
begin
    delete from rtree_unit_seat where id in (old.fid, new.fid);
end;
create trigger rtree_unit_seat_update5 after update on unit
when old.fid != new.fid and (new.seat not null and not ST_IsEmpty(new.seat))
begin
    delete from rtree_unit_seat where id = old.fid;
    insert or replace into rtree_unit_seat values (
        new.fid, ST_MinX(new.seat), ST_MaxX(new.seat), ST_MinY(new.seat), ST_MaxY(new.seat));
end;
create trigger rtree_unit_seat_update6 after update of seat on unit
when old.fid = new.fid and (new.seat not null and not ST_IsEmpty(new.seat))
    and (old.seat not null and not ST_IsEmpty(old.seat))
begin
    update rtree_unit_seat set
        minx = ST_MinX(new.seat), maxx = ST_MaxX(new.seat),
        miny = ST_MinY(new.seat), maxy = ST_MaxY(new.seat)
    where id = new.fid;
end;
create trigger rtree_unit_seat_update7 after update of seat on unit
when old.fid = new.fid and (new.seat not null and not ST_IsEmpty(new.seat))
    and (old.seat isnull or ST_IsEmpty(old.seat))
begin
    insert into rtree_unit_seat values (
        new.fid, ST_MinX(new.seat), ST_MaxX(new.seat), ST_MinY(new.seat), ST_MaxY(new.seat));
end;
create trigger rtree_unit_seat_delete after delete on unit
when old.seat not null
begin
    delete from rtree_unit_seat where id = old.fid;
end;
create virtual table rtree_facility_place using rtree(id, minx, maxx, miny, maxy);
create trigger rtree_facility_place_insert after insert on facility
when (new.place not null and not ST_IsEmpty(new.place))
begin
    insert or replace into rtree_facility_place values (
        new.fid, ST_MinX(new.place), ST_MaxX(new.place), ST_MinY(new.place), ST_MaxY(new.place));
end;
create trigger rtree_facility_place_update2 after update of place on facility
when old.fid = new.fid and (new.place isnull or ST_IsEmpty(new.place))
begin
    delete from rtree_facility_place where id = old.fid;
end;
create trigger rtree_facility_place_update4 after update on facility
when old.fid != new.fid and (new.place isnull or ST_IsEmpty(new.place))
begin
    delete from rtree_facility_place where id in (old.fid, new.fid);
end;
create trigger rtree_facility_place_update5 after update on facility
when old.fid != new.fid and (new.place not null and not ST_IsEmpty(new.place))
begin
    delete from rtree_facility_place where id = old.fid;
    insert or replace into rtree_facility_place values (
        new.fid, ST_MinX(new.place), ST_MaxX(new.place), ST_MinY(new.place), ST_MaxY(new.place));
end;
create trigger rtree_facility_place_update6 after update of place on facility
when old.fid = new.fid and (new.place not null and not ST_IsEmpty(new.place))
    and (old.place not null and not ST_IsEmpty(old.place))
begin
    update rtree_facility_place set
        minx = ST_MinX(new.place), maxx = ST_MaxX(new.place),
        miny = ST_MinY(new.place), maxy = ST_MaxY(new.place)
    where id = new.fid;
end;
create trigger rtree_facility_place_update7 after update of place on facility
when old.fid = new.fid and (new.place not null and not ST_IsEmpty(new.place))
    and (old.place isnull or ST_IsEmpty(old.place))
begin
    insert into rtree_facility_place values (
        new.fid, ST_MinX(new.place), ST_MaxX(new.place), ST_MinY(new.place), ST_MaxY(new.place));
end;
create trigger rtree_facility_place_delete after delete on facility
when old.place not null
begin
    delete from rtree_facility_place where id = old.fid;
end;
