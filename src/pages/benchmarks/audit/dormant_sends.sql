-- Which part of what campaigns sent by e-mail on local days from $start to before $before went to people who had done nothing
-- for $dormant_days days before $start, nor since? One row per campaign of at least $sender_least recipients.
with sent as (
    select
        messages.campaign_id,
        sum(sends) as delivered,
        sum(sends) filter (where deeds.profile_id is null) as dormant
    from message_sends
    join messages on messages.message_id = message_sends.message_id
    left join last_deeds(cast($start as date) - cast($dormant_days as integer)) as deeds on deeds.profile_id = message_sends.profile_id
    where $start <= sent_on and sent_on < $before and message_sends.kind = 'campaign' and message_sends.channel = 'email'
    group by messages.campaign_id
    having sum(sends) >= $sender_least
)
select
    campaign_id as id,
    campaigns.name,
    cast(delivered as bigint) as delivered,
    cast(coalesce(dormant, 0) as bigint) as to_dormant,
    coalesce(dormant, 0) / delivered as judged_share,
    case when coalesce(dormant, 0) / delivered > $dormant_sends_most then 'Look' else 'Passes' end as verdict,
    format('“{}”: {} went to people without a sign of life', campaigns.name, percent_text(coalesce(dormant, 0) / delivered)) as finding
from sent
join campaigns on campaigns.id = campaign_id
cross join event_span
where event_span.first_on <= cast($start as date) - cast($dormant_days as integer)
