-- What happened in a stretch of time, over all cases.
create index incident_step_by_time on incident_step (city_id, taken_at, incident_id, revision);
-- The archive by stage and category, and of what a dispatcher must see: read along the time of opening.
create index incident_by_stage on incident (city_id, stage, opened_at, incident_id);
create index incident_by_category on incident (city_id, category, opened_at, incident_id);
create index incident_for_dispatcher_by_time on incident (city_id, opened_at, incident_id) where for_dispatcher = 1;
