-- Webhooks: who is told of what, how far each has read the journal, and what was not taken yet.
create table webhook (
    city_id text not null, -- The city.
    webhook_id text not null, -- Its id.
    unit_id text, -- Whose it is; null for the city's own, which tells of everything.
    url text not null, -- Where it goes.
    topics text not null, -- What it tells of, a JSON list; empty for everything.
    label text not null, -- What it is for.
    secret text not null, -- The secret that signs, sealed under a key that comes from the pepper.
    former_secret text, -- The one before, sealed.
    former_until integer, -- Until when the one before signs too.
    made_at integer not null, -- When it was made, microseconds since 1970 UTC.
    revision integer not null, -- 1, 2, 3 …: counts its changes.
    off_why text, -- Why it is switched off: asked, gone or silent; null while it is on.
    off_at integer, -- Since when it is switched off.
    read_to integer not null, -- The journal's number up to which it has read.
    holder text not null, -- Which process delivers; empty for none.
    held_until integer not null, -- Until when no other process may.
    failing_since integer, -- Since when nothing was taken.
    primary key (city_id, webhook_id)
) without rowid;

-- Events that a receiver has not taken yet.
create table webhook_delivery (
    city_id text not null, -- The city.
    webhook_id text not null, -- To whom.
    seq integer not null, -- The event: its number in the journal.
    attempts integer not null, -- How often it was tried.
    first_at integer not null, -- When it was tried first, microseconds since 1970 UTC.
    next_at integer not null, -- When it is tried next.
    dead integer not null, -- 1 when it is tried no more: a dead letter.
    status integer, -- The HTTP status that was answered last.
    fault text not null, -- What was wrong last.
    primary key (city_id, webhook_id, seq)
) without rowid;
