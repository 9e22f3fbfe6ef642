-- Whom conversions of `metric` on local days from `since` to before `until` are credited to: one row each, with the message
-- that Klaviyo names and the one that was touched last within `windows` (see `last_touches`).
create or replace macro credits(metric, windows, machine, since, until) as table
select
    bought.id,
    bought.converted_at,
    bought.converted_on,
    bought.profile_id,
    bought.amount,
    is_foreign,
    is_unreadable,
    credited_to,
    bought.message_id,
    theirs.campaign_id,
    coalesce(theirs.flow_id, bought.flow_id) as flow_id,
    credited_channels.channel,
    last.message_id as touched_message_id,
    -- A message that is not copied is neither.
    case
        when ours.flow_id is not null then 'flow'
        when ours.campaign_id is not null then 'campaign'
        when last.message_id is not null then 'unknown'
    end as touched_credited_to,
    ours.campaign_id as touched_campaign_id,
    ours.flow_id as touched_flow_id,
    last.channel as touched_channel,
    coalesce(has_several_messages, false) as has_several_messages,
    coalesce(has_several_channels, false) as has_several_channels
from bought(metric) as bought
join credited_channels(metric, since, until) as credited_channels on credited_channels.id = bought.id
left join last_touches(metric, windows, machine, since, until) as last on last.conversion_id = bought.id
left join messages as theirs on theirs.message_id = bought.message_id
left join messages as ours on ours.message_id = last.message_id
where since <= bought.converted_on and bought.converted_on < until
