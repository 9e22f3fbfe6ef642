-- On which devices were forms, or the form $id, seen and submitted on local days from $start to before $before?
select
    coalesce(device, 'Not told') as device,
    count(*) filter (where action = 'view') as views,
    count(*) filter (where action = 'submission') as submissions,
    count(*) filter (where action = 'submission') / nullif(count(*) filter (where action = 'view'), 0) as submit_rate
from form_details
where form_id is not null and (cast($id as varchar) is null or form_id = cast($id as varchar))
    and $start <= happened_on and happened_on < $before
group by device
