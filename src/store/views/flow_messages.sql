-- What flows say: one row per message, with the step that sends it; texts and pushes have a body
-- in place of a template. Deleted ones included because their events remain.
create or replace view flow_messages as
select
    klaviyo_flow_messages.id as message_id,
    flow_action_id as action_id,
    klaviyo_flow_actions.flow_id,
    messages.channel,
    coalesce(klaviyo_flow_messages.name, klaviyo_flow_messages.id) as name,
    subject,
    preview_text,
    from_email,
    cast(klaviyo_flow_messages.metadata.definition.from_label as varchar) as from_label,
    template_id,
    nullif(trim(cast(klaviyo_flow_messages.metadata.definition.body as varchar)), '') as body,
    klaviyo_flow_messages.deleted_at is not null or klaviyo_flow_actions.deleted_at is not null as deleted
from klaviyo_flow_messages
left join klaviyo_flow_actions on klaviyo_flow_actions.id = flow_action_id
left join messages on messages.message_id = klaviyo_flow_messages.id
