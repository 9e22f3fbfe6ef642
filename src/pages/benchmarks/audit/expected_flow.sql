-- Is there a flow whose name fits $pattern, and is it live? One row per such flow, or one row that says there is none.
with sent as (
    select messages.flow_id, max(sent_on) as last_on, sum(recipients) filter (where sent_on > cast($today as date) - cast($idle_days as integer)) as recipients
    from message_stats(cast('1990-01-01' as date), $metric) as stats
    join messages on messages.message_id = stats.message_id
    group by messages.flow_id
),
fitting as (
    select flows.name, status, trigger_type, cast(recipients as bigint) as recipients, last_on, bool_or(status = 'live') over () as any_live
    from flows
    left join sent on sent.flow_id = flows.id
    where regexp_matches(lower(name), cast($pattern as varchar)) and not coalesce(archived, false) and not deleted
)
select
    name, status, trigger_type, recipients, last_on,
    case when any_live then 'Passes' else 'Look' end as verdict,
    case when any_live then '“' || name || '” is ' || status else '“' || name || '” is only ' || coalesce(status, 'there') end as finding
from fitting
union all
select 'No such flow', null, null, null, null, 'Act', 'no flow has a name that says so'
from copied_entities
where entity = 'flows' and copied_at is not null and not exists (select 1 from fitting)
