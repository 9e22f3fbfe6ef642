-- The run $id ended.
update sync_runs set status = $status, ended_at = $ended_at where id = $id
