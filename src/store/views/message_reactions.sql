-- What people did with messages from `since` to before `until` (UTC): one row per open, click, complaint or unsubscribe of an
-- event that names its message by one of `names`, a list, with the event's document. Older campaigns' events name the campaign
-- (see message_aliases), so that is a name, too; by names, only the documents of these events are read.
create or replace macro message_reactions(names, since, until) as table
select
    events.id,
    events.message_id as name,
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
join message_kinds on message_kinds.metric_id = events.metric_id
where events.message_id in (select unnest(names)) and what in ('open', 'click', 'complaint', 'unsubscribe')
    and timestamp >= since and timestamp < until
