-- The sync is paused from $now on.
insert into sync_pause (paused_at) select $now where not exists (select 1 from sync_pause)
