-- Conversions that touches are looked up for again: of these people, from the first change on for as long as a touch may
-- count.
create or replace temp table conversions_again as
select id, klaviyo_conversions.profile_id, converted_at
from klaviyo_conversions
join people_touched on people_touched.profile_id = klaviyo_conversions.profile_id
where converted_at >= first_at and converted_at <= last_at + interval '90' day
