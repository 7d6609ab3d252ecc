-- Edits of what is in force by other programs (QGIS, GDAL, psql) are marked by the tables themselves, so that those are
-- noticed too that were made while nobody of ours was there. Only functions that every program has stand in it.

-- Edits that nobody has noticed yet.
create table atlas_edit (
    city_id text not null, -- The city; empty where it is not told.
    mark integer not null, -- Which edit: 0, or in PostgreSQL the transaction's number. 1 while it is zonewarden that writes.
    primary key (city_id, mark)
) without rowid;

create trigger atlas_edit_city_insert after insert on city
when not exists (select 1 from atlas_edit where city_id = new.city_id)
begin
    insert into atlas_edit (city_id, mark) values (new.city_id, 0);
end;
create trigger atlas_edit_city_update after update on city
when not exists (select 1 from atlas_edit where city_id = new.city_id)
begin
    insert into atlas_edit (city_id, mark) values (new.city_id, 0);
end;
create trigger atlas_edit_city_delete after delete on city
when not exists (select 1 from atlas_edit where city_id = old.city_id)
begin
    insert into atlas_edit (city_id, mark) values (old.city_id, 0);
end;
create trigger atlas_edit_plan_insert after insert on plan
when not exists (select 1 from atlas_edit where city_id = new.city_id)
begin
    insert into atlas_edit (city_id, mark) values (new.city_id, 0);
end;
create trigger atlas_edit_plan_update after update on plan
when not exists (select 1 from atlas_edit where city_id = new.city_id)
begin
    insert into atlas_edit (city_id, mark) values (new.city_id, 0);
end;
create trigger atlas_edit_plan_delete after delete on plan
when not exists (select 1 from atlas_edit where city_id = old.city_id)
begin
    insert into atlas_edit (city_id, mark) values (old.city_id, 0);
end;
create trigger atlas_edit_zone_insert after insert on zone
when not exists (select 1 from atlas_edit where city_id = new.city_id)
begin
    insert into atlas_edit (city_id, mark) values (new.city_id, 0);
end;
create trigger atlas_edit_zone_update after update on zone
when not exists (select 1 from atlas_edit where city_id = new.city_id)
begin
    insert into atlas_edit (city_id, mark) values (new.city_id, 0);
end;
create trigger atlas_edit_zone_delete after delete on zone
when not exists (select 1 from atlas_edit where city_id = old.city_id)
begin
    insert into atlas_edit (city_id, mark) values (old.city_id, 0);
end;
create trigger atlas_edit_unit_insert after insert on unit
when not exists (select 1 from atlas_edit where city_id = new.city_id)
begin
    insert into atlas_edit (city_id, mark) values (new.city_id, 0);
end;
create trigger atlas_edit_unit_update after update on unit
when not exists (select 1 from atlas_edit where city_id = new.city_id)
begin
    insert into atlas_edit (city_id, mark) values (new.city_id, 0);
end;
create trigger atlas_edit_unit_delete after delete on unit
when not exists (select 1 from atlas_edit where city_id = old.city_id)
begin
    insert into atlas_edit (city_id, mark) values (old.city_id, 0);
end;
create trigger atlas_edit_facility_insert after insert on facility
when not exists (select 1 from atlas_edit where city_id = new.city_id)
begin
    insert into atlas_edit (city_id, mark) values (new.city_id, 0);
end;
create trigger atlas_edit_facility_update after update on facility
when not exists (select 1 from atlas_edit where city_id = new.city_id)
begin
    insert into atlas_edit (city_id, mark) values (new.city_id, 0);
end;
create trigger atlas_edit_facility_delete after delete on facility
when not exists (select 1 from atlas_edit where city_id = old.city_id)
begin
    insert into atlas_edit (city_id, mark) values (old.city_id, 0);
end;
create trigger atlas_edit_rule_insert after insert on rule
when not exists (select 1 from atlas_edit where city_id = new.city_id)
begin
    insert into atlas_edit (city_id, mark) values (new.city_id, 0);
end;
create trigger atlas_edit_rule_update after update on rule
when not exists (select 1 from atlas_edit where city_id = new.city_id)
begin
    insert into atlas_edit (city_id, mark) values (new.city_id, 0);
end;
create trigger atlas_edit_rule_delete after delete on rule
when not exists (select 1 from atlas_edit where city_id = old.city_id)
begin
    insert into atlas_edit (city_id, mark) values (old.city_id, 0);
end;
