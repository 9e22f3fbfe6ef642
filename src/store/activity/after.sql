-- People's activity as it is now: what there was of those who are not counted again, and what came or left.
create or replace temp table activity_after as
select
    profile_id,
    sum(events) as events,
    sum(received) as received,
    sum(emails_received) as emails_received,
    sum(opens) as opens,
    sum(clicks) as clicks,
    sum(orders) as orders,
    sum(revenue) as revenue,
    min(first_emailed_at) as first_emailed_at,
    max(last_emailed_at) as last_emailed_at,
    max(last_received_at) as last_received_at,
    max(last_opened_at) as last_opened_at,
    max(last_clicked_at) as last_clicked_at,
    max(last_ordered_at) as last_ordered_at,
    max(last_visited_at) as last_visited_at,
    max(last_subscribed_at) as last_subscribed_at
from (
    select *
    from klaviyo_profile_activity
    where profile_id in (select profile_id from activity_changes)
        and profile_id not in (select profile_id from activity_again)
    union all
    select * from activity_sums('activity_changes')
)
group by profile_id
having sum(events) > 0
