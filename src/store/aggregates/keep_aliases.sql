-- From now on the aggregates rest on these names of messages.
insert into aggregates_aliases select alias, message_id from message_aliases
