-- Everything that happened with each person: one row an event, with the message, form and conversion it is about by name.
create or replace view profile_events as
select
    events.id,
    events.profile_id,
    timestamp as happened_at,
    coalesce(klaviyo_metrics.name, events.metric_id, 'Unknown') as metric,
    coalesce(kind, 'other') as kind,
    value as amount,
    upper(events.currency) as currency,
    coalesce(message_aliases.message_id, events.message_id) as message_id,
    coalesce(messages.campaign_id, case when events.flow_id is null then klaviyo_campaigns.id end) as campaign_id,
    coalesce(messages.flow_id, events.flow_id) as flow_id,
    coalesce(messages.name, klaviyo_campaigns.name) as message_name,
    events.form_id,
    klaviyo_forms.name as form_name,
    coalesce(is_machine_open, false) or coalesce(is_bot_click, false) as by_machine,
    attributed_flow_id,
    attributed_campaign_id,
    properties
from klaviyo_events as events
left join metric_kinds on metric_kinds.metric_id = events.metric_id
left join klaviyo_metrics on klaviyo_metrics.id = events.metric_id
left join message_aliases on message_aliases.alias = events.message_id
left join messages on messages.message_id = coalesce(message_aliases.message_id, events.message_id)
left join klaviyo_campaigns on klaviyo_campaigns.id = events.message_id
left join klaviyo_forms on klaviyo_forms.id = events.form_id
