-- Is there a flow whose name fits what each rule of $patterns searches, and is it live? One row per such flow, or one row that says
-- there is none; $rule is null, or the rule that is asked for.
with asked as (
    select unnest(from_json(cast(cast($patterns as varchar) as json), '[{"rule": "VARCHAR", "pattern": "VARCHAR"}]'), recursive := true)
),
sent as (
    select messages.flow_id, max(sent_on) as last_on, sum(recipients) filter (where sent_on > cast($today as date) - cast($idle_days as integer)) as recipients
    from message_stats(cast('1990-01-01' as date), $metric) as stats
    join messages on messages.message_id = stats.message_id
    group by messages.flow_id
),
fitting as (
    select rule, flows.name, status, trigger_type, cast(recipients as bigint) as recipients, last_on, bool_or(status = 'live') over (partition by rule) as any_live
    from flows
    join asked on regexp_matches(lower(flows.name), pattern)
    left join sent on sent.flow_id = flows.id
    where not coalesce(archived, false) and not deleted
)
select
    rule, name, status, trigger_type, recipients, last_on,
    case when any_live then 'Passes' else 'Look' end as verdict,
    case when any_live then '“' || name || '” is ' || status else '“' || name || '” is only ' || coalesce(status, 'there') end as finding
from fitting
where cast($rule as varchar) is null or rule = cast($rule as varchar)
union all
select rule, 'No such flow', null, null, null, null, 'Act', 'no flow has a name that says so'
from copied_entities, asked
where entity = 'flows' and copied_at is not null and rule not in (select rule from fitting)
    and (cast($rule as varchar) is null or rule = cast($rule as varchar))
