-- What Klaviyo itself reports of forms: one row per form and local day, as of `fetched_at`. Versions of a form, which
-- share no visitor, are added up.
create or replace view reported_forms as
select
    form_id,
    day,
    cast(sum(viewed_form) as bigint) as views,
    cast(sum(submits) as bigint) as submissions,
    cast(sum(closed_form) as bigint) as closes,
    min(report_windows.fetched_at) as fetched_at
from klaviyo_form_series_reports
left join report_windows on entity_type = 'form_series_reports' and day between start_on and end_on
where deleted_at is null
group by form_id, day
