-- To which messages are the conversions of $metric on local days from $since to before $before credited, by Klaviyo and by the
-- last touch within $windows? See `credits`; $machine counts touches by machines, too.
create or replace temp table page_credits as
select *
from credits(cast($metric as varchar), $windows, $machine, cast($since as date), cast($before as date))
