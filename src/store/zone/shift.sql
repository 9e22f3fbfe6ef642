-- From $start to before $end (UTC) the account's clock is $seconds ahead.
update klaviyo_events
set local_datetime = timestamp + to_seconds($seconds)
where timestamp >= $start and timestamp < $end and local_datetime is distinct from timestamp + to_seconds($seconds)
