-- The lists and segments that campaigns were to reach or to spare: one row per campaign and group. Of a group that is
-- gone, or was never copied, only the id is known.
create or replace view campaign_audiences as
with named as (
    select id, unnest(cast(metadata.audiences.included as varchar[])) as group_id, false as is_excluded
    from klaviyo_campaigns
    union all
    select id, unnest(cast(metadata.audiences.excluded as varchar[])), true
    from klaviyo_campaigns
)
select
    named.id as campaign_id,
    group_id,
    is_excluded,
    case when klaviyo_lists.id is not null then 'list' when klaviyo_segments.id is not null then 'segment' end as kind,
    coalesce(klaviyo_lists.name, klaviyo_segments.name, group_id) as name
from named
left join klaviyo_lists on klaviyo_lists.id = group_id
left join klaviyo_segments on klaviyo_segments.id = group_id
