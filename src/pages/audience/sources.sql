-- How did those who can be written to now, through $channel or any, give their consent?
select
    channel_title(channel) as channel,
    coalesce(method, 'Not told') as method,
    detail,
    concat_ws(': ', coalesce(method, 'Not told'), detail) as subscription_source,
    profiles as people
from subscription_sources
where cast($channel as varchar) is null or channel = cast($channel as varchar)
