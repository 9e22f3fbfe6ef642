-- What Klaviyo itself reports of flows: one row per flow and local day of sending, as of `fetched_at`. Counts add up over
-- days; divide their sums.
create or replace view reported_flows as
select
    flow_id,
    day as sent_on,
    cast(sum(recipients) as bigint) as recipients,
    cast(sum(delivered) as bigint) as delivered,
    cast(sum(opens_unique) as bigint) as opened,
    cast(sum(clicks_unique) as bigint) as clicked,
    cast(sum(unsubscribe_uniques) as bigint) as unsubscribed,
    cast(sum(conversions) as bigint) as conversions,
    cast(sum(conversion_uniques) as bigint) as converted,
    sum(conversion_value) as revenue,
    min(report_windows.fetched_at) as fetched_at
from klaviyo_flow_series_reports
left join report_windows on entity_type = 'flow_series_reports' and day between start_on and end_on
where deleted_at is null
group by flow_id, day
