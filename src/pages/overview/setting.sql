-- What are the numbers in, and of which metric? The currency, and the conversion metric unless $metric names one; whether that
-- is one of the account's (some are only known by what they mean), and what the sums rest on. Each view once: every mention is
-- planned anew.
with live as materialized (select metric_id from conversion_metric)
select
    account.currency,
    account.timezone,
    coalesce($metric, live.metric_id) as metric,
    $metric is null
        or coalesce($metric in (select id from metrics) or $metric in (select metric_id from metric_kinds), false) as is_known,
    coalesce($metric, live.metric_id) is not distinct from basis.metric_id as is_summed,
    events as events_stored
from event_span
left join account on true
left join live on true
left join aggregates_basis as basis on true
