-- Where are the mailboxes that the campaign $id was sent to, and how did it fare there? One row per domain, of everyone
-- whose e-mail address is known; $machine counts what only machines opened or clicked, too.
with counted as (
    select
        coalesce(domain, 'unknown') as domain,
        coalesce(provider, 'unknown') as provider,
        recipients,
        delivered,
        bounced,
        case when $machine then opened_or_machine else opened end as opened,
        case when $machine then clicked_or_machine else clicked end as clicked
    from campaign_mailboxes
)
select
    *,
    opened / nullif(delivered, 0) as open_rate,
    clicked / nullif(delivered, 0) as click_rate,
    bounced / nullif(recipients, 0) as bounce_rate
from counted
order by delivered desc, domain
