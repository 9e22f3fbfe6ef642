-- What people did with the messages of `campaigns`, a list of ids, from `since` to before `until` (UTC): one row per open,
-- click, complaint or unsubscribe, with the event's document. Events are looked up by the name that they give the message,
-- so that only theirs are read.
create or replace macro campaign_reactions(campaigns, since, until) as table
with names as (
    select message_id as name, message_id, campaign_id
    from messages
    where list_contains(campaigns, campaign_id)
    union all
    select alias, message_id, alias
    from message_aliases
    where list_contains(campaigns, alias)
)
select
    events.id,
    names.campaign_id,
    names.message_id,
    events.profile_id,
    message_kinds.channel,
    what as reaction,
    case
        when what = 'open' then coalesce(is_machine_open, false)
        when what = 'click' then coalesce(is_bot_click, false)
        else false
    end as by_machine,
    timestamp as reacted_at,
    properties
from klaviyo_events as events
join names on names.name = events.message_id
join message_kinds on message_kinds.metric_id = events.metric_id
where what in ('open', 'click', 'complaint', 'unsubscribe') and timestamp >= since and timestamp < until
