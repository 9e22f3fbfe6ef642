-- What was sent: one row per message of a campaign or flow, deleted ones included because their events remain.
-- A campaign whose messages are not known, or of which events cannot say which one, is a message of its own. Several
-- messages of one campaign are told apart by their subjects, those of one subject by their ids.
create or replace view messages as
with raw as (
    select
        klaviyo_campaign_messages.id as message_id,
        klaviyo_campaign_messages.channel,
        campaign_id,
        null as flow_id,
        coalesce(
            klaviyo_campaigns.name
                || case
                    when count(*) over (partition by campaign_id) = 1 then ''
                    when subject is null or count(*) over (partition by campaign_id, subject) > 1
                        then ': ' || klaviyo_campaign_messages.id
                    else ': ' || subject
                end,
            label
        ) as name
    from klaviyo_campaign_messages
    left join klaviyo_campaigns on klaviyo_campaigns.id = campaign_id
    union all
    select
        klaviyo_campaigns.id as message_id,
        (select min(channel) from klaviyo_campaign_messages where campaign_id = klaviyo_campaigns.id) as channel,
        klaviyo_campaigns.id as campaign_id,
        null as flow_id,
        name
    from klaviyo_campaigns
    where id not in (select alias from message_aliases)
        and id not in (select id from klaviyo_campaign_messages)
    union all
    select
        klaviyo_flow_messages.id as message_id,
        klaviyo_flow_messages.channel,
        null as campaign_id,
        flow_id,
        name
    from klaviyo_flow_messages
    left join klaviyo_flow_actions on klaviyo_flow_actions.id = flow_action_id
)
select
    message_id,
    -- Klaviyo spells push in three ways.
    case
        when lower(channel) in ('mobile_push', 'push-notification', 'mobile-push') then 'push'
        else lower(channel)
    end as channel,
    campaign_id,
    flow_id,
    name
from raw
