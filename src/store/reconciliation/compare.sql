-- Klaviyo's counts and sums against ours, of the local days from $from to $until, written down as of $now.
-- $repaired_at is null in a first comparison; after days were read again it is when.
merge into reconciliation as kept
using (
    with
    theirs as (
        select metric_id, day, count, coalesce(sum_value, 0) as total
        from klaviyo_metric_aggregates
        where day between $from and $until and deleted_at is null
    ),
    ours as (
        select metric_id, cast(local_datetime as date) as day, count(*) as count, coalesce(sum(value), 0) as total
        from klaviyo_events
        where local_datetime >= $from and local_datetime < cast($until as date) + 1
        group by metric_id, cast(local_datetime as date)
    ),
    -- A day that was written down stays so when nothing is left of it on either side.
    days as (
        select metric_id, day from theirs where count > 0
        union
        select metric_id, day from ours
        union
        select metric_id, day from reconciliation where day between $from and $until
    )
    select
        days.metric_id,
        days.day,
        coalesce(theirs.count, 0) as their_count,
        cast(coalesce(theirs.total, 0) as decimal(38, 4)) as their_sum,
        coalesce(ours.count, 0) as our_count,
        cast(coalesce(ours.total, 0) as decimal(38, 4)) as our_sum
    from days
    left join theirs on theirs.metric_id = days.metric_id and theirs.day = days.day
    left join ours on ours.metric_id = days.metric_id and ours.day = days.day
    where days.metric_id in (select metric_id from reconciled_metrics where problem is null)
) as new
on kept.metric_id = new.metric_id and kept.day = new.day
when matched then update set
    their_count = new.their_count,
    their_sum = new.their_sum,
    our_count = new.our_count,
    our_sum = new.our_sum,
    state = case when new.their_count = new.our_count and new.their_sum = new.our_sum then 'agrees' else 'differs' end,
    checked_at = $now,
    is_stubborn = kept.is_stubborn
        and new.their_count = kept.their_count and new.their_sum = kept.their_sum
        and new.our_count = kept.our_count and new.our_sum = kept.our_sum
        and (new.their_count <> new.our_count or new.their_sum <> new.our_sum),
    repaired_at = case
        when kept.state = 'differs' and new.their_count = new.our_count and new.their_sum = new.our_sum
            then coalesce($repaired_at, kept.repaired_at)
        else kept.repaired_at
    end,
    found_count = case
        when kept.state = 'differs' and new.their_count = new.our_count and new.their_sum = new.our_sum
            and $repaired_at is not null then kept.our_count
        else kept.found_count
    end,
    found_sum = case
        when kept.state = 'differs' and new.their_count = new.our_count and new.their_sum = new.our_sum
            and $repaired_at is not null then kept.our_sum
        else kept.found_sum
    end
when not matched then insert (
    metric_id, day, their_count, their_sum, our_count, our_sum, state, checked_at
) values (
    new.metric_id, new.day, new.their_count, new.their_sum, new.our_count, new.our_sum,
    case when new.their_count = new.our_count and new.their_sum = new.our_sum then 'agrees' else 'differs' end,
    $now
)
