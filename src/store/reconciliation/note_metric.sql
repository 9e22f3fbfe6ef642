-- $metric was compared from $from to $until at $now, $whole_at if that was all of it; or it has a $problem.
merge into reconciled_metrics as kept
using (select 1) as new on kept.metric_id = $metric
when matched then update set
    from_on = least(kept.from_on, $from),
    until_on = greatest(kept.until_on, $until),
    checked_at = $now,
    whole_at = coalesce($whole_at, kept.whole_at),
    problem = $problem
when not matched then insert (metric_id, from_on, until_on, checked_at, whole_at, problem)
values ($metric, $from, $until, $now, $whole_at, $problem)
