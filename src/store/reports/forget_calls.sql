-- Requests before $before no longer count.
delete from api_calls where sent_at < $before
