-- What has come in its place.
insert into delivery_changes select 1 as sign, * from delivery_facts('events_coming')
