-- What reports are about differs by city: each has its own categories, services and questions.

alter table city add column catalogue text not null default '{}'; -- What its reports are about, JSON: categories with their questions; {} for those of a new city.
alter table city_history add column catalogue text not null default '{}'; -- What its reports are about, JSON: categories with their questions; {} for those of a new city.
