-- Sign-up forms. What Klaviyo deleted stays, marked, because what was submitted remains.
create or replace view forms as
select id, coalesce(name, id) as name, status, ab_test, created_at, updated_at, deleted_at is not null as deleted
from klaviyo_forms
