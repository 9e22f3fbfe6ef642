-- The deliveries lie people by people.
insert into scattered_deliveries select true where not exists (select 1 from scattered_deliveries)
