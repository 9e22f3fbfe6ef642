-- How did the e-mails of `source` fare, by where their mailboxes are? It is a table of deliveries, with the columns of
-- `deliveries`. One row per domain; those who have no address any more are together. Providers are looked up last: domains are
-- few, people are many. People are joined by hashes of 64 bits, which takes half as long as by their ids.
create or replace macro mailbox_results(source) as table
with mailboxes as (
    select hash(id) as person, case when email like '%_@_%' then lower(split_part(email, '@', -1)) end as domain
    from profiles
),
domains as (
    select
        domain,
        cast(sum(sends) as bigint) as recipients,
        cast(sum(case when outcome = 'delivered' then sends else 0 end) as bigint) as delivered,
        cast(sum(case when outcome = 'bounced' then sends else 0 end) as bigint) as bounced,
        count(*) filter (where is_opened) as opened,
        count(*) filter (where is_opened_or_machine) as opened_or_machine,
        count(*) filter (where is_clicked) as clicked,
        count(*) filter (where is_clicked_or_machine) as clicked_or_machine,
        count(*) filter (where is_complained) as complained,
        count(*) filter (where is_unsubscribed) as unsubscribed
    from query_table(source) as deliveries
    left join mailboxes on mailboxes.person = hash(deliveries.profile_id)
    group by domain
)
select domains.*, coalesce(provider, domains.domain) as provider
from domains
left join mailbox_providers on mailbox_providers.domain = domains.domain
