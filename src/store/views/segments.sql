-- The segments there are now, with the number of members that Klaviyo last counted.
create or replace view segments as
select
    klaviyo_segments.id,
    coalesce(name, klaviyo_segments.id) as name,
    is_active,
    is_starred,
    created_at,
    updated_at,
    profile_count as members
from klaviyo_segments
left join klaviyo_segment_counts
    on klaviyo_segment_counts.id = klaviyo_segments.id and klaviyo_segment_counts.deleted_at is null
where klaviyo_segments.deleted_at is null
