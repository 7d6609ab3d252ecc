-- Who stands behind a report is kept sealed, apart from the report, and deleted when its time is over.

-- Who stands behind a report: contact, account, device. Sealed under a key that is not in the database.
create table report_person (
    city_id text not null, -- The city.
    report_id text not null, -- Which report.
    received_at integer not null, -- When the report was received, microseconds since 1970 UTC.
    sealed text not null, -- The sealed text, bound to city and report.
    marks text not null, -- Keyed hashes of what the person can be found by, a JSON list.
    primary key (city_id, report_id)
) without rowid;

-- By what people are found when they ask for what is kept of them.
create table person_mark (
    city_id text not null, -- The city.
    mark text not null, -- A keyed hash of a telephone number, an address, an account or a device.
    report_id text not null, -- A report of this person's.
    primary key (city_id, mark, report_id)
) without rowid;

-- What stands in clear from before: `migrate` and `serve` seal it, then this index is empty for good.
create index report_in_clear on report (city_id, report_id)
    where contact is not null or further like '%"account_id":%' or further like '%"device_id":%';

alter table city add column contact_days integer not null default 180; -- Days after the end of a case until who stands behind its reports is forgotten.
alter table picture add column cleaned integer not null default 0; -- 1 when what a camera wrote into it has been taken out.
create index picture_as_sent on picture (city_id, received_at, picture_id) where cleaned = 0;
alter table city_history add column contact_days integer not null default 180; -- Days after the end of a case until who stands behind its reports is forgotten.
