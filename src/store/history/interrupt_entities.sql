-- What the runs were copying, or about to, when the process ended.
update sync_run_entities
set status = 'interrupted'
where
    status in ('queued', 'running')
    and run_id in (
        select id from sync_runs where ended_at is null and id not in (select run_id from sync_paused_runs)
    )
