-- How did those who can be written to now, through $channel or any, give their consent?
select
    channel_title(channel) as channel,
    coalesce(said, 'Not told') as method,
    detail,
    concat_ws(': ', coalesce(said, 'Not told'), detail) as subscription_source,
    profiles as people
from (
    -- Klaviyo shouts: “FORM”, “LIST_IMPORT”.
    select *, upper(method[1]) || lower(replace(method[2:], '_', ' ')) as said from subscription_sources
)
where cast($channel as varchar) is null or channel = cast($channel as varchar)
