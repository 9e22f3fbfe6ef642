-- Which runs ended with $status, were ordered by $trigger and had $entity in them (null: any)? Newest first, $limit from
-- $offset, with the number of all of them.
select id, trigger, forced, status, started_at, ended_at, count(*) over () as total
from sync_runs
where
    ended_at is not null
    and ($status::varchar is null or status = $status::varchar)
    and ($trigger::varchar is null or trigger = $trigger::varchar)
    and (
        $entity::varchar is null
        or id in (select run_id from sync_run_entities where entity_type = $entity::varchar)
    )
order by id desc
limit $limit offset $offset
