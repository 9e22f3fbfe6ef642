-- How did e-mail sent on local days from `since` to before `until` fare, by where its mailboxes are? One row per domain;
-- those who have no address any more are together.
create or replace macro mailbox_results(since, until) as table
select
    domain,
    provider,
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
left join profile_mailboxes on profile_mailboxes.profile_id = deliveries.profile_id
where channel = 'email' and outcome <> 'unknown' and since <= sent_on and sent_on < until
group by domain, provider
