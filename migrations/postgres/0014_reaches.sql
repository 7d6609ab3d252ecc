-- How near in place and time reports of a category are one matter is the city's to say.

alter table zonewarden.city add column reaches text not null default '{}';
comment on column zonewarden.city.reaches is 'How near two reports of a category tell of one matter, JSON: radius_m and window_s by branch; {} for those of a new city.';
alter table zonewarden.city_history add column reaches text not null default '{}';
comment on column zonewarden.city_history.reaches is 'How near two reports of a category tell of one matter, JSON: radius_m and window_s by branch; {} for those of a new city.';
