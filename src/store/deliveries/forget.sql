-- Forgets the deliveries.
delete from klaviyo_deliveries
