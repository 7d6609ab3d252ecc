-- What the public hears of cases, so that neither its updates nor its feeds look through what is not public.

alter table zonewarden.incident add column public_report text collate "C";
comment on column zonewarden.incident.public_report is 'The public report that told of it first; null where none stands behind it.';

create table zonewarden.public_step (
    city_id text collate "C" not null,
    taken_at bigint not null,
    incident_id text collate "C" not null,
    revision bigint not null,
    primary key (city_id, taken_at, incident_id, revision)
);
select zonewarden.place('public_step');
comment on table zonewarden.public_step is 'Steps that somebody public is told of. Rows are never changed.';
comment on column zonewarden.public_step.city_id is 'The city.';
comment on column zonewarden.public_step.taken_at is 'When it was taken, microseconds since 1970 UTC.';
comment on column zonewarden.public_step.incident_id is 'In which incident.';
comment on column zonewarden.public_step.revision is 'Which of its steps.';

-- By its own report, or by the first of those that were ever taken in.
update zonewarden.incident as i set public_report = case when i.source = 'open311' then i.incident_id else (
    select r.report_id from zonewarden.incident_step s
    cross join lateral json_array_elements_text(s.carried::json->'reports') as j(id)
    join zonewarden.report r on r.city_id = s.city_id and r.report_id = j.id
    where s.city_id = i.city_id and s.incident_id = i.incident_id and s.act = 'absorb' and r.source = 'open311'
    order by r.received_at, r.report_id limit 1) end
where i.source = 'open311' or exists (
    select 1 from zonewarden.incident_step s
    where s.city_id = i.city_id and s.incident_id = i.incident_id and s.act = 'absorb');

-- Those that may be told: who reads them looks closer.
insert into zonewarden.public_step (city_id, taken_at, incident_id, revision)
select s.city_id, s.taken_at, s.incident_id, s.revision
from zonewarden.incident i join zonewarden.incident_step s on s.city_id = i.city_id and s.incident_id = i.incident_id
where i.public_report is not null and s.revision > 1
    and s.act not in ('absorb', 'release', 'supervise', 'remind', 'urge', 'raise', 'ask_extension', 'ask_suspension', 'appeal')
    and (s.act <> 'note' or s.role = 'public');

-- Public feeds: what is open, and what was closed lately, of a city and of each of its zones.
create index incident_public_open on zonewarden.incident (city_id, last_at, incident_id)
    where is_open = 1 and public_report is not null;
create index incident_public_open_by_zone on zonewarden.incident (city_id, zone_id, last_at, incident_id)
    where is_open = 1 and public_report is not null;
create index incident_public_over on zonewarden.incident (city_id, last_at, incident_id)
    where is_open = 0 and merged_into is null and public_report is not null;
create index incident_public_over_by_zone on zonewarden.incident (city_id, zone_id, last_at, incident_id)
    where is_open = 0 and merged_into is null and public_report is not null;
-- And what waits for its incident. Only reports of that door stand in it, so no other pays for it.
create index report_in_public_by_zone on zonewarden.report (city_id, zone_id, received_at, report_id) where source = 'open311';
