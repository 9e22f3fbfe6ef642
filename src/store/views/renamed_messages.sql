-- Names of messages that stand for another message than they did when the sums were made, or for another no more; one row a name.
create or replace view renamed_messages as
select distinct alias
from (
    (select alias, message_id from message_aliases except select alias, message_id from aggregates_aliases)
    union all
    (select alias, message_id from aggregates_aliases except select alias, message_id from message_aliases)
)
