-- How did each message or variation of the campaign $id do, of which people were sent one or another? It was sent on local
-- days from $first_on to before $after. Conversions are of $metric; $machine counts what only machines opened or clicked, too.
with arms as (
    select
        message_id,
        variation_id,
        max(channel) as channel,
        cast(sum(sends) as bigint) as recipients,
        cast(coalesce(sum(sends) filter (where outcome = 'delivered'), 0) as bigint) as delivered,
        cast(coalesce(sum(sends) filter (where outcome = 'delivered' and channel <> 'sms'), 0) as bigint) as openable,
        cast(sum(sends) filter (where outcome = 'delivered' and tells(channel, 'clicked')) as bigint) as clickable,
        cast(sum(sends) filter (where tells(channel, 'bounced')) as bigint) as bounceable,
        cast(sum(sends) filter (where tells(channel, 'failed')) as bigint) as failable,
        cast(sum(sends) filter (where outcome = 'delivered' and tells(channel, 'unsubscribed')) as bigint) as unsubscribable,
        cast(sum(sends) filter (where outcome = 'delivered' and tells(channel, 'complained')) as bigint) as complainable,
        cast(coalesce(sum(sends) filter (where outcome = 'bounced'), 0) as bigint) as bounced,
        cast(coalesce(sum(sends) filter (where outcome = 'failed'), 0) as bigint) as failed,
        count(*) filter (where channel <> 'sms' and (opens > 0 or ($machine and machine_opens > 0))) as opened,
        count(*) filter (where channel <> 'sms' and (opens > 0 or machine_opens > 0)) as opened_at_all,
        count(*) filter (where channel <> 'sms' and opens = 0 and machine_opens > 0) as opened_by_machines,
        count(*) filter (where clicks > 0 or ($machine and bot_clicks > 0)) as clicked,
        count(*) filter (where unsubscribes > 0) as unsubscribed,
        count(*) filter (where complaints > 0) as complained,
        cast(sum(machine_opens) as bigint) as machine_opens,
        cast(sum(bot_clicks) as bigint) as bot_clicks,
        case when cast($metric as varchar) is not null then count(*) filter (where conversions > 0) end as converted,
        case when cast($metric as varchar) is not null then cast(sum(conversions) as bigint) end as conversions,
        case when cast($metric as varchar) is not null then cast(sum(revenue) as double) end as revenue
    from message_results(
        string_split(cast($names as varchar), ','), cast($first_on as date), cast($after as date), $metric
    )
    group by message_id, variation_id
),
called as (
    select arms.*, coalesce(campaign_messages.subject, said.subject) as subject
    from arms
    left join campaign_messages on campaign_messages.message_id = arms.message_id
    left join variation_subjects(
        string_split(cast($names as varchar), ','),
        cast($first_on as timestamp) - interval '1' day,
        cast($after as timestamp) + interval '1' day
    ) as said on said.variation_id = arms.variation_id
)
select
    coalesce(variation_id, message_id) as id,
    -- What tells them apart is what they say; of two messages with one subject, their ids.
    coalesce(
        case when count(*) over (partition by subject) = 1 then subject end, variation_id, message_id
    ) as name,
    called.* exclude (subject) replace (
        case when tells(channel, 'bounced') then bounced end as bounced,
        case when tells(channel, 'failed') then failed end as failed,
        case when tells(channel, 'opened') then opened end as opened,
        case when tells(channel, 'clicked') then clicked end as clicked,
        case when tells(channel, 'unsubscribed') then unsubscribed end as unsubscribed,
        case when tells(channel, 'complained') then complained end as complained
    ),
    opened / nullif(openable, 0) as open_rate,
    clicked / nullif(clickable, 0) as click_rate,
    converted / nullif(delivered, 0) as conversion_rate,
    unsubscribed / nullif(unsubscribable, 0) as unsubscribe_rate,
    revenue / nullif(recipients, 0) as revenue_per_recipient
from called
order by recipients desc, name, id
