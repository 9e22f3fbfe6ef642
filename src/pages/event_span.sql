-- How many events are stored, and which is their first local day?
select events, first_on
from event_span
