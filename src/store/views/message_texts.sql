-- What messages say: one row per message of a campaign or flow. An e-mail has a subject and a preview, a push message a title
-- (which stands as its subject) and a body, a text message a body.
create or replace view message_texts as
select
    id as message_id,
    nullif(trim(subject), '') as subject,
    nullif(trim(preview_text), '') as preview_text,
    nullif(trim(cast(metadata.definition.content.body as varchar)), '') as body
from klaviyo_campaign_messages
union all
select
    id,
    nullif(trim(subject), ''),
    nullif(trim(preview_text), ''),
    nullif(trim(cast(metadata.definition.body as varchar)), '')
from klaviyo_flow_messages
