-- What Klaviyo itself reports of segments: one row per segment and local day, as of `fetched_at`.
create or replace view reported_segments as
select
    segment_id,
    day,
    total_members as members,
    members_added as added,
    members_removed as removed,
    report_windows.fetched_at
from klaviyo_segment_series_reports
left join report_windows on entity_type = 'segment_series_reports' and day between start_on and end_on
where deleted_at is null
