-- $topic can be subscribed to.
insert into webhook_topics (id) values ($topic)
