-- Adds it to them. What nothing was sent of any more goes.
merge into klaviyo_message_stats as kept
using message_stats_change as change
on kept.message_id is not distinct from change.message_id
    and kept.flow_id is not distinct from change.flow_id
    and kept.variation_id is not distinct from change.variation_id
    and kept.channel is not distinct from change.channel
    and kept.sent_on is not distinct from change.sent_on
when matched and kept.delivered + kept.bounced + kept.failed + change.delivered + change.bounced + change.failed = 0 then delete
when matched then update set
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
    revenue = kept.revenue + change.revenue
when not matched and change.delivered + change.bounced + change.failed <> 0 then insert (message_id, flow_id, variation_id, channel, sent_on, delivered, bounced, failed, opens, machine_opens, opened, opened_or_machine, clicks, bot_clicks, clicked, clicked_or_machine, complained, unsubscribed, converted, conversions, revenue)
values (change.message_id, change.flow_id, change.variation_id, change.channel, change.sent_on, change.delivered, change.bounced, change.failed, change.opens, change.machine_opens, change.opened, change.opened_or_machine, change.clicks, change.bot_clicks, change.clicked, change.clicked_or_machine, change.complained, change.unsubscribed, change.converted, change.conversions, change.revenue)
