-- Up to where were the changes of $entity followed?
select watermark from klaviyo_sync_status where entity_type = $entity
