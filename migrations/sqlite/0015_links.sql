-- Links of reports that wait to be followed. A report whose links are done with has no row.
create table report_link (
    city_id text not null, -- The city.
    report_id text not null, -- Whose links.
    attempts integer not null, -- How often it was begun to follow them: only what comes of the last attempt is kept.
    next_at integer not null, -- When that is begun next, microseconds since 1970 UTC; until then a process that has begun has them to itself.
    primary key (city_id, report_id)
) without rowid;
create index report_link_next on report_link (city_id, next_at, report_id);
