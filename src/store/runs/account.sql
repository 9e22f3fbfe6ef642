-- Which account is copied here?
select id, name, timezone, currency from klaviyo_accounts where deleted_at is null order by id limit 1
