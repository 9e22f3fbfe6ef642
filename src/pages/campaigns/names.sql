-- By which names do events and deliveries know the messages of the campaigns of $ids, a list with commas, and from which local
-- day to which was each sent? Events of older campaigns name the campaign itself.
with names as (
    select campaign_id, message_id as name
    from messages
    where list_contains(string_split(cast($ids as varchar), ','), campaign_id)
    union
    select alias, alias
    from message_aliases
    where list_contains(string_split(cast($ids as varchar), ','), alias)
)
select names.campaign_id, name, first_on, last_on
from names
left join campaign_starts on campaign_starts.campaign_id = names.campaign_id
order by names.campaign_id, name
