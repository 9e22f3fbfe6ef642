-- The same deliveries as message_deliveries, with the conversions of `metric` that belong to each: those of another metric than
-- the sums rest on are joined here, each to the latest delivery at or before it.
create or replace macro message_results(names, since, until, metric) as table
with
kept as (select true as is_kept from aggregates_basis where metric_id = metric),
sent as (from message_deliveries(names, since, until)),
owned as (
    select conversions.id, sent.pair, max(sent.sent_at) as sent_at, any_value(amount) as amount
    from other_conversions(metric) as conversions
    join sent
        on sent.pair = hash(conversions.profile_id, conversions.message_id) and sent.sent_at <= conversions.converted_at
    where credited_to is not null and outcome = 'delivered' and conversions.converted_on >= since
    group by conversions.id, sent.pair
),
another as (
    select pair, sent_at, count(*) as conversions, coalesce(sum(amount), 0) as revenue
    from owned
    group by pair, sent_at
)
select
    sent.* exclude (pair, kept_conversions, kept_revenue),
    cast(case when is_kept then kept_conversions else coalesce(another.conversions, 0) end as bigint) as conversions,
    cast(case when is_kept then kept_revenue else coalesce(another.revenue, 0) end as decimal(38, 4)) as revenue
from sent
left join kept on true
left join another on another.pair = sent.pair and another.sent_at = sent.sent_at and outcome = 'delivered'
