-- What do the messages of the campaign $id say, and is their HTML there?
select
    message_id,
    campaign_messages.channel,
    label,
    subject,
    preview_text,
    from_email,
    from_label,
    body,
    template_id,
    templates.name as template,
    html is not null as has_html
from campaign_messages
left join templates on templates.id = template_id
where campaign_id = cast($id as varchar)
order by message_id
