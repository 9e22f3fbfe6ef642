-- Which conversions of `metric` on local days from `since` to before `until` are in no sum, because they are in another currency
-- or their value is no amount? One row each, with what it is credited to; by the day of the conversion, or, where `basis` is
-- `sent`, by that on which the credited message was sent.
create or replace macro left_out_orders(basis, since, until, metric) as table
with odd as materialized (
    select id, profile_id, message_id, flow_id, credited_to, converted_at, converted_on, is_foreign, is_unreadable
    from bought(metric)
    where (is_foreign or is_unreadable) and since <= converted_on and (basis = 'sent' or converted_on < until)
),
credited as (
    select id, profile_id, message_id, converted_at from odd where basis = 'sent' and credited_to is not null
)
select
    odd.id,
    credited_to,
    campaign_id,
    coalesce(messages.flow_id, odd.flow_id) as flow_id,
    channel,
    is_foreign,
    is_unreadable
from odd
left join send_days('credited') as sends on sends.id = odd.id
left join messages on messages.message_id = odd.message_id
where basis = 'event' or (since <= sent_on and sent_on < until)
