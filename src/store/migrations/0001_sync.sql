-- What the sync knows of itself: how far each entity is, which spans of time are complete, what each run did.
create table klaviyo_sync_status (
    entity_type varchar primary key,
    -- never, queued, running, parked, completed, failed or disabled
    status varchar not null,
    -- when a pass last ended well
    last_sync_time timestamp,
    record_count bigint not null default 0,
    success boolean,
    error_message varchar,
    -- up to here changes were followed; null: the next pass starts at the beginning
    watermark timestamp
);

-- Spans of time that hold exactly what Klaviyo had when they were read; disjoint.
create table sync_windows (
    entity_type varchar not null,
    start_at timestamp not null,
    end_at timestamp not null,
    done_at timestamp not null
);

create table sync_runs (
    id bigint primary key,
    -- schedule, page, api, command line
    trigger varchar not null,
    forced boolean not null,
    -- queued, running, paused, parked, completed, cancelled, failed or interrupted
    status varchar not null,
    started_at timestamp not null,
    ended_at timestamp
);

create table sync_run_entities (
    run_id bigint not null,
    entity_type varchar not null,
    status varchar not null,
    rows_seen bigint not null,
    rows_new bigint not null,
    rows_changed bigint not null,
    rows_deleted bigint not null,
    requests bigint not null,
    bytes bigint not null,
    waited_secs double not null,
    error_message varchar
);

-- What a metric means, one row a metric; rows that a person set stay as they are.
create table metric_kinds (
    metric_id varchar not null,
    kind varchar not null,
    -- name: by its name; person: on the settings page
    set_by varchar not null
);

-- The zone that local times of events were computed in; one row at most.
create table local_zone (
    zone varchar not null
);
