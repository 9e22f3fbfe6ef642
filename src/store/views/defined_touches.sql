-- What people did with messages in the ninety days before their conversions of `metric`, looked up among all events: of
-- each kind the latest touch of the last two messages. This is what `klaviyo_touches` keeps.
create or replace macro defined_touches(metric) as table
with latest as (
    select
        conversions.id as conversion_id,
        kind,
        case what
            when 'open' then coalesce(is_machine_open, false)
            when 'click' then coalesce(is_bot_click, false)
            else false
        end as by_machine,
        coalesce(aliases.message_id, events.message_id) as message_id,
        max(timestamp) as touched_at,
        any_value(converted_at) as converted_at
    from klaviyo_events as events
    join touch_kinds on touch_kinds.metric_id = events.metric_id
    join conversions
        on conversions.profile_id = events.profile_id
        and events.timestamp <= converted_at
        and events.timestamp >= converted_at - interval '90' day
    left join aggregates_aliases as aliases on aliases.alias = events.message_id
    where conversions.metric_id = metric and events.message_id is not null
    group by all
)
select conversion_id, kind, by_machine, message_id, touched_at, converted_at
from latest
qualify row_number() over (partition by conversion_id, kind, by_machine order by touched_at desc, message_id) <= 2
