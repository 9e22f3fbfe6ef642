-- Does what the aggregates rest on differ from what they were made by, and if so, does any event feel it? Names of messages
-- are felt by the events alone that go by them.
with kinds as (
    (select * from message_kinds except select * from aggregates_kinds)
    union all
    (select * from aggregates_kinds except select * from message_kinds)
),
live as (
    select
        (select metric_id from conversion_metric) as metric_id,
        (select currency from account) as currency,
        (select zone from local_zone) as zone,
        version() as engine
),
settings as (
    select
        aggregates_basis.metric_id is distinct from live.metric_id as is_changed,
        [aggregates_basis.metric_id, live.metric_id] as metrics,
        coalesce(aggregates_basis.engine, '') <> live.engine
            or aggregates_basis.currency is distinct from live.currency
            or aggregates_basis.zone is distinct from live.zone as is_another
    from live
    left join aggregates_basis on true
)
select
    exists (select 1 from kinds) or exists (select 1 from renamed_messages) or (select is_changed or is_another from settings) as is_changed,
    exists (select 1 from kinds join klaviyo_aggregated_metrics as counted on counted.metric_id = kinds.metric_id)
        or exists (
            select 1 from settings join klaviyo_aggregated_metrics as counted on list_contains(metrics, counted.metric_id)
            where is_changed
        )
        or ((select is_another from settings) and exists (select 1 from klaviyo_events)) as is_felt
