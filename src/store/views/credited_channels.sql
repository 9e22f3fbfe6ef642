-- Through which channel each conversion of `metric` on local days from `since` to before `until` was earned, by Klaviyo's
-- attribution: that of its message, or, while the message is not copied, that of the open or click that Klaviyo names. Of
-- what is not attributed there is none.
--
-- Events are looked up only of conversions that need it: Klaviyo attributes over ninety days at most.
create or replace macro credited_channels(metric, since, until) as table
with asked as (
    select bought.*, messages.channel
    from bought(metric) as bought
    left join messages on messages.message_id = bought.message_id
    where since <= converted_on and converted_on < until
),
unnamed as (
    select id, attributed_event_id, converted_at
    from asked
    where credited_to is not null and channel is null and attributed_event_id is not null
),
named as (
    select unnamed.id, any_value(kinds.channel) as channel
    from unnamed
    join klaviyo_events as touches
        on touches.id = unnamed.attributed_event_id
        and touches.timestamp >= unnamed.converted_at - interval '90' day
        and touches.timestamp <= unnamed.converted_at
    join aggregates_kinds as kinds on kinds.metric_id = touches.metric_id
    group by unnamed.id
)
select
    asked.id,
    converted_on,
    amount,
    case when credited_to is not null then coalesce(asked.channel, named.channel, 'unknown') end as channel
from asked
left join named on named.id = asked.id
