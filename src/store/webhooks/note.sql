-- Notes a delivery of $events events, unless the same is there: its $body by $digest, from $webhook at $now.
insert into webhook_inbox (digest, webhook_id, received_at, events, body)
select $digest, $webhook, $now, $events, $body
where not exists (select 1 from webhook_inbox where digest = $digest)
