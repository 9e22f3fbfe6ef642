-- The deliveries there were, each taken apart into its send and the answers that it has so far, and what comes.
create or replace temp table delivery_pieces_here as
select
    pair, profile_id, message_id, flow_id, variation_id, channel, outcome,
    outcome = 'delivered' and profile_id is not null and message_id is not null as is_answerable,
    sent_at as starts_at, sent_at as ends_at, sent_on, sends,
    0 as opens, 0 as machine_opens, 0 as clicks, 0 as bot_clicks, 0 as complaints, 0 as unsubscribes, 0 as conversions,
    cast(0 as decimal(38, 4)) as revenue,
    cast(null as date) as opened_on, cast(null as date) as opened_or_machine_on, cast(null as date) as clicked_on,
    cast(null as date) as clicked_or_machine_on, cast(null as date) as complained_on,
    cast(null as date) as unsubscribed_on, cast(null as date) as converted_on
from deliveries_before
where sends > 0
union all
select
    pair, profile_id, message_id, null, null, null, 'delivered', true, first_answer_at, last_answer_at, null, 0,
    opens, machine_opens, clicks, bot_clicks, complaints, unsubscribes, conversions, revenue,
    opened_on, opened_or_machine_on, clicked_on, clicked_or_machine_on, complained_on, unsubscribed_on, converted_on
from deliveries_before
where first_answer_at is not null
union all
select * from delivery_pieces('delivery_changes')
