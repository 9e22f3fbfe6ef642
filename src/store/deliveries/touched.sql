-- The people and messages that something comes or leaves of, and when. What has left cannot be taken out of a sum, so
-- where something has left they are counted again.
create or replace temp table delivery_pairs as
select
    pair,
    min(happened_at) as first_at,
    max(happened_at) as last_at,
    bool_or(is_answerable and sign < 0) as is_again
from delivery_changes
group by pair
