-- What has left and what has come, as far as it matters to deliveries.
create or replace temp table delivery_changes as
select 1 as sign, * from delivery_facts('events_coming')
union all
select -1 as sign, * replace (-sends as sends) from delivery_facts('events_leaving')
