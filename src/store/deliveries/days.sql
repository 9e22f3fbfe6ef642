-- Adds it to them. Days without anything go.
merge into klaviyo_message_days as kept
using message_days_change as change
on kept.message_id is not distinct from change.message_id
    and kept.flow_id is not distinct from change.flow_id
    and kept.channel is not distinct from change.channel
    and kept.happened_on is not distinct from change.happened_on
when matched and kept.events + change.events = 0 then delete
when matched then update set
    events = kept.events + change.events,
    delivered = kept.delivered + change.delivered,
    bounced = kept.bounced + change.bounced,
    failed = kept.failed + change.failed,
    opens = kept.opens + change.opens,
    machine_opens = kept.machine_opens + change.machine_opens,
    opened = kept.opened + change.opened,
    opened_or_machine = kept.opened_or_machine + change.opened_or_machine,
    clicks = kept.clicks + change.clicks,
    bot_clicks = kept.bot_clicks + change.bot_clicks,
    clicked = kept.clicked + change.clicked,
    clicked_or_machine = kept.clicked_or_machine + change.clicked_or_machine,
    complained = kept.complained + change.complained,
    unsubscribed = kept.unsubscribed + change.unsubscribed,
    converted = kept.converted + change.converted,
    conversions = kept.conversions + change.conversions,
    revenue = kept.revenue + change.revenue,
    unowned_answers = kept.unowned_answers + change.unowned_answers,
    unowned_conversions = kept.unowned_conversions + change.unowned_conversions
when not matched and change.events <> 0 then insert (message_id, flow_id, channel, happened_on, events, delivered, bounced, failed, opens, machine_opens, opened, opened_or_machine, clicks, bot_clicks, clicked, clicked_or_machine, complained, unsubscribed, converted, conversions, revenue, unowned_answers, unowned_conversions)
values (change.message_id, change.flow_id, change.channel, change.happened_on, change.events, change.delivered, change.bounced, change.failed, change.opens, change.machine_opens, change.opened, change.opened_or_machine, change.clicks, change.bot_clicks, change.clicked, change.clicked_or_machine, change.complained, change.unsubscribed, change.converted, change.conversions, change.revenue, change.unowned_answers, change.unowned_conversions)
