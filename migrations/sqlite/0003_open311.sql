-- What a report may tell beyond what every report has, and the pictures that came with it.

alter table report add column further text not null default '{}'; -- What else was told, JSON with sorted keys.

-- The list that the public sees. Only reports of that door stand in it, so no other pays for it.
create index report_in_public on report (city_id, received_at, report_id) where source = 'open311';

-- Pictures as they were sent, with all that a camera wrote into them: not for the public. Never changed.
create table picture (
    city_id text not null, -- The city.
    picture_id text not null, -- UUIDv7, lower case.
    report_id text not null, -- The report it came with.
    media text not null, -- What it is by its first bytes: a media type.
    sha256 text not null, -- SHA-256 of the bytes, hex.
    received_at integer not null, -- When the service received it, microseconds since 1970 UTC.
    bytes blob not null, -- The picture.
    primary key (city_id, picture_id)
);
