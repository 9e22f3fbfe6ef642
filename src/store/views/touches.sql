-- The same, as it is kept for the metric that the sums rest on; for another it is looked up, which takes a look at every
-- event; where it is not, no event is read.
create or replace macro touches(metric) as table
with asked as (
    select id, profile_id, converted_at
    from other_conversions(metric)
    where profile_id is not null
),
latest as (
    select
        asked.id as conversion_id,
        kind,
        case what
            when 'open' then coalesce(is_machine_open, false)
            when 'click' then coalesce(is_bot_click, false)
            else false
        end as by_machine,
        coalesce(aliases.message_id, events.message_id) as message_id,
        max(timestamp) as touched_at,
        any_value(converted_at) as converted_at
    from (select * from klaviyo_events where (select count(*) from asked) > 0) as events
    join touch_kinds on touch_kinds.metric_id = events.metric_id
    join asked
        on asked.profile_id = events.profile_id
        and events.timestamp <= converted_at
        and events.timestamp >= converted_at - interval '90' day
    left join aggregates_aliases as aliases on aliases.alias = events.message_id
    where events.message_id is not null
    group by all
),
looked_up as (
    select conversion_id, kind, by_machine, message_id, touched_at, converted_at
    from latest
    qualify row_number() over (partition by conversion_id, kind, by_machine order by touched_at desc, message_id) <= 2
)
select conversion_id, kind, by_machine, message_id, touched_at, converted_at
from klaviyo_touches
join (select true as is_kept from aggregates_basis where metric_id = metric) as kept on true
union all
select conversion_id, kind, by_machine, message_id, touched_at, converted_at
from looked_up
