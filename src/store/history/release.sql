-- The pause holds no run any more.
delete from sync_paused_runs
