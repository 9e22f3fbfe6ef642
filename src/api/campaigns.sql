-- How did the campaigns do that were sent on local days from $start to before $before? Conversions are of
-- $metric; $machine counts what only machines opened or clicked, too.
with results as (
    select
        campaign_id,
        cast(sum(recipients) as bigint) as recipients,
        cast(sum(delivered) as bigint) as delivered,
        cast(sum(openable) as bigint) as openable,
        cast(sum(case when $machine then opened_or_machine else opened end) as bigint) as opened,
        cast(sum(case when $machine then clicked_or_machine else clicked end) as bigint) as clicked,
        cast(sum(unsubscribed) as bigint) as unsubscribed,
        cast(sum(complained) as bigint) as complained,
        cast(sum(converted) as bigint) as converted,
        cast(sum(conversions) as bigint) as conversions,
        cast(sum(revenue) as double) as revenue
    from message_stats($start, $metric) as stats
    join messages on messages.message_id = stats.message_id
    where sent_on < $before and campaign_id is not null
    group by campaign_id
)
select
    results.*,
    campaign_id as id,
    coalesce(campaigns.name, campaign_id) as name,
    campaigns.status,
    coalesce(campaigns.deleted, false) as deleted,
    campaigns.channel,
    campaigns.sent_at
from results
left join campaigns on campaigns.id = campaign_id
order by sent_at desc nulls last, name, id
