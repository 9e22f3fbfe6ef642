-- The account itself, as Klaviyo describes it: at most one row.
create or replace view account as
select id, name, timezone, upper(currency) as currency
from klaviyo_accounts
where deleted_at is null
order by id
limit 1
