-- What became of messages on local days from `since` to before `until`: one row per message, flow and day, by the day of
-- sending where `basis` is `sent`, and by the day on which it happened where it is `event`. Sum the counts, then divide.
create or replace macro daily_messages(basis, since, until) as table
with counted as (
    select
        message_id, flow_id, channel, sent_on as day, delivered, bounced, failed, opened, opened_or_machine, clicked,
        clicked_or_machine, complained, unsubscribed, machine_opens, bot_clicks
    from klaviyo_message_stats
    where basis = 'sent' and since <= sent_on and sent_on < until
    union all
    select
        message_id, flow_id, channel, happened_on, delivered, bounced, failed, opened, opened_or_machine, clicked,
        clicked_or_machine, complained, unsubscribed, machine_opens, bot_clicks
    from klaviyo_message_days
    where basis = 'event' and since <= happened_on and happened_on < until
)
select
    counted.message_id,
    campaign_id,
    coalesce(messages.flow_id, counted.flow_id) as flow_id,
    coalesce(messages.channel, counted.channel) as channel,
    day,
    delivered + bounced + failed as recipients,
    delivered,
    -- Deliveries whose opens are told: of a text message none is, but for those with a link of Klaviyo's.
    case when coalesce(messages.channel, counted.channel) = 'sms' then 0 else delivered end as openable,
    bounced,
    failed,
    case when coalesce(messages.channel, counted.channel) = 'sms' then 0 else opened end as opened,
    case when coalesce(messages.channel, counted.channel) = 'sms' then 0 else opened_or_machine end as opened_or_machine,
    clicked,
    clicked_or_machine,
    complained,
    unsubscribed,
    machine_opens,
    bot_clicks
from counted
left join messages on messages.message_id = counted.message_id
