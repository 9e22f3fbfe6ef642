-- How did e-mail sent on local days from `since` to before `until` fare, by where its mailboxes are? One row per domain;
-- those who have no address any more are together. Providers are looked up last: domains are few, people are many.
create or replace macro mailbox_results(since, until) as table
with domains as (
    select
        case when email like '%_@_%' then lower(split_part(email, '@', -1)) end as domain,
        cast(sum(sends) as bigint) as recipients,
        cast(sum(case when outcome = 'delivered' then sends else 0 end) as bigint) as delivered,
        cast(sum(case when outcome = 'bounced' then sends else 0 end) as bigint) as bounced,
        count(opened_on) as opened,
        count(opened_or_machine_on) as opened_or_machine,
        count(clicked_on) as clicked,
        count(clicked_or_machine_on) as clicked_or_machine,
        count(complained_on) as complained,
        count(unsubscribed_on) as unsubscribed
    from klaviyo_deliveries as deliveries
    left join profiles on profiles.id = deliveries.profile_id
    where channel = 'email' and outcome <> 'unknown' and since <= sent_on and sent_on < until
    group by domain
)
select domains.*, coalesce(provider, domains.domain) as provider
from domains
left join mailbox_providers on mailbox_providers.domain = domains.domain
