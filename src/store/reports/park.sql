-- $entity waits until $resumes_at.
update klaviyo_sync_status set resumes_at = $resumes_at where entity_type = $entity
