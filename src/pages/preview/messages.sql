-- What do the messages of the campaign or flow $id say, and is their HTML there? Deleted ones of flows are not looked at again.
with said as (
    select campaign_id as sender, message_id, label, subject, preview_text, from_email, from_label, body, template_id
    from campaign_messages
    union all
    select flow_id, message_id, name, subject, preview_text, from_email, from_label, body, template_id
    from flow_messages
    where not deleted
)
select said.* exclude (sender), templates.name as template, html is not null as has_html
from said
left join templates on templates.id = template_id
where sender = cast($id as varchar)
order by label, message_id
