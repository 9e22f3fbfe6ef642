-- What those bought on local days from `since` to before `until` who are on a list or in a segment now: one row per group
-- whose members are known. Conversions are of `metric`; without one nothing is known of them. Whoever is in two groups
-- counts in both, so groups do not add up.
create or replace macro member_results(since, until, metric) as table
with spent as (
    select profile_id, count(*) as conversions, coalesce(sum(amount), 0) as revenue
    from bought(metric)
    where converted_on >= since and converted_on < until and profile_id is not null
    group by profile_id
)
select
    known_groups.kind,
    known_groups.group_id,
    count(memberships.profile_id) as members,
    case when metric is not null then count(spent.profile_id) end as converted,
    case when metric is not null then coalesce(sum(spent.conversions), 0) end as conversions,
    case when metric is not null then coalesce(sum(spent.revenue), 0) end as revenue
from known_groups
left join memberships on memberships.kind = known_groups.kind and memberships.group_id = known_groups.group_id
left join spent on spent.profile_id = memberships.profile_id
group by known_groups.kind, known_groups.group_id
