-- The rates of what deliveries came to: every row of `source`, a table with the counts of `summed_measures`, with its shares.
create or replace macro rated_measures(source) as table
select
    *,
    delivered / nullif(recipients, 0) as delivery_rate,
    opened / nullif(openable, 0) as open_rate,
    opened_by_machines / nullif(opened_at_all, 0) as machine_open_share,
    clicked / nullif(clickable, 0) as click_rate,
    clicked / nullif(opened, 0) as click_to_open_rate,
    converted / nullif(delivered, 0) as conversion_rate,
    bounced / nullif(bounceable, 0) as bounce_rate,
    failed / nullif(failable, 0) as failure_rate,
    unsubscribed / nullif(unsubscribable, 0) as unsubscribe_rate,
    complained / nullif(complainable, 0) as complaint_rate,
    revenue / nullif(recipients, 0) as revenue_per_recipient,
    revenue / nullif(delivered, 0) as revenue_per_delivered,
    revenue / nullif(conversions, 0) as average_order_value
from query_table(source)
