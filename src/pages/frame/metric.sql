-- Is $metric one of the account's (some are only known by what they mean), and is it, or else the usual one, what the sums
-- rest on?
select
    $metric is null
        or exists (select 1 from metrics where id = $metric)
        or exists (select 1 from metric_kinds where metric_id = $metric) as is_known,
    coalesce($metric, (select metric_id from conversion_metric)) is not distinct from (select metric_id from aggregates_basis) as is_summed
