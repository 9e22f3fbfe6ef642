-- Did a flow that is not copied, $id, ever send anything?
select cast($id as varchar) as id
where cast($id as varchar) in (select flow_id from flow_stats(date '1990-01-01', $metric))
