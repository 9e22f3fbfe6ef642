-- What is the HTML of the message $message of the campaign $id, as far as it was copied?
select html
from campaign_messages
join templates on templates.id = template_id
where campaign_id = $id and message_id = $message and html is not null
