-- Forgets what they add up to by send day.
delete from klaviyo_message_stats
