-- Links of reports that wait to be followed. A report whose links are done with has no row.
create table zonewarden.report_link (
    city_id text collate "C" not null,
    report_id text collate "C" not null,
    attempts bigint not null,
    next_at bigint not null,
    primary key (city_id, report_id)
);
select zonewarden.place('report_link');
comment on table zonewarden.report_link is 'Links of reports that wait to be followed. A report whose links are done with has no row.';
comment on column zonewarden.report_link.city_id is 'The city.';
comment on column zonewarden.report_link.report_id is 'Whose links.';
comment on column zonewarden.report_link.attempts is 'How often it was begun to follow them: only what comes of the last attempt is kept.';
comment on column zonewarden.report_link.next_at is 'When that is begun next, microseconds since 1970 UTC; until then a process that has begun has them to itself.';
create index report_link_next on zonewarden.report_link (city_id, next_at, report_id);
