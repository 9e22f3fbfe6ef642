-- Where are the mailboxes that the campaign $id was sent to, and how did it fare there? One row per provider, of everyone
-- whose e-mail address is known. It was sent on local days from $first_on to before $after; $machine counts what only
-- machines opened or clicked, too.
select
    coalesce(provider, 'unknown') as provider,
    cast(sum(sends) as bigint) as recipients,
    cast(coalesce(sum(sends) filter (where outcome = 'delivered'), 0) as bigint) as delivered,
    cast(coalesce(sum(sends) filter (where outcome = 'bounced'), 0) as bigint) as bounced,
    count(*) filter (where opens > 0 or ($machine and machine_opens > 0)) as opened,
    count(*) filter (where clicks > 0 or ($machine and bot_clicks > 0)) as clicked,
    opened / nullif(delivered, 0) as open_rate,
    clicked / nullif(delivered, 0) as click_rate,
    bounced / nullif(recipients, 0) as bounce_rate
from message_deliveries(
    string_split(cast($names as varchar), ','), cast($first_on as date), cast($after as date)
) as deliveries
left join profile_mailboxes on profile_mailboxes.profile_id = deliveries.profile_id
where channel = 'email'
group by provider
order by delivered desc, provider
