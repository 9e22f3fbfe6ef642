-- The lists there are now, with the number of members that Klaviyo last counted.
create or replace view lists as
select klaviyo_lists.id, coalesce(name, klaviyo_lists.id) as name, opt_in_process, created_at, updated_at, profile_count as members
from klaviyo_lists
left join klaviyo_list_counts on klaviyo_list_counts.id = klaviyo_lists.id and klaviyo_list_counts.deleted_at is null
where klaviyo_lists.deleted_at is null
