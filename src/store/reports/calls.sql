-- Which requests that count by the day went out since $since?
select endpoint, sent_at from api_calls where sent_at >= $since order by sent_at
