-- What Klaviyo sends by itself: the webhooks there are, and the deliveries that wait to be taken over.
create table webhooks (
    -- Klaviyo's
    id varchar not null,
    name varchar,
    -- as Klaviyo tells it: truncated
    endpoint_url varchar,
    -- a JSON list of ids
    topics varchar not null,
    enabled boolean not null,
    created_at timestamp,
    -- what its deliveries are signed with; null: it was made by somebody else, and cannot be checked
    secret varchar
);

-- What can be subscribed to, as of when somebody last asked.
create table webhook_topics (
    id varchar not null
);

-- Deliveries that were accepted. The body goes when its events are rows; the rest stays a while, so that the same
-- delivery is known when it comes again.
create table webhook_inbox (
    -- SHA-256 of the body
    digest varchar not null,
    webhook_id varchar not null,
    received_at timestamp not null,
    events bigint not null,
    body varchar,
    applied_at timestamp,
    -- events that were not there yet
    rows_new bigint,
    error_message varchar
);
