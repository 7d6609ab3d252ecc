-- Whose deadline the nearest one of an incident is, and when its light turns: told with due_at, and by the same.
alter table incident add column yellow_at integer not null default 9223372036854775807; -- From when on the light is yellow at least; 9223372036854775807 for never.
alter table incident add column red_at integer not null default 9223372036854775807; -- From when on the light is red; 9223372036854775807 for never.
alter table incident add column due_clock text; -- Whose deadline due_at is: whole, or what the stage waits for; null for none, and until it is told.
