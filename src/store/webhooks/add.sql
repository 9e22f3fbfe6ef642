-- There is a webhook $id, called $name, with all that Klaviyo tells of it, and the $secret that its deliveries are signed with, if we know it.
insert into webhooks (id, name, endpoint_url, topics, enabled, created_at, secret)
values ($id, $name, $endpoint_url, $topics, $enabled, $created_at, $secret)
