-- The account's own rates beside those of an edition of benchmarks, as they were worked out in $rates.
select unnest(
    from_json(
        cast(cast($rates as varchar) as json),
        '[{"name": "VARCHAR", "kind": "VARCHAR", "channel": "VARCHAR", "counted": "DOUBLE", "whole": "BIGINT", "own_rate": "DOUBLE",
           "average_rate": "DOUBLE", "top_rate": "DOUBLE", "verdict": "VARCHAR", "edition": "VARCHAR"}]'
    ),
    recursive := true
)
