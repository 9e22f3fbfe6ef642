-- What that changes of the sums by message and the day on which things happened: of sends and answers that left and came,
-- of the first of each that a delivery got, and of answers that belong to no delivery.
create or replace temp table message_days_change as
with deliveries_changed as (
    select 1 as sign, * from deliveries_after
    union all
    select -1 as sign, * exclude (place) from deliveries_before
),
-- What a person answered without a delivery has one first of each, on whichever day.
firsts as (
    select
        sign,
        any_value(message_id) as message_id,
        min(opened_on) as opened_on,
        min(opened_or_machine_on) as opened_or_machine_on,
        min(clicked_on) as clicked_on,
        min(clicked_or_machine_on) as clicked_or_machine_on,
        min(complained_on) as complained_on,
        min(unsubscribed_on) as unsubscribed_on,
        min(converted_on) as converted_on
    from deliveries_changed
    where first_answer_at is not null
    group by sign, pair, sent_at
),
days as (
    select
        message_id, flow_id, channel, happened_on, sign, what, by_machine, sign * amount as revenue,
        0 as unowned_answers, 0 as unowned_conversions
    from delivery_changes
    union all
    select message_id, null, null, unnest([
        opened_on, opened_or_machine_on, clicked_on, clicked_or_machine_on, complained_on, unsubscribed_on, converted_on
    ]), sign, unnest([
        'opened', 'opened_or_machine', 'clicked', 'clicked_or_machine', 'complained', 'unsubscribed', 'converted'
    ]), false, 0, 0, 0
    from firsts
    union all
    select
        message_id, null, null,
        least(opened_or_machine_on, clicked_or_machine_on, complained_on, unsubscribed_on, converted_on),
        0, '', false, 0,
        sign * (opens + machine_opens + clicks + bot_clicks + complaints + unsubscribes), sign * conversions
    from deliveries_changed
    where outcome = 'unknown'
)
select
    message_id,
    flow_id,
    channel,
    happened_on,
    sum(sign + unowned_answers + unowned_conversions) as events,
    sum(case when what = 'delivered' then sign else 0 end) as delivered,
    sum(case when what = 'bounced' then sign else 0 end) as bounced,
    sum(case when what = 'failed' then sign else 0 end) as failed,
    sum(case when what = 'open' and not by_machine then sign else 0 end) as opens,
    sum(case when what = 'open' and by_machine then sign else 0 end) as machine_opens,
    sum(case when what = 'opened' then sign else 0 end) as opened,
    sum(case when what = 'opened_or_machine' then sign else 0 end) as opened_or_machine,
    sum(case when what = 'click' and not by_machine then sign else 0 end) as clicks,
    sum(case when what = 'click' and by_machine then sign else 0 end) as bot_clicks,
    sum(case when what = 'clicked' then sign else 0 end) as clicked,
    sum(case when what = 'clicked_or_machine' then sign else 0 end) as clicked_or_machine,
    sum(case when what = 'complained' then sign else 0 end) as complained,
    sum(case when what = 'unsubscribed' then sign else 0 end) as unsubscribed,
    sum(case when what = 'converted' then sign else 0 end) as converted,
    sum(case when what = 'conversion' then sign else 0 end) as conversions,
    sum(revenue) as revenue,
    sum(unowned_answers) as unowned_answers,
    sum(unowned_conversions) as unowned_conversions
from days
where happened_on is not null
group by message_id, flow_id, channel, happened_on
