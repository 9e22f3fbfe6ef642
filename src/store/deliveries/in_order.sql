-- The deliveries lie newest first.
delete from scattered_deliveries
