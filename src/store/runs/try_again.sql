-- What failed in an earlier process may be mended by now, as a refused key is by a start with another one: it is due.
update klaviyo_sync_status set tried_at = last_sync_time, failures = 0 where status = 'failed'
