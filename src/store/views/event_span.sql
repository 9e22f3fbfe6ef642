-- How far the copied events reach: one row, also when there are none.
create or replace view event_span as
select
    count(*) as events,
    cast(min(local_datetime) as date) as first_on,
    cast(max(local_datetime) as date) as last_on
from klaviyo_events
