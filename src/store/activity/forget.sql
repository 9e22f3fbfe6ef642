-- Forgets what people received and did.
delete from klaviyo_profile_activity
