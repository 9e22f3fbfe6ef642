-- How long after its delivery did a message convert? One row per attributed conversion of `metric` on local days from
-- `since` that followed a known delivery: the latest of its (profile, message) at or before it, sent on days from `since`.
create or replace macro conversion_delays(since, metric) as table
select
    conversions.id,
    deliveries.message_id,
    max(deliveries.sent_on) as sent_on,
    any_value(conversions.converted_on) as converted_on,
    any_value(amount) as amount,
    date_diff('second', max(deliveries.sent_at), any_value(converted_at)) / 3600.0 as hours
from bought(metric) as conversions
join klaviyo_deliveries as deliveries
    on deliveries.pair = hash(conversions.profile_id, conversions.message_id)
    and deliveries.sent_at <= conversions.converted_at
where credited_to is not null and conversions.converted_on >= since
    and conversions.profile_id is not null and conversions.message_id is not null
    and outcome = 'delivered' and deliveries.sent_on >= since
group by conversions.id, deliveries.message_id
