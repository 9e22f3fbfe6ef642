-- Forgets what can be subscribed to, before it is listed again.
delete from webhook_topics
