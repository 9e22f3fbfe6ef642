-- How often people came and went by the events of Klaviyo, on each local day: one row per channel, day and what happened.
-- What was suppressed for a bounce is told by the profile; see `suppressions`.
create or replace view subscription_events as
select
    case when kind like '%_sms' then 'sms' else 'email' end as channel,
    cast(time_bucket as date) as day,
    case
        when starts_with(kind, 'subscribed_') then 'subscribed'
        when kind = 'marked_spam' then 'complained'
        else 'unsubscribed'
    end as what,
    cast(sum(event_count) as bigint) as events
from klaviyo_aggregated_metrics as sums
join metric_kinds on metric_kinds.metric_id = sums.metric_id
where bucket_size = 'day'
    and kind in ('subscribed_email', 'subscribed_sms', 'unsubscribed_email', 'unsubscribed_sms', 'marked_spam')
group by all
