-- What people received and did in the events of `source`, a table with the columns of `klaviyo_events`, by the basis that
-- the aggregates rest on: one row an event of somebody that counts.
create or replace macro activity_facts(source) as table
select
    profile_id,
    timestamp as happened_at,
    case when what = 'delivered' and channel = 'email' then 'email' else what end as what,
    cast(0 as decimal(18, 4)) as amount
from query_table(source) as events
join aggregates_kinds as kinds on kinds.metric_id = events.metric_id
where profile_id is not null
    and timestamp is not null
    and case
        when what = 'open' then not coalesce(is_machine_open, false)
        when what = 'click' then not coalesce(is_bot_click, false)
        else what in ('delivered', 'visit', 'subscription')
    end
union all
select
    profile_id,
    timestamp as happened_at,
    'order' as what,
    case when coalesce(upper(events.currency) <> basis.currency, false) then 0 else coalesce(value, 0) end as amount
from query_table(source) as events
join aggregates_basis as basis on basis.metric_id = events.metric_id
where profile_id is not null and timestamp is not null
