-- The pause holds the run $run, which reads what changed since $since (null: since the last run).
insert into sync_paused_runs (run_id, since) values ($run, $since) on conflict (run_id) do nothing
