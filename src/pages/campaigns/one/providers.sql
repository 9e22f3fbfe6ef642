-- Who keeps the mailboxes that the campaign $id was sent to, and how did it fare there? One row per provider, of everyone
-- whose e-mail address is known; $machine counts what only machines opened or clicked, too.
with sums as (
    select
        coalesce(provider, 'unknown') as provider,
        cast(sum(recipients) as bigint) as recipients,
        cast(sum(delivered) as bigint) as delivered,
        cast(sum(bounced) as bigint) as bounced,
        cast(sum(case when $machine then opened_or_machine else opened end) as bigint) as opened,
        cast(sum(case when $machine then clicked_or_machine else clicked end) as bigint) as clicked
    from campaign_mailboxes as mailboxes
    group by coalesce(mailboxes.provider, 'unknown')
)
select
    *,
    opened / nullif(delivered, 0) as open_rate,
    clicked / nullif(delivered, 0) as click_rate,
    bounced / nullif(recipients, 0) as bounce_rate
from sums
order by delivered desc, provider
