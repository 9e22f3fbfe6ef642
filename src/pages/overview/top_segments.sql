-- Which $limit segments have the most members?
select id, name, members as count
from segments
order by members desc nulls last, name, id
limit $limit
