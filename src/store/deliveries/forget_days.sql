-- Forgets what they add up to by day.
delete from klaviyo_message_days
