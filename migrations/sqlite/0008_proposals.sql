-- Rules that corrections propose and that somebody does not want.
create table proposal_dismissed (
    city_id text not null, -- The city.
    rule_id text not null, -- The code of the proposed rule.
    support integer not null, -- How many corrections spoke for it then; with twice as many it is proposed again.
    dismissed_at integer not null, -- When, microseconds since 1970 UTC.
    actor text not null, -- By whom.
    words text not null, -- Why.
    primary key (city_id, rule_id)
) without rowid;
