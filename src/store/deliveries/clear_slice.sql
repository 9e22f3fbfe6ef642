-- They go from where they are,
delete from klaviyo_deliveries where rowid in (select place from deliveries_slice)
