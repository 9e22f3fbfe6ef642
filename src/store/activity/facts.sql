-- What people received and did, of whom nothing is kept.
create or replace temp table activity_changes as
select profile_id, what, happened_at, 1 as events, amount from activity_facts('events_coming')
