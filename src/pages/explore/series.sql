-- What Explore found over time: the rows of $series, which were worked out from the address.
select unnest(
    from_json(
        cast($series as varchar),
        '[{"bucket":"TIMESTAMP","ordinal":"BIGINT","label":"VARCHAR","events":"BIGINT","profiles":"BIGINT","valued":"BIGINT",
        "total":"DOUBLE","average":"DOUBLE",
        "events_before":"BIGINT","profiles_before":"BIGINT","total_before":"DOUBLE","average_before":"DOUBLE"}]'
    ),
    recursive := true
)
