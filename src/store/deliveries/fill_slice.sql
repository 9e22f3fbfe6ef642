-- and come side by side.
insert into klaviyo_deliveries select * exclude (place) from deliveries_slice
