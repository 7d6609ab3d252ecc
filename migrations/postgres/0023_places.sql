-- SQLite gets a table of places; here the index on the position is one already.
comment on index zonewarden.report_position_gist is 'Finds reports by place, for routing them anew where zones changed hands.';
