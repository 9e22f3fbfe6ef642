-- The run $id stands at $status, and if $ended_at is not null that is how it ended; an end is final.
update sync_runs set status = $status, ended_at = $ended_at where id = $id and ended_at is null
