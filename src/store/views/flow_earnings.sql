-- What flows earned on local days from `since` to before `until`: one row per message and event day, of attributed
-- conversions of `metric`. They are kept up with the events for the metric that the sums rest on, and read for another.
create or replace macro flow_earnings(since, until, metric) as table
with earned as (
    select message_id, flow_id, channel, happened_on, conversions, revenue
    from klaviyo_message_days
    join aggregates_basis on metric_id = metric
    where since <= happened_on and happened_on < until
    union all
    select message_id, flow_id, null, converted_on, 1, coalesce(amount, 0)
    from other_conversions(metric) as conversions
    where credited_to is not null and profile_id is not null and message_id is not null
        and since <= converted_on and converted_on < until
)
select
    earned.message_id,
    coalesce(messages.flow_id, earned.flow_id) as flow_id,
    coalesce(messages.channel, earned.channel) as channel,
    happened_on,
    conversions,
    revenue
from earned
left join messages on messages.message_id = earned.message_id
where coalesce(messages.flow_id, earned.flow_id) is not null
