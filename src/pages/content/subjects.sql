-- What came of the e-mails of campaigns that were sent on local days from $start to before $before, and what did they say? One
-- row per message with a subject; none where $channel is another. Conversions are of $metric; $machine counts what only machines clicked, too.
with sent as (
    select
        message_id,
        sum(recipients) as recipients,
        sum(delivered) as delivered,
        sum(openable) as openable,
        sum(opened) as opened,
        sum(case when $machine then clicked_or_machine else clicked end) as clicked,
        sum(revenue) as revenue
    from page_sends
    where sent_on >= cast($start as date) and channel = 'email' and campaign_id is not null
        and coalesce(cast($channel as varchar), 'email') = 'email'
    group by message_id
)
select
    subject,
    preview_text,
    cast(recipients as bigint) as recipients,
    cast(delivered as bigint) as delivered,
    cast(openable as bigint) as openable,
    cast(opened as bigint) as opened,
    cast(clicked as bigint) as clicked,
    case when cast($metric as varchar) is not null then cast(revenue as double) end as revenue
from sent
join message_texts using (message_id)
where subject is not null and delivered > 0
order by message_id
