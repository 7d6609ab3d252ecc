-- What a report may tell beyond what every report has, and the pictures that came with it.

alter table zonewarden.report add column further text collate "C" not null default '{}';
comment on column zonewarden.report.further is 'What else was told, JSON with sorted keys.';

-- The list that the public sees. Only reports of that door stand in it, so no other pays for it.
create index report_in_public on zonewarden.report (city_id, received_at, report_id) where source = 'open311';

create table zonewarden.picture (
    city_id text collate "C" not null,
    picture_id text collate "C" not null,
    report_id text collate "C" not null,
    media text collate "C" not null,
    sha256 text collate "C" not null,
    received_at bigint not null,
    bytes bytea not null,
    primary key (city_id, picture_id)
);
select zonewarden.place('picture');
comment on table zonewarden.picture is 'Pictures as they were sent, with all that a camera wrote into them: not for the public. Never changed.';
comment on column zonewarden.picture.city_id is 'The city.';
comment on column zonewarden.picture.picture_id is 'UUIDv7, lower case.';
comment on column zonewarden.picture.report_id is 'The report it came with.';
comment on column zonewarden.picture.media is 'What it is by its first bytes: a media type.';
comment on column zonewarden.picture.sha256 is 'SHA-256 of the bytes, hex.';
comment on column zonewarden.picture.received_at is 'When the service received it, microseconds since 1970 UTC.';
comment on column zonewarden.picture.bytes is 'The picture.';
