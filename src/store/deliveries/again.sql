-- From when to when are deliveries counted again, and whose?
create or replace temp table deliveries_again as
select pair, any_value(profile_id) as profile_id, min(first_at) as first_at, max(last_at) as last_at
from (
    select
        pair,
        profile_id,
        least(sent_at, first_answer_at) as first_at,
        greatest(sent_at, last_answer_at) as last_at
    from deliveries_before
    where outcome in ('delivered', 'unknown')
    union all
    select pair, profile_id, happened_at, happened_at from delivery_changes where is_answerable
)
where pair in (select pair from delivery_pairs where is_again)
group by pair
