-- Numbers that are kept up with the events, in the same transaction; see deliveries.rs and aggregates.rs.

-- Events a metric and local hour or day. An hour that clocks repeat is one bucket. Money is in the account's currency.
create table klaviyo_aggregated_metrics (
    metric_id varchar,
    -- hour or day
    bucket_size varchar not null,
    -- where the bucket starts on the account's wall clock
    time_bucket timestamp not null,
    event_count bigint not null,
    -- of the events, those with an amount, which the other columns are of
    value_count bigint not null,
    sum_value decimal(18,4),
    min_value decimal(18,4),
    max_value decimal(18,4),
    avg_value decimal(18,4),
    -- amounts in another currency, and values that are no amount: neither is summed
    foreign_count bigint not null,
    unreadable_count bigint not null
);

-- One row a delivery, or bounce, or failure, with all that came of it; those of one person, message and second are one
-- row that counts them. What was answered before any known delivery is a row of its own a day, of outcome `unknown`.
create table klaviyo_deliveries (
    -- hash of profile and message, which rows are looked up by
    pair ubigint not null,
    profile_id varchar,
    message_id varchar,
    flow_id varchar,
    variation_id varchar,
    channel varchar,
    -- delivered, bounced, failed or unknown
    outcome varchar not null,
    -- UTC; absent where the outcome is unknown
    sent_at timestamp,
    sent_on date,
    sends integer not null,
    opens integer not null,
    machine_opens integer not null,
    clicks integer not null,
    bot_clicks integer not null,
    complaints integer not null,
    unsubscribes integer not null,
    -- of the conversion metric in `aggregates_basis`
    conversions integer not null,
    revenue decimal(18,4) not null,
    -- UTC, of all of these
    first_answer_at timestamp,
    last_answer_at timestamp,
    -- local days of the first of each
    opened_on date,
    opened_or_machine_on date,
    clicked_on date,
    clicked_or_machine_on date,
    complained_on date,
    unsubscribed_on date,
    converted_on date
);

-- Deliveries summed by what was sent and its send day.
create table klaviyo_message_stats (
    message_id varchar,
    flow_id varchar,
    variation_id varchar,
    channel varchar,
    sent_on date,
    delivered bigint not null,
    bounced bigint not null,
    failed bigint not null,
    opens bigint not null,
    machine_opens bigint not null,
    opened bigint not null,
    opened_or_machine bigint not null,
    clicks bigint not null,
    bot_clicks bigint not null,
    clicked bigint not null,
    clicked_or_machine bigint not null,
    complained bigint not null,
    unsubscribed bigint not null,
    converted bigint not null,
    conversions bigint not null,
    revenue decimal(18,4) not null
);

-- The same by the local day on which things happened; `opened`, … count deliveries that were opened, … for the first time.
create table klaviyo_message_days (
    message_id varchar,
    flow_id varchar,
    channel varchar,
    happened_on date,
    -- sends and answers, so that a row without any can go
    events bigint not null,
    delivered bigint not null,
    bounced bigint not null,
    failed bigint not null,
    opens bigint not null,
    machine_opens bigint not null,
    opened bigint not null,
    opened_or_machine bigint not null,
    clicks bigint not null,
    bot_clicks bigint not null,
    clicked bigint not null,
    clicked_or_machine bigint not null,
    complained bigint not null,
    unsubscribed bigint not null,
    converted bigint not null,
    conversions bigint not null,
    revenue decimal(18,4) not null,
    -- answers before any known delivery, conversions apart
    unowned_answers bigint not null,
    unowned_conversions bigint not null
);

-- What all these rest on, as it was when they were last made anew. Windows are added by it, whatever changes meanwhile.
create table aggregates_basis (
    -- the metric whose events are conversions
    metric_id varchar,
    currency varchar,
    zone varchar,
    -- of DuckDB, whose hash is kept
    engine varchar not null
);

-- What a metric's events are to a message, and through which channel: of the kinds that are sends or answers.
create table aggregates_kinds (
    metric_id varchar not null,
    kind varchar not null,
    channel varchar not null,
    -- delivered, bounced, failed, open, click, complaint or unsubscribe
    what varchar not null
);

create table aggregates_aliases (
    alias varchar not null,
    message_id varchar not null
);
