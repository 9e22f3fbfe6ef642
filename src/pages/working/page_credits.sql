-- To which messages are conversions of $metric credited, by Klaviyo and by the last touch within $windows? See `credits`;
-- $machine counts touches by machines, too. `their_day` and `touch_day` are the local days that either side counts by: where
-- $basis is `event` that of the conversion, from $since to before $before; where it is `sent` that on which the credited
-- message was sent to its person, and conversions are those from $since to $today.
create or replace temp table page_credits as
with credited as (
    select *
    from credits(
        cast($metric as varchar), $windows, $machine, cast($since as date),
        case when $basis = 'sent' then cast($today as date) + 1 else cast($before as date) end
    )
),
theirs as (
    select id, profile_id, message_id, converted_at from credited where $basis = 'sent' and credited_to is not null
),
ours as (
    select id, profile_id, touched_message_id as message_id, converted_at from credited where $basis = 'sent'
)
select
    credited.*,
    case when $basis = 'sent' then their_sends.sent_on else converted_on end as their_day,
    case when $basis = 'sent' then our_sends.sent_on else converted_on end as touch_day
from credited
left join send_days('theirs') as their_sends on their_sends.id = credited.id
left join send_days('ours') as our_sends on our_sends.id = credited.id
