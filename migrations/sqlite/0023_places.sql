-- Where reports lie, for what asks by place: routing them anew when zones change hands. Whoever looks for a box seeks
-- it in each block of reports that came one after another. An index by place alone would spread each report of a group
-- over pages of the log that no other report of the group touches, which halves intake; within a block there are few
-- pages, and the group shares them.
create table report_place (
    block integer not null, -- Which 4096 reports, by fid.
    at_x integer not null, -- Longitude in steps of 1e-7 degree.
    at_y integer not null, -- Latitude in steps of 1e-7 degree.
    fid integer not null, -- The report's.
    primary key (block, at_x, at_y, fid)
) without rowid;
insert into report_place (block, at_x, at_y, fid)
select fid / 4096, cast(round(st_minx(position) * 1e7) as integer), cast(round(st_miny(position) * 1e7) as integer), fid
from report where not st_isempty(position) order by 1, 2, 3, 4;

create trigger report_place_insert after insert on report
when not st_isempty(new.position)
begin
    insert into report_place (block, at_x, at_y, fid) values (
        new.fid / 4096, cast(round(st_minx(new.position) * 1e7) as integer),
        cast(round(st_miny(new.position) * 1e7) as integer), new.fid);
end;
create trigger report_place_update after update of fid, position on report
begin
    delete from report_place where block = old.fid / 4096 and fid = old.fid;
    insert into report_place (block, at_x, at_y, fid)
    select new.fid / 4096, cast(round(st_minx(new.position) * 1e7) as integer),
        cast(round(st_miny(new.position) * 1e7) as integer), new.fid
    where not st_isempty(new.position);
end;
create trigger report_place_delete after delete on report
begin
    delete from report_place where block = old.fid / 4096 and fid = old.fid;
end;
