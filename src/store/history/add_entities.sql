-- What the run $run did to the entities.
insert into sync_run_entities by name
select
    $run as run_id,
    unnest(
        from_json(
            cast($entities as varchar),
            '[{
                "entity_type": "VARCHAR", "status": "VARCHAR", "rows_seen": "BIGINT", "rows_new": "BIGINT",
                "rows_changed": "BIGINT", "rows_deleted": "BIGINT", "requests": "BIGINT", "bytes": "BIGINT",
                "waited_secs": "DOUBLE", "error_message": "VARCHAR", "remedy": "VARCHAR"
            }]'
        ),
        recursive := true
    )
