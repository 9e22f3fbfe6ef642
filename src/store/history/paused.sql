-- Since when is the sync paused, if it is?
select paused_at from sync_pause
