-- They, and their days, are counted again.
delete from klaviyo_aggregated_metrics as kept
where (
    bucket_size = 'hour' and exists (
        select 1 from hours_touched
        where hours_touched.metric_id is not distinct from kept.metric_id and hours_touched.time_bucket = kept.time_bucket
    )
) or (
    bucket_size = 'day' and exists (
        select 1 from hours_touched
        where hours_touched.metric_id is not distinct from kept.metric_id
            and date_trunc('day', hours_touched.time_bucket) = kept.time_bucket
    )
)
