-- How do subjects with a feature do against those without: the rows of $features, which were worked out from the messages.
select unnest(
    from_json(
        cast($features as varchar),
        '[{"ordinal":"BIGINT","feature":"VARCHAR","about":"VARCHAR","messages":"BIGINT","recipients":"BIGINT","click_rate":"DOUBLE",
        "click_difference":"DOUBLE","click_low":"DOUBLE","click_high":"DOUBLE","click_interval":"VARCHAR",
        "revenue_per_recipient":"DOUBLE","revenue_difference":"DOUBLE","revenue_low":"DOUBLE","revenue_high":"DOUBLE",
        "revenue_interval":"VARCHAR","human_open_rate":"DOUBLE","verdict":"VARCHAR"}]'
    ),
    recursive := true
)
