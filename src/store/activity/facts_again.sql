-- What they received and did.
insert into activity_changes
select profile_id, what, happened_at, 1 as events, amount from activity_facts('activity_events')
