-- The sync is paused no longer.
delete from sync_pause
