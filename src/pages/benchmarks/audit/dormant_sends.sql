-- Which part of what campaigns sent by e-mail on local days from $start to before $before went to people who had been known for
-- $dormant_days days before that, at $start_at in UTC, and were not engaged in them, nor since? One row per campaign of at
-- least $sender_least recipients.
with sent as (
    select messages.campaign_id, profile_id, sends
    from message_sends
    join messages on messages.message_id = message_sends.message_id
    where $start <= sent_on and sent_on < $before and message_sends.kind = 'campaign' and message_sends.channel = 'email'
),
judged as (
    select campaign_id, sum(sends) as delivered from sent group by campaign_id having sum(sends) >= $sender_least
),
quiet as (
    select profile_id
    from profile_activity
    where coalesce(engaged_at < cast($start_at as timestamp) - to_days(cast($dormant_days as integer)), true)
),
newer as (
    select id from profiles where created_at >= cast($start_at as timestamp) - to_days(cast($dormant_days as integer))
),
dormant as (
    select campaign_id, sum(sends) as to_dormant
    from sent
    semi join quiet on quiet.profile_id = sent.profile_id
    anti join newer on newer.id = sent.profile_id
    group by campaign_id
)
select
    judged.campaign_id as id,
    campaigns.name,
    cast(delivered as bigint) as delivered,
    cast(coalesce(to_dormant, 0) as bigint) as to_dormant,
    coalesce(to_dormant, 0) / delivered as judged_share,
    case when judged_share > $dormant_sends_most then 'Look' else 'Passes' end as verdict,
    format('“{}”: {} went to people without a sign of life', campaigns.name, percent_text(judged_share)) as finding
from judged
join campaigns on campaigns.id = judged.campaign_id
left join dormant on dormant.campaign_id = judged.campaign_id
cross join event_span
where event_span.first_on <= cast($start as date) - cast($dormant_days as integer)
