-- How many forms were submitted on each local day from $since to before $before?
select happened_on as day, count(*) as submissions
from form_events
where action = 'submission' and $since <= happened_on and happened_on < $before
group by happened_on
