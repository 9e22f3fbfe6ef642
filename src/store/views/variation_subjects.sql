-- The subject that variations of one message had, as one event of each says it: those whose events name their message by one of
-- `names`, a list, from `since` to before `until` (UTC).
create or replace macro variation_subjects(names, since, until) as table
with named as (
    select id, variation_id, properties
    from klaviyo_events
    where message_id in (select unnest(names)) and variation_id is not null
        and timestamp >= since and timestamp < until
)
select variation_id, nullif(trim(properties->>'Subject'), '') as subject
from named
where id in (select min(id) from named group by variation_id)
