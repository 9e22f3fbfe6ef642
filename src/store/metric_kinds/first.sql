-- When did the first metric of the account come to be?
select min(created_at) as first_at from klaviyo_metrics
