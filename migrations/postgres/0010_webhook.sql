-- Webhooks: who is told of what, how far each has read the journal, and what was not taken yet.
create table zonewarden.webhook (
    city_id text collate "C" not null,
    webhook_id text collate "C" not null,
    unit_id text collate "C",
    url text collate "C" not null,
    topics text collate "C" not null,
    label text collate "C" not null,
    secret text collate "C" not null,
    former_secret text collate "C",
    former_until bigint,
    made_at bigint not null,
    revision bigint not null,
    off_why text collate "C",
    off_at bigint,
    read_to bigint not null,
    holder text collate "C" not null,
    held_until bigint not null,
    failing_since bigint,
    primary key (city_id, webhook_id)
);
select zonewarden.place('webhook');
comment on table zonewarden.webhook is 'Webhooks: a unit''s own systems are told what concerns it.';
comment on column zonewarden.webhook.city_id is 'The city.';
comment on column zonewarden.webhook.webhook_id is 'Its id.';
comment on column zonewarden.webhook.unit_id is 'Whose it is; null for the city''s own, which tells of everything.';
comment on column zonewarden.webhook.url is 'Where it goes.';
comment on column zonewarden.webhook.topics is 'What it tells of, a JSON list; empty for everything.';
comment on column zonewarden.webhook.label is 'What it is for.';
comment on column zonewarden.webhook.secret is 'The secret that signs, sealed under a key that comes from the pepper.';
comment on column zonewarden.webhook.former_secret is 'The one before, sealed.';
comment on column zonewarden.webhook.former_until is 'Until when the one before signs too.';
comment on column zonewarden.webhook.made_at is 'When it was made, microseconds since 1970 UTC.';
comment on column zonewarden.webhook.revision is '1, 2, 3 …: counts its changes.';
comment on column zonewarden.webhook.off_why is 'Why it is switched off: asked, gone or silent; null while it is on.';
comment on column zonewarden.webhook.off_at is 'Since when it is switched off.';
comment on column zonewarden.webhook.read_to is 'The journal''s number up to which it has read.';
comment on column zonewarden.webhook.holder is 'Which process delivers; empty for none.';
comment on column zonewarden.webhook.held_until is 'Until when no other process may.';
comment on column zonewarden.webhook.failing_since is 'Since when nothing was taken.';

create table zonewarden.webhook_delivery (
    city_id text collate "C" not null,
    webhook_id text collate "C" not null,
    seq bigint not null,
    attempts bigint not null,
    first_at bigint not null,
    next_at bigint not null,
    dead bigint not null,
    status bigint,
    fault text collate "C" not null,
    primary key (city_id, webhook_id, seq)
);
select zonewarden.place('webhook_delivery');
comment on table zonewarden.webhook_delivery is 'Events that a receiver has not taken yet.';
comment on column zonewarden.webhook_delivery.city_id is 'The city.';
comment on column zonewarden.webhook_delivery.webhook_id is 'To whom.';
comment on column zonewarden.webhook_delivery.seq is 'The event: its number in the journal.';
comment on column zonewarden.webhook_delivery.attempts is 'How often it was tried.';
comment on column zonewarden.webhook_delivery.first_at is 'When it was tried first, microseconds since 1970 UTC.';
comment on column zonewarden.webhook_delivery.next_at is 'When it is tried next.';
comment on column zonewarden.webhook_delivery.dead is '1 when it is tried no more: a dead letter.';
comment on column zonewarden.webhook_delivery.status is 'The HTTP status that was answered last.';
comment on column zonewarden.webhook_delivery.fault is 'What was wrong last.';
