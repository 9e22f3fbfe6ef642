-- Whose consent changed with the profiles that were written at $written_at, or with any where that is null?
-- A change is one of consent, of whether anything can be received, or of the reason why not; each becomes a row.
insert into klaviyo_consent_history
with written as (
    select *, deleted_at is not null as gone
    from klaviyo_profiles
    where cast($written_at as timestamp) is null or synced_at = cast($written_at as timestamp)
),
states as (
    select id as profile_id, gone, created_at, synced_at, unnest([
        {
            'channel': 'email', 'consent': email_consent, 'can_receive': can_receive_email, 'reason': email_suppression,
            'method': email_consent_method,
            'told_at': greatest(email_consent_at, email_consent_updated_at, email_suppressed_at)
        },
        {
            'channel': 'sms', 'consent': sms_consent, 'can_receive': can_receive_sms, 'reason': null,
            'method': sms_consent_method, 'told_at': greatest(sms_consent_at, sms_consent_updated_at)
        },
        {
            'channel': 'sms_transactional', 'consent': sms_transactional_consent,
            'can_receive': can_receive_sms_transactional, 'reason': null, 'method': null,
            'told_at': sms_transactional_consent_at
        },
        {
            'channel': 'push', 'consent': push_consent, 'can_receive': can_receive_push, 'reason': null, 'method': null,
            'told_at': push_consent_at
        },
        {
            'channel': 'whatsapp', 'consent': whatsapp_consent, 'can_receive': can_receive_whatsapp, 'reason': null,
            'method': null, 'told_at': whatsapp_consent_at
        },
        {
            'channel': 'whatsapp_transactional', 'consent': whatsapp_transactional_consent,
            'can_receive': can_receive_whatsapp_transactional, 'reason': null, 'method': null,
            'told_at': whatsapp_transactional_consent_at
        }
    ], recursive := true)
    from written
),
-- Nothing is received by whom Klaviyo no longer knows.
now as (
    select
        profile_id, channel, consent, gone, created_at, synced_at, method, told_at,
        coalesce(can_receive, false) and not gone as can_receive,
        case when gone then 'DELETED' else reason end as reason
    from states
),
before as (
    select
        profile_id, channel, max(seen_at) as seen_at,
        unnest(max_by({'was': consent, 'could': can_receive, 'why': reason, 'since': changed_at}, seen_at))
    from klaviyo_consent_history
    where profile_id in (select id from written)
    group by profile_id, channel
)
select
    now.profile_id, now.channel, now.consent, now.can_receive, now.reason, now.method,
    case
        when gone then synced_at
        when before.seen_at is null then least(coalesce(told_at, created_at, synced_at), synced_at)
        when told_at > since then least(told_at, synced_at)
        else synced_at
    end as changed_at,
    synced_at as seen_at, was as previous_consent, could as previous_can_receive
from now
left join before on before.profile_id = now.profile_id and before.channel = now.channel
where case
    -- Who never consented, or went before anything was known, has no history.
    when before.seen_at is null
        then not gone and (can_receive or reason is not null or coalesce(consent, 'NEVER_SUBSCRIBED') <> 'NEVER_SUBSCRIBED')
    else consent is distinct from was or can_receive <> could or reason is distinct from why
end
