-- Forgets which names of messages the aggregates rest on.
delete from aggregates_aliases
