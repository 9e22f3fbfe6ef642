-- Forgets what the aggregates rest on.
delete from aggregates_basis
