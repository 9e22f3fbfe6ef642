-- What Klaviyo's own numbers are read with, and what came of comparing them with our rows.

-- Requests to endpoints with a daily limit, of the last day: a restart must not forget them.
create table api_calls (
    endpoint varchar not null,
    sent_at timestamp not null
);

-- Spans of local days that a report was read for, both ends included; those of one report are disjoint.
create table report_windows (
    entity_type varchar not null,
    start_on date not null,
    end_on date not null,
    -- by which conversions were counted, where they are
    conversion_metric_id varchar,
    fetched_at timestamp not null
);

-- Klaviyo's count and sum against ours, of each metric and local day that either has something on.
create table reconciliation (
    metric_id varchar not null,
    day date not null,
    their_count bigint not null,
    their_sum decimal(38, 4) not null,
    our_count bigint not null,
    our_sum decimal(38, 4) not null,
    -- agrees or differs
    state varchar not null,
    checked_at timestamp not null,
    -- reading the day again changed nothing, and will not until a number changes
    is_stubborn boolean not null default false,
    -- when the day was last read again with success, and what we had before
    repaired_at timestamp,
    found_count bigint,
    found_sum decimal(38, 4)
);

-- How far back and when each metric was compared, or why it cannot be.
create table reconciled_metrics (
    metric_id varchar not null,
    -- the first and the last local day that were ever compared
    from_on date,
    until_on date,
    checked_at timestamp,
    -- when all of its days were last compared
    whole_at timestamp,
    -- what Klaviyo said when it would not count this one
    problem varchar
);
