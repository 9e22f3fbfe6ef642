-- What can be subscribed to?
select id from webhook_topics order by id
