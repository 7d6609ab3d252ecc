-- Plans in time: from when each atlas version stood, and what went from unit to unit with a plan.

-- From when each atlas version stood.
create table atlas_version (
    city_id text not null, -- The city.
    version integer not null, -- The atlas version.
    begun_at integer not null, -- From when on, microseconds since 1970 UTC; never earlier than the version before.
    primary key (city_id, version)
) without rowid;
create index atlas_version_by_time on atlas_version (city_id, begun_at, version);

-- How far open incidents have been handed over.
create table plan_handover (
    city_id text not null, -- The city.
    plan_version integer not null, -- Up to this plan all are.
    after_incident text not null, -- Of the next plan those up to this id; empty for none.
    primary key (city_id)
) without rowid;

-- What was handed over with a plan. Rows are never changed.
create table handed_over (
    city_id text not null, -- The city.
    plan_version integer not null, -- With which plan.
    incident_id text not null, -- Which incident.
    revision integer not null, -- The step that says so.
    from_unit text not null, -- From whom.
    to_unit text not null, -- To whom.
    from_zone text, -- Whose the place was; null for no zone.
    to_zone text, -- Whose it is; null for no zone.
    handed_at integer not null, -- When, microseconds since 1970 UTC.
    primary key (city_id, plan_version, incident_id)
) without rowid;

alter table plan add column actor text not null default ''; -- Who published it; empty where that is not known.

-- Open incidents by place, in whole grid steps as everything is decided on them.
alter table incident add column at_x integer not null default 0; -- Longitude of position in steps of 1e-7 degree.
alter table incident add column at_y integer not null default 0; -- Latitude of position in steps of 1e-7 degree.
update incident set at_x = cast(round(st_minx(position) * 1e7) as integer), at_y = cast(round(st_miny(position) * 1e7) as integer);
create index incident_open_by_place on incident (city_id, at_x, at_y, incident_id) where is_open = 1;

-- As far as is known: plans and rules name their atlas version, and a city began with its first; for others
-- commits that moved the atlas are counted back from the present one. Of what was before history began nothing
-- can be told.
insert into atlas_version (city_id, version, begun_at)
select k.city_id, k.version,
    max(coalesce(min(case when k.sure = 1 then k.known_at end), min(k.known_at)))
        over (partition by k.city_id order by k.version rows unbounded preceding)
from (
    select city_id, from_atlas as version, effective_from as known_at, 1 as sure from plan where from_atlas > 0
    union all
    select city_id, version, set_at, 1 from rule_set
    union all
    select city_id, 1, min(written_at), 1 from journal where kind = 'city_set' group by city_id
    union all
    select j.city_id, c.atlas_version + 1 - j.back, j.written_at, 0 from (
        select city_id, written_at, dense_rank() over (partition by city_id order by written_at desc) as back
        from journal where kind in ('city_set', 'units_set', 'units_removed', 'plan_published', 'facilities_set', 'facilities_removed', 'rules_set', 'rules_removed')
    ) j join city_head c on c.city_id = j.city_id
) k
join (select city_id, min(from_atlas) as begun from city_history group by city_id) b
    on b.city_id = k.city_id and k.version >= b.begun
group by k.city_id, k.version;

-- Who published each plan.
update plan set actor = coalesce((
    select min(j.actor) from journal j where j.city_id = plan.city_id and j.kind = 'plan_published'
        and j.subject = cast(plan.version as text)), '');

-- What was published until now is not handed over any more.
insert into plan_handover (city_id, plan_version, after_incident)
select city_id, plan_version, '' from city_head where plan_version > 0;
