-- What the schedule goes by, what a person reads of a run, and the pause.
-- what to do about the error
alter table klaviyo_sync_status add column remedy varchar;
-- parked until then: a daily quota is used up
alter table klaviyo_sync_status add column resumes_at timestamp;
-- when a pass last ended, well or not, or was cancelled
alter table klaviyo_sync_status add column tried_at timestamp;
-- passes in a row that failed
alter table klaviyo_sync_status add column failures bigint default 0;

-- What happened in a run, in words; of the last runs, and not every word.
create table sync_log (
    run_id bigint not null,
    logged_at timestamp not null,
    -- null: the run as a whole
    entity_type varchar,
    -- info, warning or error
    level varchar not null,
    words varchar not null
);

-- Holds a row while the sync is paused.
create table sync_pause (
    paused_at timestamp not null
);

-- Runs that the pause holds, with what sync_runs and sync_run_entities do not say of their order.
create table sync_paused_runs (
    run_id bigint primary key,
    since timestamp
);
