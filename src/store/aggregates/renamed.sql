-- The events that call a message by a name which stands for another message than it did, or for another no more.
create or replace temp table events_leaving as
select *
from summed_events
where message_id in (select alias from renamed_messages)
    or coalesce(attributed_campaign_message_id, attributed_campaign_id) in (select alias from renamed_messages)
