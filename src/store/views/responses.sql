-- Everything that may belong to a delivery and happened on local days from `since`: reactions, and attributed
-- conversions of the metric.
create or replace macro responses(since, metric) as table
select id, profile_id, message_id, flow_id, channel, reacted_at, reacted_on, reaction, by_machine, null as amount
from reactions
where reacted_on >= since
union all
select id, profile_id, message_id, flow_id, null, converted_at, converted_on, 'conversion', false, amount
from conversions
where metric_id = metric and converted_on >= since and credited_to is not null
