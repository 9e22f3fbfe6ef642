-- How many deliveries wait?
select count(*) from webhook_inbox where applied_at is null
