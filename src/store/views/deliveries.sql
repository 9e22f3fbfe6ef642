-- What was sent from the local day `since` on: one row a delivery, bounce or failure with all that came of it so far.
--
-- Conversions are of `metric`. Those of the metric that the kept rows rest on are in them; those of another are joined here,
-- to the latest delivery of their person and message at or before them.
create or replace macro deliveries(since, metric) as table
with
latest as (
    select conversions.id, kept.pair, max(kept.sent_at) as sent_at, any_value(amount) as amount
    from other_conversions(metric) as conversions
    join klaviyo_deliveries as kept
        on kept.pair = hash(conversions.profile_id, conversions.message_id)
        and kept.sent_at <= conversions.converted_at
    where credited_to is not null and outcome = 'delivered' and sent_on >= since
        and conversions.converted_on >= since
        and conversions.profile_id is not null and conversions.message_id is not null
    group by conversions.id, kept.pair
),
owned as (
    select pair, sent_at, count(*) as conversions, coalesce(sum(amount), 0) as revenue
    from latest
    group by pair, sent_at
)
select
    profile_id,
    message_id,
    flow_id,
    channel,
    outcome,
    kept.sent_at,
    sent_on,
    sends,
    opened_on is not null as is_opened,
    opened_or_machine_on is not null as is_opened_or_machine,
    clicked_on is not null as is_clicked,
    clicked_or_machine_on is not null as is_clicked_or_machine,
    complained_on is not null as is_complained,
    unsubscribed_on is not null as is_unsubscribed,
    case when is_kept then kept.conversions else coalesce(owned.conversions, 0) end as conversions,
    case when is_kept then kept.revenue else coalesce(owned.revenue, 0) end as revenue
from klaviyo_deliveries as kept
left join (select true as is_kept from aggregates_basis where metric_id = metric) as basis on true
left join owned on owned.pair = kept.pair and owned.sent_at = kept.sent_at and kept.outcome = 'delivered'
where sent_on >= since and kept.outcome <> 'unknown'
