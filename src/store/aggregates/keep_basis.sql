-- From now on the aggregates rest on what is so now.
insert into aggregates_basis
select (select metric_id from conversion_metric), (select currency from account), (select zone from local_zone), version()
