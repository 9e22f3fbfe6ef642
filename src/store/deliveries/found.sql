-- The deliveries of these people and messages, but for those after $last, which nothing up to then can change.
create or replace temp table deliveries_found as
select pair, rowid as place, outcome, sent_at, profile_id is not null and message_id is not null as is_answerable
from klaviyo_deliveries
where outcome <> 'unknown' and sent_at <= $last and pair in (select pair from delivery_pairs)
union all
select pair, rowid as place, outcome, sent_at, true
from klaviyo_deliveries
where outcome = 'unknown' and pair in (select pair from delivery_pairs)
