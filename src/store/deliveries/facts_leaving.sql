-- What has left, as far as it matters to deliveries.
create or replace temp table delivery_changes as
select -1 as sign, * replace (-sends as sends) from delivery_facts('events_leaving')
