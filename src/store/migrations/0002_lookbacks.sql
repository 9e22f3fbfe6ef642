-- When each tier of a lookback was last done: what arrives late is looked for a little at every run, further back once a
-- day, furthest once a week.
create table sync_lookbacks (
    entity_type varchar not null,
    -- daily or weekly
    tier varchar not null,
    done_at timestamp not null
);
