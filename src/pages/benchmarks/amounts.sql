-- The account's own revenue per recipient beside that of an edition of benchmarks, as they were worked out in $amounts.
select unnest(
    from_json(
        cast(cast($amounts as varchar) as json),
        '[{"name": "VARCHAR", "kind": "VARCHAR", "channel": "VARCHAR", "counted": "DOUBLE", "whole": "BIGINT", "own_amount": "DOUBLE",
           "average_amount": "DOUBLE", "top_amount": "DOUBLE", "verdict": "VARCHAR", "edition": "VARCHAR"}]'
    ),
    recursive := true
)
