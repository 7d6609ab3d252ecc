-- How long cases may take, and when units work.
alter table zonewarden.city add column limits text collate "C" not null default '{}';
comment on column zonewarden.city.limits is 'Time limits by category, JSON; {} for those of a new city.';
alter table zonewarden.unit add column office_hours text collate "C";
comment on column zonewarden.unit.office_hours is 'When it works, such as 08:00-12:00,14:00-18:00; null for the default hours.';
