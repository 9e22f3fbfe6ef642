-- An entity that was being read when the process ended is so no longer.
update klaviyo_sync_status
set
    status = case when last_sync_time is null then 'interrupted' else 'completed' end,
    error_message = 'the last run was interrupted; the next one goes on where it stopped'
where status in ('running', 'queued')
