-- Whom the messages named in `names`, a list, were sent to on local days from `since` to before `until`, and what came of it:
-- one row a delivery, bounce or failure, which counts those of one person, message and second. Conversions are of `metric`;
-- of another than the sums rest on they are joined here. Whoever asks knows the send days (see campaign_starts), so that no
-- others are looked at.
create or replace macro message_deliveries(names, since, until, metric) as table
with
kept as (select true as is_kept from aggregates_basis where metric_id = metric),
sent as (
    select *
    from klaviyo_deliveries as deliveries
    where deliveries.message_id in (select unnest(names)) and deliveries.sent_on >= since and deliveries.sent_on < until
        and outcome <> 'unknown'
),
-- Conversions of another metric, each with the latest delivery at or before it.
owned as (
    select conversions.id, sent.pair, max(sent.sent_at) as sent_at, any_value(amount) as amount
    from conversions
    join sent on sent.pair = hash(conversions.profile_id, conversions.message_id) and sent.sent_at <= conversions.converted_at
    where metric_id = metric and credited_to is not null and outcome = 'delivered' and conversions.converted_on >= since
        and not exists (from kept)
    group by conversions.id, sent.pair
),
another as (
    select pair, sent_at, count(*) as conversions, coalesce(sum(amount), 0) as revenue
    from owned
    group by pair, sent_at
)
select
    sent.message_id,
    sent.variation_id,
    sent.profile_id,
    sent.channel,
    outcome,
    sent.sent_at,
    sent.sent_on,
    sends,
    opens,
    machine_opens,
    clicks,
    bot_clicks,
    complaints,
    unsubscribes,
    cast(case when is_kept then sent.conversions else coalesce(another.conversions, 0) end as bigint) as conversions,
    cast(case when is_kept then sent.revenue else coalesce(another.revenue, 0) end as decimal(38, 4)) as revenue
from sent
left join kept on true
left join another on another.pair = sent.pair and another.sent_at = sent.sent_at and outcome = 'delivered'
