-- How many of the deliveries of local days from $start to before $before that were opened were opened by machines alone? One row
-- per kind of sender, of e-mail with at least $sender_least recipients.
with results as (
    select
        case when messages.campaign_id is null then 'Flows' else 'Campaigns' end as name,
        sum(recipients) as recipients,
        sum(opened) as opened,
        sum(opened_or_machine) as opened_or_machine
    from message_stats($start, $metric) as stats
    left join messages on messages.message_id = stats.message_id
    where sent_on < $before and coalesce(messages.channel, stats.channel) = 'email'
    group by all
)
select
    name,
    cast(opened as bigint) as opened,
    cast(opened_or_machine as bigint) as opened_or_machine,
    (opened_or_machine - opened) / opened_or_machine as judged_share,
    case when (opened_or_machine - opened) / opened_or_machine > $machine_most then 'Look' else 'Passes' end as verdict,
    format('{}: {} of the opened are opened by machines alone', name, percent_text((opened_or_machine - opened) / opened_or_machine)) as finding
from results
where recipients >= $sender_least and opened_or_machine > 0
