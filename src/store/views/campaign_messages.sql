-- What the messages of campaigns say, deleted ones included because their events remain. Texts and pushes have a body in
-- place of a template.
create or replace view campaign_messages as
select
    klaviyo_campaign_messages.id as message_id,
    klaviyo_campaign_messages.campaign_id,
    messages.channel,
    label,
    subject,
    preview_text,
    from_email,
    from_label,
    template_id,
    nullif(trim(cast(metadata.definition.content.body as varchar)), '') as body
from klaviyo_campaign_messages
left join messages on messages.message_id = klaviyo_campaign_messages.id
