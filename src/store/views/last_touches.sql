-- Our own attribution: the message that somebody touched last before a conversion of `metric` on local days from `since` to
-- before `until`, one row per conversion that any message was touched before in time. `windows` says how long before counts,
-- by kind of touch, in seconds: 'email_click=432000 email_open=432000 …'; a kind that is missing or zero does not count.
-- Touches by machines count where `machine` is true.
create or replace macro last_touches(metric, windows, machine, since, until) as table
with spans as (
    select split_part(window_of, '=', 1) as kind, to_seconds(cast(split_part(window_of, '=', 2) as bigint)) as reach
    from (select unnest(string_split(cast(windows as varchar), ' ')) as window_of)
),
counted as (
    select
        conversion_id,
        split_part(touches.kind, '_', 1) as channel,
        message_id,
        touched_at,
        case split_part(touches.kind, '_', 2) when 'click' then 1 when 'open' then 2 else 3 end as weight
    from touches(metric) as touches
    join spans on spans.kind = touches.kind
    where reach > interval '0' second
        and touched_at >= converted_at - reach
        and (machine or not by_machine)
        -- A day more on either side: local days begin at other times than those of UTC.
        and converted_at >= cast(since as timestamp) - interval '1' day
        and converted_at < cast(until as timestamp) + interval '1' day
)
select
    conversion_id,
    -- Of touches in the same second a click goes before an open, and an open before a delivery.
    arg_min(message_id, {'age': -epoch_us(touched_at), 'weight': weight, 'message_id': message_id}) as message_id,
    arg_min(channel, {'age': -epoch_us(touched_at), 'weight': weight, 'message_id': message_id}) as channel,
    max(touched_at) as touched_at,
    min(message_id) <> max(message_id) as has_several_messages,
    min(channel) <> max(channel) as has_several_channels
from counted
group by conversion_id
