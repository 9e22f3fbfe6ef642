-- What counts as a touch: opens, clicks and, of text messages, deliveries.
create or replace view touch_kinds as
select
    metric_id,
    channel,
    what,
    channel || '_' || case when what = 'delivered' then 'delivery' else what end as kind
from aggregates_kinds
where what in ('open', 'click') or (what = 'delivered' and channel = 'sms')
