-- How long after their deliveries did conversions of $metric come that are attributed to the flow $id? One row per span of
-- hours, of what was sent (by the event: of what happened) on local days from $start to before $before.
with delays as (
    select hours, amount
    from conversion_delays(case when $basis = 'sent' then cast($start as date) else date '1990-01-01' end, $metric) as delays
    join messages on messages.message_id = delays.message_id
    where flow_id = $id
        and (cast($channel as varchar) is null or channel = cast($channel as varchar))
        and $start <= (case when $basis = 'sent' then sent_on else converted_on end)
        and (case when $basis = 'sent' then sent_on else converted_on end) < $before
),
spans(line, span, from_hours, until_hours) as (
    values
        (1, 'within 1 h', 0, 1), (2, '1–3 h', 1, 3), (3, '3–6 h', 3, 6), (4, '6–12 h', 6, 12), (5, '12–24 h', 12, 24),
        (6, '1–2 days', 24, 48), (7, '2–3 days', 48, 72), (8, '3–5 days', 72, 120), (9, 'over 5 days', 120, 1e9)
)
select
    line,
    span,
    count(hours) as conversions,
    cast(coalesce(sum(amount), 0) as double) as revenue,
    -- Of all of them.
    (select median(hours) from delays) as median_hours,
    (select quantile_cont(hours, 0.75) from delays) as most_hours
from spans
left join delays on from_hours <= hours and hours < until_hours
group by line, span
