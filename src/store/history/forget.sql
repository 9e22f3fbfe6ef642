-- Runs up to $last are not shown any more.
delete from sync_runs where id <= $last and ended_at is not null
