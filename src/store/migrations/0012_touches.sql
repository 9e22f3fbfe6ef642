-- Conversions with what came before them, so that any attribution can be asked of all history; kept up with the events in
-- the same transaction, see touches.rs.

-- One row per event of the conversion metric in `aggregates_basis`.
create table klaviyo_conversions (
    id varchar not null,
    profile_id varchar,
    -- UTC
    converted_at timestamp,
    converted_on date,
    -- in the account's currency; null in another, or where the value is no amount
    amount decimal(18,4),
    is_foreign boolean not null,
    is_unreadable boolean not null,
    -- campaign or flow, by Klaviyo's own attribution
    credited_to varchar,
    message_id varchar,
    flow_id varchar,
    attributed_event_id varchar
);

-- What its person did with messages in the ninety days before each of them: of every kind the latest touch of the last two
-- messages. Whatever the windows are, the last touch is among these, and so is whether there was another message.
create table klaviyo_touches (
    conversion_id varchar not null,
    -- email_click, email_open, sms_click, sms_open, sms_delivery, push_open, whatsapp_click or whatsapp_open
    kind varchar not null,
    by_machine boolean not null,
    message_id varchar not null,
    -- UTC, both
    touched_at timestamp not null,
    converted_at timestamp not null
);

-- Both are made when the sums are made anew.
delete from aggregates_basis;
