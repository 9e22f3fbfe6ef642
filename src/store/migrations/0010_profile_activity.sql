-- What each person received and did, kept up with the events in the same transaction; see activity.rs. Times are UTC.
create table klaviyo_profile_activity (
    profile_id varchar not null,
    -- of all that is counted here, so that a row without any can go
    events bigint not null,
    received bigint not null,
    emails_received bigint not null,
    -- neither by machines nor by bots
    opens bigint not null,
    clicks bigint not null,
    -- of the conversion metric in `aggregates_basis`
    orders bigint not null,
    revenue decimal(38,4) not null,
    first_emailed_at timestamp,
    last_emailed_at timestamp,
    last_received_at timestamp,
    last_opened_at timestamp,
    last_clicked_at timestamp,
    last_ordered_at timestamp,
    last_visited_at timestamp,
    last_subscribed_at timestamp
);

-- Whoever has events has activity: without a basis, all sums are made anew at the next start.
delete from aggregates_basis;
