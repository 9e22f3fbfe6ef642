-- Until when does $entity wait?
select resumes_at from klaviyo_sync_status where entity_type = $entity and status = 'parked'
