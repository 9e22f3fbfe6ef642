-- What people bought: the conversions of `metric`, one row each, as `conversions` defines them. Those of the metric that the
-- sums rest on are kept beside the events; those of another are looked up among them.
create or replace macro bought(metric) as table
select
    id, profile_id, converted_at, converted_on, amount, is_foreign, is_unreadable, credited_to, message_id, flow_id,
    attributed_event_id
from klaviyo_conversions
join (select true as is_kept from aggregates_basis where metric_id = metric) as kept on true
union all
select
    id, profile_id, converted_at, converted_on, amount, is_foreign, is_unreadable, credited_to, message_id, flow_id,
    attributed_event_id
from other_conversions(metric)
