-- The deliveries that the pieces in `source` make. A piece is a send, or answers that lie together in time: these belong
-- to the latest delivery of their person and message at or before them. What cannot be answered is counted by the second;
-- there a piece may take back what another counted.
create or replace macro delivery_rows(source) as table
with placed as (
    select
        *,
        case
            when is_answerable
                then sum(sends) over (partition by pair, is_answerable order by starts_at, sends = 0)
            else epoch_us(starts_at)
        end as place
    from query_table(source)
),
-- What belongs to no delivery is kept by day.
parted as (
    select
        *,
        case
            when place = 0 and is_answerable then least(
                opened_or_machine_on, clicked_or_machine_on, complained_on, unsubscribed_on, converted_on
            )
        end as unowned_on
    from placed
)
select
    pair,
    any_value(profile_id) as profile_id,
    any_value(message_id) as message_id,
    max(flow_id) as flow_id,
    max(variation_id) as variation_id,
    max(channel) as channel,
    case when unowned_on is null then outcome else 'unknown' end as outcome,
    case when unowned_on is null then min(starts_at) end as sent_at,
    max(sent_on) as sent_on,
    cast(sum(sends) as integer) as sends,
    cast(sum(opens) as integer) as opens,
    cast(sum(machine_opens) as integer) as machine_opens,
    cast(sum(clicks) as integer) as clicks,
    cast(sum(bot_clicks) as integer) as bot_clicks,
    cast(sum(complaints) as integer) as complaints,
    cast(sum(unsubscribes) as integer) as unsubscribes,
    cast(sum(conversions) as integer) as conversions,
    cast(sum(revenue) as decimal(38, 4)) as revenue,
    min(case when sends = 0 then starts_at end) as first_answer_at,
    max(case when sends = 0 then ends_at end) as last_answer_at,
    min(opened_on) as opened_on,
    min(opened_or_machine_on) as opened_or_machine_on,
    min(clicked_on) as clicked_on,
    min(clicked_or_machine_on) as clicked_or_machine_on,
    min(complained_on) as complained_on,
    min(unsubscribed_on) as unsubscribed_on,
    min(converted_on) as converted_on
from parted
group by pair, outcome, is_answerable, place, unowned_on
having is_answerable or sum(sends) > 0
