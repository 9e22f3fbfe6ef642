-- Does a flow do as well as it usually does? One row per flow: what it sent on local days from `since` to before `until`
-- against the 90 days before `since`. Give an `until` whose sends have had the time to convert.
--
-- Two questions are asked, each with 97.5 % certainty (|z| >= 2.24), so that both together hold with 95 %. Of conversion
-- rates: the difference of two proportions, if either side has 100 deliveries and 5 conversions are to be expected. Of
-- revenue per recipient: the logarithm of the quotient, if either side has 10 conversions, where the values of orders are
-- taken to vary as much as their mean is large.
create or replace macro flow_health(since, until, metric, through) as table
with sums as (
    select
        flow_id,
        cast(coalesce(sum(recipients) filter (where sent_on >= since), 0) as double) as recipients,
        cast(coalesce(sum(delivered) filter (where sent_on >= since), 0) as double) as delivered,
        cast(coalesce(sum(converted) filter (where sent_on >= since), 0) as double) as converted,
        cast(coalesce(sum(conversions) filter (where sent_on >= since), 0) as double) as conversions,
        cast(coalesce(sum(revenue) filter (where sent_on >= since), 0) as double) as revenue,
        cast(coalesce(sum(recipients) filter (where sent_on < since), 0) as double) as usual_recipients,
        cast(coalesce(sum(delivered) filter (where sent_on < since), 0) as double) as usual_delivered,
        cast(coalesce(sum(converted) filter (where sent_on < since), 0) as double) as usual_converted,
        cast(coalesce(sum(conversions) filter (where sent_on < since), 0) as double) as usual_conversions,
        cast(coalesce(sum(revenue) filter (where sent_on < since), 0) as double) as usual_revenue
    from flow_stats(cast(since as date) - 90, metric)
    where sent_on < until and (through is null or channel = through) and metric is not null
    group by flow_id
),
rates as (
    select
        *,
        converted / nullif(delivered, 0) as conversion_rate,
        usual_converted / nullif(usual_delivered, 0) as usual_conversion_rate,
        revenue / nullif(recipients, 0) as revenue_per_recipient,
        usual_revenue / nullif(usual_recipients, 0) as usual_revenue_per_recipient,
        (converted + usual_converted) / nullif(delivered + usual_delivered, 0) as either_rate
    from sums
),
differences as (
    select
        *,
        case
            when delivered >= 100 and usual_delivered >= 100 and delivered * either_rate >= 5 and usual_delivered * either_rate >= 5
                then (conversion_rate - usual_conversion_rate)
                    / nullif(sqrt(either_rate * (1 - either_rate) * (1 / delivered + 1 / usual_delivered)), 0)
        end as conversion_z,
        case
            when conversions >= 10 and usual_conversions >= 10 and revenue_per_recipient > 0 and usual_revenue_per_recipient > 0
                then ln(revenue_per_recipient / usual_revenue_per_recipient) / sqrt(2 / conversions + 2 / usual_conversions)
        end as revenue_z
    from rates
)
select
    *,
    case
        when conversion_z is null then null
        when greatest(conversion_z, coalesce(revenue_z, 0)) >= 2.24 and least(conversion_z, coalesce(revenue_z, 0)) <= -2.24
            then 'Mixed'
        when greatest(conversion_z, coalesce(revenue_z, 0)) >= 2.24 then 'Better'
        when least(conversion_z, coalesce(revenue_z, 0)) <= -2.24 then 'Worse'
        else 'As usual'
    end as health
from differences
