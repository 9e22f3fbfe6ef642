-- The conversions up to before `until` of a `metric` that the sums do not rest on, each with the delivery that it belongs to:
-- the latest of its person and message before it.
create or replace macro owned_conversions(until, metric) as table
with asked as (
    select conversions.*, hash(profile_id, message_id) as pair
    from other_conversions(metric) as conversions
    where credited_to is not null and profile_id is not null and message_id is not null and converted_on < until
)
select
    asked.id,
    asked.pair,
    any_value(asked.message_id) as message_id,
    any_value(asked.flow_id) as flow_id,
    any_value(asked.amount) as amount,
    any_value(asked.converted_on) as converted_on,
    max(sent_at) as sent_at
from asked
left join klaviyo_deliveries as deliveries
    on deliveries.pair = asked.pair and deliveries.sent_at <= asked.converted_at and outcome = 'delivered'
group by asked.id, asked.pair
