-- The facts in `source` summed by person; `events` of a fact says how often it is there, and is negative where it has left.
create or replace macro activity_sums(source) as table
select
    profile_id,
    cast(sum(events) as bigint) as events,
    cast(sum(case when what in ('email', 'delivered') then events else 0 end) as bigint) as received,
    cast(sum(case when what = 'email' then events else 0 end) as bigint) as emails_received,
    cast(sum(case when what = 'open' then events else 0 end) as bigint) as opens,
    cast(sum(case when what = 'click' then events else 0 end) as bigint) as clicks,
    cast(sum(case when what = 'order' then events else 0 end) as bigint) as orders,
    cast(sum(amount) as decimal(38, 4)) as revenue,
    min(case when what = 'email' and events > 0 then happened_at end) as first_emailed_at,
    max(case when what = 'email' and events > 0 then happened_at end) as last_emailed_at,
    max(case when what in ('email', 'delivered') and events > 0 then happened_at end) as last_received_at,
    max(case when what = 'open' and events > 0 then happened_at end) as last_opened_at,
    max(case when what = 'click' and events > 0 then happened_at end) as last_clicked_at,
    max(case when what = 'order' and events > 0 then happened_at end) as last_ordered_at,
    max(case when what = 'visit' and events > 0 then happened_at end) as last_visited_at,
    max(case when what = 'subscription' and events > 0 then happened_at end) as last_subscribed_at
from query_table(source)
group by profile_id
