-- Forgets what came before them.
delete from klaviyo_touches
