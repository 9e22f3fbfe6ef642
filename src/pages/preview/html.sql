-- What is the HTML of the message $message of the campaign or flow $id, as far as it was copied?
select html
from (
    select campaign_id as sender, message_id, template_id from campaign_messages
    union all
    select flow_id, message_id, template_id from flow_messages
)
join templates on templates.id = template_id
where sender = $id and message_id = $message and html is not null
