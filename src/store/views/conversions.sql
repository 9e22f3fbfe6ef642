-- What people bought: one row per event, of any metric; whoever asks names the metric (see conversion_metric).
-- `amount` is gross, in the account's currency. An order in another currency, or with a value that is no amount, has none.
create or replace view conversions as
select
    klaviyo_events.id,
    metric_id,
    profile_id,
    timestamp as converted_at,
    cast(local_datetime as date) as converted_on,
    -- A missing currency is the account's.
    case when coalesce(upper(klaviyo_events.currency) <> account.currency, false) then null else value end as amount,
    coalesce(upper(klaviyo_events.currency) <> account.currency, false) as is_foreign,
    value is null and value_text is not null as is_unreadable,
    -- What Klaviyo credits with it: a flow, a campaign, or nothing.
    case
        when coalesce(attributed_flow_id, attributed_flow_message_id) is not null then 'flow'
        when coalesce(attributed_campaign_id, attributed_campaign_message_id) is not null then 'campaign'
    end as credited_to,
    coalesce(
        attributed_flow_message_id, message_aliases.message_id, attributed_campaign_message_id, attributed_campaign_id
    ) as message_id,
    attributed_flow_id as flow_id,
    attributed_event_id
from klaviyo_events
left join account on true
left join message_aliases
    on message_aliases.alias = coalesce(attributed_campaign_message_id, attributed_campaign_id)
