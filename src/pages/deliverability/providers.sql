-- How did e-mail sent on local days from $start to before $before fare at each mailbox provider? $machine counts what only
-- machines opened or clicked, too.
with sums as (
    select
        coalesce(provider, 'No address any more') as provider,
        cast(sum(recipients) as bigint) as recipients,
        cast(sum(delivered) as bigint) as delivered,
        cast(sum(bounced) as bigint) as bounced,
        cast(sum(case when $machine then opened_or_machine else opened end) as bigint) as opened,
        cast(sum(case when $machine then clicked_or_machine else clicked end) as bigint) as clicked,
        cast(sum(complained) as bigint) as complained,
        cast(sum(unsubscribed) as bigint) as unsubscribed
    from page_mailboxes as results
    group by coalesce(results.provider, 'No address any more')
)
select
    *,
    bounced / nullif(recipients, 0) as bounce_rate,
    complained / nullif(delivered, 0) as complaint_rate,
    unsubscribed / nullif(delivered, 0) as unsubscribe_rate,
    opened / nullif(delivered, 0) as open_rate,
    clicked / nullif(delivered, 0) as click_rate
from sums
