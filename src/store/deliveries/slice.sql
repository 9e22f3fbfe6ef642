-- The deliveries from $first to before $last.
create or replace temp table deliveries_slice as
select *, rowid as place
from klaviyo_deliveries
where coalesce(sent_at, first_answer_at) >= $first and coalesce(sent_at, first_answer_at) < $last
