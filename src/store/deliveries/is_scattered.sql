-- Do the deliveries lie people by people?
select exists (select 1 from scattered_deliveries)
