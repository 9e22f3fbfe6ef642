-- What became of every rule of the audit, as it was worked out in $findings.
select unnest(
    from_json(
        cast(cast($findings as varchar) as json),
        '[{"id": "VARCHAR", "name": "VARCHAR", "area": "VARCHAR", "verdict": "VARCHAR", "found": "VARCHAR", "todo": "VARCHAR",
           "judged": "BIGINT", "beyond": "BIGINT", "urgency": "BIGINT"}]'
    ),
    recursive := true
)
