-- How many profiles submitted a form, or the form $id, on local days from $start to before $before and on those compared with, and
-- how many of them had a conversion of $metric within five days? Profiles are counted once, however many forms they sent.
with spans(is_compared, first_on, until_on) as (
    values
        (false, cast($start as date), cast($before as date)),
        (true, cast($compared_start as date), cast($compared_before as date))
),
submitted as (
    select is_compared, count(distinct profile_id) as submitters
    from form_events
    join spans on first_on <= happened_on and happened_on < until_on
    where action = 'submission' and $since <= happened_on and happened_on < $before
        and form_id is not null and (cast($id as varchar) is null or form_id = cast($id as varchar))
    group by is_compared
),
bought as (
    select is_compared, count(distinct profile_id) as converted
    from form_conversions(cast($metric as varchar))
    join spans on first_on <= submitted_on and submitted_on < until_on
    where $since <= submitted_on and submitted_on < $before
        and form_id is not null and (cast($id as varchar) is null or form_id = cast($id as varchar))
    group by is_compared
)
select
    spans.is_compared,
    coalesce(submitters, 0) as submitters,
    case when cast($metric as varchar) is not null then coalesce(converted, 0) end as converted
from spans
left join submitted on submitted.is_compared = spans.is_compared
left join bought on bought.is_compared = spans.is_compared
where first_on is not null
