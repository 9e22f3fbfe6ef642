-- Which months of the campaign $id has Klaviyo's own report, as of when, and by which metric? And how many deliveries
-- did only machines open or click? It was sent on local days from $first_on to before $after.
select
    min(start_on) as first_on,
    max(end_on) as last_on,
    min(fetched_at) as fetched_at,
    any_value(conversion_metric_id) as metric,
    max(metrics.name) as metric_name,
    any_value(machines.opened) as machine_opened,
    any_value(machines.clicked) as machine_clicked
from reported_messages
left join metrics on metrics.id = conversion_metric_id
cross join (
    select
        count(*) filter (where channel <> 'sms' and opens = 0 and machine_opens > 0) as opened,
        count(*) filter (where clicks = 0 and bot_clicks > 0) as clicked
    from message_deliveries(
        string_split(cast($names as varchar), ','), cast($first_on as date), cast($after as date)
    )
) as machines
where campaign_id = cast($id as varchar)
having count(*) > 0
