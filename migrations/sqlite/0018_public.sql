-- What the public hears of cases, so that neither its updates nor its feeds look through what is not public.

alter table incident add column public_report text; -- The public report that told of it first; null where none stands behind it.

-- Steps that somebody public is told of. Rows are never changed.
create table public_step (
    city_id text not null, -- The city.
    taken_at integer not null, -- When it was taken, microseconds since 1970 UTC.
    incident_id text not null, -- In which incident.
    revision integer not null, -- Which of its steps.
    primary key (city_id, taken_at, incident_id, revision)
) without rowid;

-- By its own report, or by the first of those that were ever taken in.
update incident set public_report = case when source = 'open311' then incident_id else (
    select r.report_id from incident_step s, json_each(s.carried, '$.reports') j, report r
    where s.city_id = incident.city_id and s.incident_id = incident.incident_id and s.act = 'absorb'
        and r.city_id = s.city_id and r.report_id = j.value and r.source = 'open311'
    order by r.received_at, r.report_id limit 1) end
where source = 'open311' or exists (
    select 1 from incident_step s
    where s.city_id = incident.city_id and s.incident_id = incident.incident_id and s.act = 'absorb');

-- Those that may be told: who reads them looks closer.
insert into public_step (city_id, taken_at, incident_id, revision)
select s.city_id, s.taken_at, s.incident_id, s.revision
from incident i join incident_step s on s.city_id = i.city_id and s.incident_id = i.incident_id
where i.public_report is not null and s.revision > 1
    and s.act not in ('absorb', 'release', 'supervise', 'remind', 'urge', 'raise', 'ask_extension', 'ask_suspension', 'appeal')
    and (s.act <> 'note' or s.role = 'public');

-- Public feeds: what is open, and what was closed lately, of a city and of each of its zones.
create index incident_public_open on incident (city_id, last_at, incident_id)
    where is_open = 1 and public_report is not null;
create index incident_public_open_by_zone on incident (city_id, zone_id, last_at, incident_id)
    where is_open = 1 and public_report is not null;
create index incident_public_over on incident (city_id, last_at, incident_id)
    where is_open = 0 and merged_into is null and public_report is not null;
create index incident_public_over_by_zone on incident (city_id, zone_id, last_at, incident_id)
    where is_open = 0 and merged_into is null and public_report is not null;
-- And what waits for its incident. Only reports of that door stand in it, so no other pays for it.
create index report_in_public_by_zone on report (city_id, zone_id, received_at, report_id) where source = 'open311';
