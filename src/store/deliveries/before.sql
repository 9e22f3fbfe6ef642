-- Of them, what may change: from the last delivery before the first change, to which answers may go back, up to the last
-- change.
create or replace temp table deliveries_before as
with spans as (
    select
        deliveries_found.*,
        first_at,
        last_at,
        max(sent_at) filter (where outcome = 'delivered' and sent_at < first_at)
            over (partition by deliveries_found.pair) as from_at
    from deliveries_found
    join delivery_pairs on delivery_pairs.pair = deliveries_found.pair
),
changing as (
    select place
    from spans
    where case
        when outcome = 'unknown' then from_at is null
        when is_answerable and outcome = 'delivered' then sent_at >= coalesce(from_at, sent_at) and sent_at <= last_at
        else sent_at between first_at and last_at
    end
)
select *, rowid as place
from klaviyo_deliveries
where rowid in (select place from changing)
