-- Others take their place.
delete from klaviyo_deliveries where rowid in (select place from deliveries_before)
