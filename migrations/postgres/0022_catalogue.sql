-- What reports are about differs by city: each has its own categories, services and questions.

alter table zonewarden.city add column catalogue text not null default '{}';
comment on column zonewarden.city.catalogue is 'What its reports are about, JSON: categories with their questions; {} for those of a new city.';
alter table zonewarden.city_history add column catalogue text not null default '{}';
comment on column zonewarden.city_history.catalogue is 'What its reports are about, JSON: categories with their questions; {} for those of a new city.';
