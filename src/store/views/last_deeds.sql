-- Who did something of their own will on local days from `since`: opened (no machine), clicked (no bot), ordered or was
-- active on the site. One row per profile; the safe reading of engagement where mail programs open by themselves.
create or replace macro last_deeds(since) as table
select profile_id, max(last_on) as last_on
from (
    select profile_id, max(greatest(coalesce(opened_on, clicked_on), coalesce(clicked_on, opened_on))) as last_on
    from klaviyo_deliveries
    where opened_on >= since or clicked_on >= since
    group by profile_id
    union all
    select profile_id, max(cast(local_datetime as date)) as last_on
    from klaviyo_events
    where local_datetime >= since
        and metric_id in (select metric_id from metric_kinds where kind in ('placed_order', 'active_on_site'))
    group by profile_id
)
where profile_id is not null
group by profile_id
