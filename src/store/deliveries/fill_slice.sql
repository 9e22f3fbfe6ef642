-- and come side by side, newest first.
insert into klaviyo_deliveries
select * exclude (place) from deliveries_slice order by coalesce(sent_at, first_answer_at) desc
