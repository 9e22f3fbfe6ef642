-- What helps against an error is told of ended runs, too.
alter table sync_run_entities add column remedy varchar;

-- Whether deliveries lie people by people, because all were counted anew; no row where they lie newest first.
create table scattered_deliveries (
    by_people boolean not null
);
