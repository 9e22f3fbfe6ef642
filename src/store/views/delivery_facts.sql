-- What matters to deliveries in the events of `source`, a table with the columns of `klaviyo_events`: one row a send or
-- answer, by the basis that the aggregates rest on. Only a delivery of a message to a person can be answered, and an
-- answer of nobody or to nothing is left out.
create or replace macro delivery_facts(source) as table
with facts as (
    select
        profile_id,
        coalesce(aliases.message_id, events.message_id) as message_id,
        flow_id,
        variation_id,
        channel,
        timestamp as happened_at,
        cast(local_datetime as date) as happened_on,
        what,
        case
            when what = 'open' then coalesce(is_machine_open, false)
            when what = 'click' then coalesce(is_bot_click, false)
            else false
        end as by_machine,
        cast(0 as decimal(18, 4)) as amount
    from query_table(source) as events
    join aggregates_kinds as kinds on kinds.metric_id = events.metric_id
    left join aggregates_aliases as aliases on aliases.alias = events.message_id
    where what not in ('visit', 'subscription')
    union all
    select
        profile_id,
        coalesce(
            attributed_flow_message_id, aliases.message_id, attributed_campaign_message_id, attributed_campaign_id
        ) as message_id,
        attributed_flow_id as flow_id,
        null as variation_id,
        null as channel,
        timestamp as happened_at,
        cast(local_datetime as date) as happened_on,
        'conversion' as what,
        false as by_machine,
        case
            when coalesce(upper(events.currency) <> basis.currency, false) then 0
            else coalesce(value, 0)
        end as amount
    from query_table(source) as events
    join aggregates_basis as basis on basis.metric_id = events.metric_id
    left join aggregates_aliases as aliases
        on aliases.alias = coalesce(attributed_campaign_message_id, attributed_campaign_id)
)
select
    hash(profile_id, message_id) as pair,
    *,
    what <> 'bounced' and what <> 'failed' and profile_id is not null and message_id is not null as is_answerable,
    cast(what in ('delivered', 'bounced', 'failed') as integer) as sends
from facts
where happened_at is not null
    and (what in ('delivered', 'bounced', 'failed') or (profile_id is not null and message_id is not null))
