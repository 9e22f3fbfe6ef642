-- Keeps the conversions that came.
insert into klaviyo_conversions select * from conversion_rows('events_coming')
