-- Forgets the conversions.
delete from klaviyo_conversions
