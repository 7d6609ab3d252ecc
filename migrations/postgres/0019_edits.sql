-- Edits of what is in force by other programs (QGIS, GDAL, psql) are marked by the tables themselves, so that those are
-- noticed too that were made while nobody of ours was there.

create table zonewarden.atlas_edit (
    city_id text collate "C" not null,
    mark bigint not null,
    primary key (city_id, mark)
);
select zonewarden.place('atlas_edit');
comment on table zonewarden.atlas_edit is 'Edits that nobody has noticed yet.';
comment on column zonewarden.atlas_edit.city_id is 'The city; empty where it is not told.';
comment on column zonewarden.atlas_edit.mark is 'Which edit: the transaction''s number.';

-- A row for each transaction: one that is shared would be taken away, noticed, while another still edits. Who edits
-- need not be allowed to write it.
create function zonewarden.mark_edit() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
    if current_setting('zonewarden.own', true) is distinct from 'on' then
        insert into zonewarden.atlas_edit (city_id, mark) values ('', txid_current()) on conflict do nothing;
    end if;
    return null;
end
$$;
comment on function zonewarden.mark_edit() is 'Called by the tables of what is in force, once for each statement.';

-- Tables that are spread over several servers (Citus) have no triggers: there edits go through zonewarden alone.
do $$
declare
    edited text;
begin
    if exists (select from pg_catalog.pg_extension where extname = 'citus') then
        return;
    end if;
    foreach edited in array array['city', 'plan', 'zone', 'unit', 'facility', 'rule'] loop
        execute pg_catalog.format(
            'create trigger mark_edit after insert or update or delete or truncate on zonewarden.%I '
            'for each statement execute function zonewarden.mark_edit()', edited);
    end loop;
end
$$;
