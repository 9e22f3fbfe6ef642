-- Keeps all conversions that there are, newest first, as windows would have brought them.
insert into klaviyo_conversions
select * from conversion_rows('summed_events')
order by converted_at desc
