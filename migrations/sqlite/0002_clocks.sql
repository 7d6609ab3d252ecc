-- How long cases may take, and when units work.
alter table city add column limits text not null default '{}'; -- Time limits by category, JSON; {} for those of a new city.
alter table unit add column office_hours text; -- When it works, such as 08:00-12:00,14:00-18:00; null for the default hours.
