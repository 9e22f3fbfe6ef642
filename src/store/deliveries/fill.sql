-- Keeps the deliveries as they are now.
insert into klaviyo_deliveries select * from deliveries_after
