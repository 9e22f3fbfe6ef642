-- What Klaviyo itself reports of campaigns: one row per campaign, over all that was read, as of `fetched_at`.
create or replace view reported_campaigns as
select
    campaign_id,
    min(channel) as channel,
    cast(sum(recipients) as bigint) as recipients,
    cast(sum(delivered) as bigint) as delivered,
    cast(sum(opens_unique) as bigint) as opened,
    cast(sum(clicks_unique) as bigint) as clicked,
    cast(sum(unsubscribe_uniques) as bigint) as unsubscribed,
    cast(sum(conversions) as bigint) as conversions,
    cast(sum(conversion_uniques) as bigint) as converted,
    sum(conversion_value) as revenue,
    sum(opens_unique) / nullif(sum(delivered), 0) as open_rate,
    sum(clicks_unique) / nullif(sum(delivered), 0) as click_rate,
    sum(conversion_uniques) / nullif(sum(delivered), 0) as conversion_rate,
    min(fetched_at) as fetched_at
from reported_messages
where campaign_id is not null
group by campaign_id
