-- What `klaviyo_profile_activity` must equal, counted from every event.
create or replace view defined_profile_activity as
with events as (
    select
        profile_id,
        timestamp,
        coalesce(kind, '') as kind,
        klaviyo_events.metric_id is not distinct from (select metric_id from conversion_metric)
            and klaviyo_events.metric_id is not null as is_order,
        kind in ('received_email', 'received_sms', 'received_push', 'received_whatsapp') as is_received,
        kind in ('opened_email', 'opened_sms', 'opened_push', 'opened_whatsapp') and is_machine_open is not true as is_open,
        kind in ('clicked_email', 'clicked_sms', 'clicked_whatsapp') and is_bot_click is not true as is_click,
        kind in ('subscribed_email', 'subscribed_sms', 'subscribed_list') as is_subscription,
        case
            when upper(klaviyo_events.currency) <> (select currency from account) then 0
            else coalesce(value, 0)
        end as amount
    from klaviyo_events
    left join metric_kinds on metric_kinds.metric_id = klaviyo_events.metric_id
    where profile_id is not null and timestamp is not null
),
summed as (
    select
        profile_id,
        count(*) filter (where is_order) + count(*) filter (where is_received) + count(*) filter (where is_open)
            + count(*) filter (where is_click) + count(*) filter (where is_subscription)
            + count(*) filter (where kind = 'active_on_site') as events,
        count(*) filter (where is_received) as received,
        count(*) filter (where kind = 'received_email') as emails_received,
        count(*) filter (where is_open) as opens,
        count(*) filter (where is_click) as clicks,
        count(*) filter (where is_order) as orders,
        cast(coalesce(sum(amount) filter (where is_order), 0) as decimal(38, 4)) as revenue,
        min(timestamp) filter (where kind = 'received_email') as first_emailed_at,
        max(timestamp) filter (where kind = 'received_email') as last_emailed_at,
        max(timestamp) filter (where is_received) as last_received_at,
        max(timestamp) filter (where is_open) as last_opened_at,
        max(timestamp) filter (where is_click) as last_clicked_at,
        max(timestamp) filter (where is_order) as last_ordered_at,
        max(timestamp) filter (where kind = 'active_on_site') as last_visited_at,
        max(timestamp) filter (where is_subscription) as last_subscribed_at
    from events
    group by profile_id
)
select * from summed where events > 0
