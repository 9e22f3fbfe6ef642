-- A request to $endpoint goes out at $now.
insert into api_calls (endpoint, sent_at) values ($endpoint, $now)
