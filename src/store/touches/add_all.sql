-- Keeps all conversions that there are.
insert into klaviyo_conversions select * from conversion_rows('summed_events')
