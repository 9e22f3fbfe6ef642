-- Whom the messages named in `names`, a list, were sent to on local days from `since` to before `until`, and what came of it:
-- one row a delivery, bounce or failure, which counts those of one person, message and second. Whoever asks knows the send
-- days (see campaign_starts), so that no others are looked at. What was bought is in message_results.
create or replace macro message_deliveries(names, since, until) as table
select
    pair,
    message_id,
    variation_id,
    profile_id,
    channel,
    outcome,
    sent_at,
    sent_on,
    sends,
    opens,
    machine_opens,
    clicks,
    bot_clicks,
    complaints,
    unsubscribes,
    opened_on is not null as is_opened,
    opened_or_machine_on is not null as is_opened_or_machine,
    clicked_on is not null as is_clicked,
    clicked_or_machine_on is not null as is_clicked_or_machine,
    complained_on is not null as is_complained,
    unsubscribed_on is not null as is_unsubscribed,
    -- of the metric that the sums rest on
    conversions as kept_conversions,
    revenue as kept_revenue
from klaviyo_deliveries as deliveries
where deliveries.message_id in (select unnest(names)) and deliveries.sent_on >= since and deliveries.sent_on < until
    and outcome <> 'unknown'
