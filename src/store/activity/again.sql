-- Of whom has anything left? The last of something, or the first, may be among it.
create or replace temp table activity_again as
select distinct profile_id
from activity_facts('events_leaving')
