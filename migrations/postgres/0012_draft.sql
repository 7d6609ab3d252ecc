-- Drafts of a plan: what is being redrawn, step by step, until it is in force.
create table zonewarden.draft (
    city_id text collate "C" not null,
    draft_id text collate "C" not null,
    revision bigint not null,
    name text collate "C" not null,
    stage text collate "C" not null,
    is_open bigint not null,
    owner text collate "C" not null,
    shared text collate "C" not null,
    base_plan bigint not null,
    edits bigint not null,
    opened_at bigint not null,
    last_at bigint not null,
    last_by text collate "C" not null,
    effective_at bigint,
    plan_version bigint,
    primary key (city_id, draft_id)
);
select zonewarden.place('draft');
create index draft_newest on zonewarden.draft (city_id, opened_at, draft_id);
create index draft_scheduled on zonewarden.draft (city_id, effective_at, draft_id) where stage = 'scheduled';
create index draft_open on zonewarden.draft (city_id) where is_open = 1;
comment on table zonewarden.draft is 'Drafts of a plan, as lists show them; folded from their steps.';
comment on column zonewarden.draft.city_id is 'The city.';
comment on column zonewarden.draft.draft_id is 'Its id.';
comment on column zonewarden.draft.revision is 'How many steps there were.';
comment on column zonewarden.draft.name is 'What it is called.';
comment on column zonewarden.draft.stage is 'Where it stands: open, proposed, approved, scheduled, published, dropped.';
comment on column zonewarden.draft.is_open is '1 while something is still expected to happen.';
comment on column zonewarden.draft.owner is 'Who began it: a key''s code, or cli.';
comment on column zonewarden.draft.shared is 'Whose keys may edit it too, a JSON list.';
comment on column zonewarden.draft.base_plan is 'The plan it is drawn on.';
comment on column zonewarden.draft.edits is 'How many edits hold.';
comment on column zonewarden.draft.opened_at is 'When it was begun, microseconds since 1970 UTC.';
comment on column zonewarden.draft.last_at is 'When the last step was taken.';
comment on column zonewarden.draft.last_by is 'By whom.';
comment on column zonewarden.draft.effective_at is 'When it is to come into force.';
comment on column zonewarden.draft.plan_version is 'The plan that it became.';

create table zonewarden.draft_step (
    city_id text collate "C" not null,
    draft_id text collate "C" not null,
    revision bigint not null,
    act text collate "C" not null,
    role text collate "C" not null,
    actor text collate "C" not null,
    taken_at bigint not null,
    deed text collate "C" not null,
    primary key (city_id, draft_id, revision)
);
select zonewarden.place('draft_step');
comment on table zonewarden.draft_step is 'The steps of drafts; never changed.';
comment on column zonewarden.draft_step.city_id is 'The city.';
comment on column zonewarden.draft_step.draft_id is 'Which draft.';
comment on column zonewarden.draft_step.revision is '1 for the first, then 2, 3 …';
comment on column zonewarden.draft_step.act is 'What was done.';
comment on column zonewarden.draft_step.role is 'In which role.';
comment on column zonewarden.draft_step.actor is 'By whom: a key''s code, cli, clock.';
comment on column zonewarden.draft_step.taken_at is 'When, microseconds since 1970 UTC.';
comment on column zonewarden.draft_step.deed is 'What was done with all that it brings along, JSON.';

alter table zonewarden.city add column approval text collate "C" not null default 'off';
comment on column zonewarden.city.approval is 'Whether a draft must be approved before it is published: off or second_person.';
alter table zonewarden.city_history add column approval text collate "C" not null default 'off';
comment on column zonewarden.city_history.approval is 'Whether a draft must be approved before it is published: off or second_person.';
