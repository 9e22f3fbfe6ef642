-- Does the flow $id do as well in what it sent on local days from $start to before $before and $settled as in 90 days before?
select *
from flow_health($start, least(cast($before as date), cast($settled as date)), $metric, cast($channel as varchar))
where flow_id = $id
