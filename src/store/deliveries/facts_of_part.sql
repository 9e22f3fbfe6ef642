-- What matters to deliveries in all events, of one in $parts of the people and messages, the $part-th.
create or replace temp table delivery_changes as
select 1 as sign, * from delivery_facts('klaviyo_events') where pair % $parts = $part
