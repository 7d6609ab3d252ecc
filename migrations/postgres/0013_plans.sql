-- Plans in time: from when each atlas version stood, and what went from unit to unit with a plan.

create table zonewarden.atlas_version (
    city_id text collate "C" not null,
    version bigint not null,
    begun_at bigint not null,
    primary key (city_id, version)
);
select zonewarden.place('atlas_version');
comment on table zonewarden.atlas_version is 'From when each atlas version stood.';
comment on column zonewarden.atlas_version.city_id is 'The city.';
comment on column zonewarden.atlas_version.version is 'The atlas version.';
comment on column zonewarden.atlas_version.begun_at is 'From when on, microseconds since 1970 UTC; never earlier than the version before.';
create index atlas_version_by_time on zonewarden.atlas_version (city_id, begun_at, version);

create table zonewarden.plan_handover (
    city_id text collate "C" not null,
    plan_version bigint not null,
    after_incident text collate "C" not null,
    primary key (city_id)
);
select zonewarden.place('plan_handover');
comment on table zonewarden.plan_handover is 'How far open incidents have been handed over.';
comment on column zonewarden.plan_handover.city_id is 'The city.';
comment on column zonewarden.plan_handover.plan_version is 'Up to this plan all are.';
comment on column zonewarden.plan_handover.after_incident is 'Of the next plan those up to this id; empty for none.';

create table zonewarden.handed_over (
    city_id text collate "C" not null,
    plan_version bigint not null,
    incident_id text collate "C" not null,
    revision bigint not null,
    from_unit text collate "C" not null,
    to_unit text collate "C" not null,
    from_zone text collate "C",
    to_zone text collate "C",
    handed_at bigint not null,
    primary key (city_id, plan_version, incident_id)
);
select zonewarden.place('handed_over');
comment on table zonewarden.handed_over is 'What was handed over with a plan. Rows are never changed.';
comment on column zonewarden.handed_over.city_id is 'The city.';
comment on column zonewarden.handed_over.plan_version is 'With which plan.';
comment on column zonewarden.handed_over.incident_id is 'Which incident.';
comment on column zonewarden.handed_over.revision is 'The step that says so.';
comment on column zonewarden.handed_over.from_unit is 'From whom.';
comment on column zonewarden.handed_over.to_unit is 'To whom.';
comment on column zonewarden.handed_over.from_zone is 'Whose the place was; null for no zone.';
comment on column zonewarden.handed_over.to_zone is 'Whose it is; null for no zone.';
comment on column zonewarden.handed_over.handed_at is 'When, microseconds since 1970 UTC.';

alter table zonewarden.plan add column actor text collate "C" not null default '';
comment on column zonewarden.plan.actor is 'Who published it; empty where that is not known.';

-- Open incidents by place, in whole grid steps as everything is decided on them.
alter table zonewarden.incident add column at_x bigint not null default 0;
comment on column zonewarden.incident.at_x is 'Longitude of position in steps of 1e-7 degree.';
alter table zonewarden.incident add column at_y bigint not null default 0;
comment on column zonewarden.incident.at_y is 'Latitude of position in steps of 1e-7 degree.';
update zonewarden.incident set at_x = round(public.st_x(position) * 1e7)::bigint, at_y = round(public.st_y(position) * 1e7)::bigint;
create index incident_open_by_place on zonewarden.incident (city_id, at_x, at_y, incident_id) where is_open = 1;

-- As far as is known: plans and rules name their atlas version, and a city began with its first; for others
-- commits that moved the atlas are counted back from the present one. Of what was before history began nothing
-- can be told.
insert into zonewarden.atlas_version (city_id, version, begun_at)
select k.city_id, k.version,
    max(coalesce(min(case when k.sure = 1 then k.known_at end), min(k.known_at)))
        over (partition by k.city_id order by k.version rows unbounded preceding)
from (
    select city_id, from_atlas as version, effective_from as known_at, 1 as sure from zonewarden.plan where from_atlas > 0
    union all
    select city_id, version, set_at, 1 from zonewarden.rule_set
    union all
    select city_id, 1, min(written_at), 1 from zonewarden.journal where kind = 'city_set' group by city_id
    union all
    select j.city_id, c.atlas_version + 1 - j.back, j.written_at, 0 from (
        select city_id, written_at, dense_rank() over (partition by city_id order by written_at desc) as back
        from zonewarden.journal where kind in ('city_set', 'units_set', 'units_removed', 'plan_published', 'facilities_set', 'facilities_removed', 'rules_set', 'rules_removed')
    ) j join zonewarden.city_head c on c.city_id = j.city_id
) k
join (select city_id, min(from_atlas) as begun from zonewarden.city_history group by city_id) b
    on b.city_id = k.city_id and k.version >= b.begun
group by k.city_id, k.version;

-- Who published each plan.
update zonewarden.plan set actor = coalesce((
    select min(j.actor) from zonewarden.journal j where j.city_id = plan.city_id and j.kind = 'plan_published'
        and j.subject = cast(plan.version as text)), '');

-- What was published until now is not handed over any more.
insert into zonewarden.plan_handover (city_id, plan_version, after_incident)
select city_id, plan_version, '' from zonewarden.city_head where plan_version > 0;
