create table zonewarden.proposal_dismissed (
    city_id text collate "C" not null,
    rule_id text collate "C" not null,
    support bigint not null,
    dismissed_at bigint not null,
    actor text collate "C" not null,
    words text collate "C" not null,
    primary key (city_id, rule_id)
);
select zonewarden.place('proposal_dismissed');
comment on table zonewarden.proposal_dismissed is 'Rules that corrections propose and that somebody does not want.';
comment on column zonewarden.proposal_dismissed.city_id is 'The city.';
comment on column zonewarden.proposal_dismissed.rule_id is 'The code of the proposed rule.';
comment on column zonewarden.proposal_dismissed.support is 'How many corrections spoke for it then; with twice as many it is proposed again.';
comment on column zonewarden.proposal_dismissed.dismissed_at is 'When, microseconds since 1970 UTC.';
comment on column zonewarden.proposal_dismissed.actor is 'By whom.';
comment on column zonewarden.proposal_dismissed.words is 'Why.';
