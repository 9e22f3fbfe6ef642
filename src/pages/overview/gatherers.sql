-- How many submissions did each form bring on local days from $start to before $before and on the days compared with, from
-- $compared_start to before $compared_before, from how many views; and by how many members did each segment grow?
with events as (
    select
        form_id,
        count(*) filter (where action = 'view' and is_now) as views,
        count(*) filter (where action = 'view' and not is_now) as views_before,
        count(*) filter (where action = 'submission' and is_now) as submissions,
        count(*) filter (where action = 'submission' and not is_now) as submissions_before
    from (
        select form_id, action, happened_on >= cast($start as date) as is_now
        from form_events
        where form_id is not null and (
            (cast($start as date) <= happened_on and happened_on < cast($before as date))
            or (cast($compared_start as date) <= happened_on and happened_on < cast($compared_before as date))
        )
    )
    group by form_id
),
growth as (
    select
        segment_id,
        sum(added) filter (where is_now) as added,
        sum(removed) filter (where is_now) as removed,
        sum(added - removed) filter (where is_now) as gained,
        sum(added - removed) filter (where not is_now) as gained_before
    from (
        select segment_id, added, removed, day >= cast($start as date) as is_now
        from reported_segments
        where (cast($start as date) <= day and day < cast($before as date))
            or (cast($compared_start as date) <= day and day < cast($compared_before as date))
    )
    group by segment_id
    -- Only where the reports of as many days were read.
    having count(*) filter (where is_now) = count(*) filter (where not is_now)
)
select
    'forms/' || form_id as id,
    coalesce(forms.name, form_id) as name,
    'form' as gatherer,
    cast(submissions as bigint) as gained,
    cast(submissions_before as bigint) as gained_before,
    cast(submissions - submissions_before as bigint) as difference,
    cast(views as bigint) as views,
    cast(views_before as bigint) as views_before,
    cast(null as bigint) as added,
    cast(null as bigint) as removed,
    abs(submissions - submissions_before) as moved
from events
left join forms on forms.id = form_id
where submissions <> submissions_before
union all
select
    'segments/' || segment_id,
    coalesce(segments.name, segment_id),
    'segment',
    cast(gained as bigint),
    cast(gained_before as bigint),
    cast(gained - gained_before as bigint),
    null,
    null,
    cast(added as bigint),
    cast(removed as bigint),
    abs(gained - gained_before)
from growth
left join segments on segments.id = segment_id
where gained <> gained_before
order by moved desc, name
