-- The events that call a message by a name which stands for another message than it did, or is one of its own now.
create or replace temp table events_leaving as
with names as (
    select distinct alias
    from (
        (select alias, message_id from message_aliases except select alias, message_id from aggregates_aliases)
        union all
        (select alias, message_id from aggregates_aliases except select alias, message_id from message_aliases)
    )
)
select *
from summed_events
where message_id in (select alias from names)
    or coalesce(attributed_campaign_message_id, attributed_campaign_id) in (select alias from names)
