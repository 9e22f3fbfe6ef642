-- Which delivery has waited longest?
select digest, body from webhook_inbox where applied_at is null order by received_at, digest limit 1
