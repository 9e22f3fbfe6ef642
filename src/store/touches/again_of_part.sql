-- The $part-th of $parts equal parts of the conversions, newest first.
create or replace temp table conversions_again as
select id, profile_id, converted_at
from klaviyo_conversions
where profile_id is not null and converted_at is not null
qualify ntile(cast($parts as bigint)) over (order by converted_at desc, id) = cast($part as bigint) + 1
