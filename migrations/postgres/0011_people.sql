-- Who stands behind a report is kept sealed, apart from the report, and deleted when its time is over.
create table zonewarden.report_person (
    city_id text collate "C" not null,
    report_id text collate "C" not null,
    received_at bigint not null,
    sealed text collate "C" not null,
    marks text collate "C" not null,
    primary key (city_id, report_id)
);
select zonewarden.place('report_person');
comment on table zonewarden.report_person is 'Who stands behind a report: contact, account, device. Sealed under a key that is not in the database.';
comment on column zonewarden.report_person.city_id is 'The city.';
comment on column zonewarden.report_person.report_id is 'Which report.';
comment on column zonewarden.report_person.received_at is 'When the report was received, microseconds since 1970 UTC.';
comment on column zonewarden.report_person.sealed is 'The sealed text, bound to city and report.';
comment on column zonewarden.report_person.marks is 'Keyed hashes of what the person can be found by, a JSON list.';

create table zonewarden.person_mark (
    city_id text collate "C" not null,
    mark text collate "C" not null,
    report_id text collate "C" not null,
    primary key (city_id, mark, report_id)
);
select zonewarden.place('person_mark');
comment on table zonewarden.person_mark is 'By what people are found when they ask for what is kept of them.';
comment on column zonewarden.person_mark.city_id is 'The city.';
comment on column zonewarden.person_mark.mark is 'A keyed hash of a telephone number, an address, an account or a device.';
comment on column zonewarden.person_mark.report_id is 'A report of this person''s.';

-- What stands in clear from before: `migrate` and `serve` seal it, then this index is empty for good.
create index report_in_clear on zonewarden.report (city_id, report_id)
    where contact is not null or further like '%"account_id":%' or further like '%"device_id":%';
comment on column zonewarden.report.contact is 'How to reach the person, from before people were sealed; null since. See report_person.';
comment on column zonewarden.report.request_hash is 'SHA-256 of the request''s body, hex; keyed where a person stands in it.';

alter table zonewarden.city add column contact_days bigint not null default 180;
comment on column zonewarden.city.contact_days is 'Days after the end of a case until who stands behind its reports is forgotten.';

alter table zonewarden.picture add column cleaned bigint not null default 0;
comment on column zonewarden.picture.cleaned is '1 when what a camera wrote into it has been taken out.';
create index picture_as_sent on zonewarden.picture (city_id, received_at, picture_id) where cleaned = 0;
alter table zonewarden.city_history add column contact_days bigint not null default 180;
comment on column zonewarden.city_history.contact_days is 'Days after the end of a case until who stands behind its reports is forgotten.';
