-- From now on the aggregates rest on these metrics.
insert into aggregates_kinds select * from message_kinds
