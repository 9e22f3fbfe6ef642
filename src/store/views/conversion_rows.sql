-- The conversions among the events of `source`, a table with the columns of `summed_events`, by the basis that the sums
-- rest on; see `conversions`.
create or replace macro conversion_rows(source) as table
select
    events.id,
    profile_id,
    timestamp as converted_at,
    cast(local_datetime as date) as converted_on,
    case when coalesce(upper(events.currency) <> basis.currency, false) then null else value end as amount,
    coalesce(upper(events.currency) <> basis.currency, false) as is_foreign,
    value is null and value_text is not null as is_unreadable,
    case
        when coalesce(attributed_flow_id, attributed_flow_message_id) is not null then 'flow'
        when coalesce(attributed_campaign_id, attributed_campaign_message_id) is not null then 'campaign'
    end as credited_to,
    coalesce(
        attributed_flow_message_id, aliases.message_id, attributed_campaign_message_id, attributed_campaign_id
    ) as message_id,
    attributed_flow_id as flow_id,
    attributed_event_id
from query_table(source) as events
join aggregates_basis as basis on basis.metric_id = events.metric_id
left join aggregates_aliases as aliases
    on aliases.alias = coalesce(attributed_campaign_message_id, attributed_campaign_id)
