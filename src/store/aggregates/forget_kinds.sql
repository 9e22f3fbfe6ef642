-- Forgets which metrics the aggregates rest on.
delete from aggregates_kinds
