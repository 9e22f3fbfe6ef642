-- The variants of forms; deleted ones included because what was submitted remains.
create or replace view form_versions as
select id, form_id, form_type, coalesce(variation_name, id) as name, status, deleted_at is not null as deleted
from klaviyo_form_versions
