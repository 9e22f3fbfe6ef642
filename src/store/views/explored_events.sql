-- Every event as Explore sees it: one row per event of any metric. `message_id` is the message that the event is of, or that it
-- is credited to; `amount` is gross, in the account's currency, and absent in another. `properties` is the document as text.
create or replace view explored_events as
select
    klaviyo_events.id,
    metric_id,
    profile_id,
    local_datetime as happened_locally_at,
    cast(local_datetime as date) as happened_on,
    case when coalesce(upper(klaviyo_events.currency) <> account.currency, false) then null else value end as amount,
    coalesce(
        klaviyo_events.message_id, attributed_flow_message_id, attributed_campaign_message_id, attributed_campaign_id
    ) as message_id,
    coalesce(flow_id, attributed_flow_id) as flow_id,
    variation_id,
    form_id,
    properties
from klaviyo_events
left join account on true
