-- There were no deliveries of them.
create or replace temp table deliveries_before as select *, rowid as place from klaviyo_deliveries limit 0
