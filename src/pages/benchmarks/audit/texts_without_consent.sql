-- Did text messages of local days from $start to before $before reach people who never consented to texts? Whoever unsubscribed since
-- had consented before. One row
-- per kind of sender, if consent was copied.
with consented as (
    select distinct profile_id from consent_changes where channel in ('sms', 'sms_transactional') and consent in ('SUBSCRIBED', 'UNSUBSCRIBED')
)
select
    case kind when 'campaign' then 'Campaigns' else 'Flows' end as name,
    cast(sum(sends) as bigint) as delivered,
    cast(coalesce(sum(sends) filter (where consented.profile_id is null), 0) as bigint) as without_consent,
    without_consent / sum(sends) as judged_share,
    case when without_consent > 0 then 'Act' else 'Passes' end as verdict,
    format('{}: {:,} of {:,} texts went to people of whom no consent was seen', name, without_consent, cast(sum(sends) as bigint)) as finding
from message_sends
-- Of whom there is no profile any more nothing is known.
join profiles on profiles.id = message_sends.profile_id
left join consented on consented.profile_id = message_sends.profile_id
where $start <= sent_on and sent_on < $before and channel = 'sms' and exists (select 1 from consented)
group by kind
