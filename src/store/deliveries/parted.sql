-- Where a delivery has come, or stands, among answers that were summed up, these part: they are counted again, too.
update delivery_pairs
set is_again = true
where not is_again and pair in (
    select pair
    from (
        select
            pair,
            sends,
            ends_at,
            min(case when sends > 0 then starts_at end) over (
                partition by pair order by starts_at, sends = 0 rows between 1 following and unbounded following
            ) as next_sent_at
        from delivery_pieces_here
        where is_answerable and pair in (select pair from delivery_pieces_here where ends_at > starts_at)
    )
    where sends = 0 and next_sent_at <= ends_at
)
