-- How many pictures are kept with a report, so that there can be an end of them.
create index picture_by_report on zonewarden.picture (city_id, report_id);
