-- Conversions of one in $parts of the people, the $part-th.
create or replace temp table conversions_again as
select id, profile_id, converted_at
from klaviyo_conversions
where profile_id is not null and converted_at is not null and hash(profile_id) % $parts = $part
