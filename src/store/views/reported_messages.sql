-- What Klaviyo itself reports of messages: one row per message and month of sending, as of `fetched_at`. Counts add up
-- over months; divide their sums. Opens include those by machines, and conversions are in any currency.
create or replace view reported_messages as
with reports as (
    select
        'campaign_values_reports' as entity_type, start_on, end_on, campaign_id, null as flow_id, message_id, send_channel,
        conversion_metric_id, recipients, delivered, bounced, failed, opens, opens_unique, clicks, clicks_unique,
        unsubscribes, unsubscribe_uniques, spam_complaints, conversions, conversion_uniques, conversion_value
    from klaviyo_campaign_values_reports
    where deleted_at is null
    union all
    select
        'flow_values_reports', start_on, end_on, null, flow_id, message_id, send_channel,
        conversion_metric_id, recipients, delivered, bounced, failed, opens, opens_unique, clicks, clicks_unique,
        unsubscribes, unsubscribe_uniques, spam_complaints, conversions, conversion_uniques, conversion_value
    from klaviyo_flow_values_reports
    where deleted_at is null
)
select
    reports.* exclude (entity_type, send_channel),
    case when send_channel in ('push-notification', 'mobile_push') then 'push' else send_channel end as channel,
    report_windows.fetched_at
from reports
left join report_windows
    on report_windows.entity_type = reports.entity_type
    and report_windows.start_on <= reports.start_on
    and report_windows.end_on >= reports.start_on
