-- Drafts of a plan: what is being redrawn, step by step, until it is in force.

-- Drafts of a plan, as lists show them; folded from their steps.
create table draft (
    city_id text not null, -- The city.
    draft_id text not null, -- Its id.
    revision integer not null, -- How many steps there were.
    name text not null, -- What it is called.
    stage text not null, -- Where it stands: open, proposed, approved, scheduled, published, dropped.
    is_open integer not null, -- 1 while something is still expected to happen.
    owner text not null, -- Who began it: a key's code, or cli.
    shared text not null, -- Whose keys may edit it too, a JSON list.
    base_plan integer not null, -- The plan it is drawn on.
    edits integer not null, -- How many edits hold.
    opened_at integer not null, -- When it was begun, microseconds since 1970 UTC.
    last_at integer not null, -- When the last step was taken.
    last_by text not null, -- By whom.
    effective_at integer, -- When it is to come into force.
    plan_version integer, -- The plan that it became.
    primary key (city_id, draft_id)
) without rowid;
create index draft_newest on draft (city_id, opened_at, draft_id);
create index draft_scheduled on draft (city_id, effective_at, draft_id) where stage = 'scheduled';
create index draft_open on draft (city_id) where is_open = 1;

-- The steps of drafts; never changed.
create table draft_step (
    city_id text not null, -- The city.
    draft_id text not null, -- Which draft.
    revision integer not null, -- 1 for the first, then 2, 3 …
    act text not null, -- What was done.
    role text not null, -- In which role.
    actor text not null, -- By whom: a key's code, cli, clock.
    taken_at integer not null, -- When, microseconds since 1970 UTC.
    deed text not null, -- What was done with all that it brings along, JSON.
    primary key (city_id, draft_id, revision)
);

alter table city add column approval text not null default 'off'; -- Whether a draft must be approved before it is published: off or second_person.
alter table city_history add column approval text not null default 'off'; -- Whether a draft must be approved before it is published: off or second_person.
