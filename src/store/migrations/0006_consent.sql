-- When a whole listing of the entity last ended, whose end also showed what was deleted.
alter table klaviyo_sync_status add column last_whole_at timestamp;

-- How far the listing of each parent's records is, such as the members of a list.
create table sync_parents (
    entity_type varchar not null,
    parent_id varchar not null,
    -- up to here changes were followed
    watermark timestamp,
    -- when all of it was last read; null: the first reading goes on
    whole_at timestamp,
    primary key (entity_type, parent_id)
);

-- Every state of consent that a profile was seen in, one row a change; without a row it never consented.
create table klaviyo_consent_history (
    profile_id varchar not null,
    -- email, sms, sms_transactional, push, whatsapp or whatsapp_transactional
    channel varchar not null,
    -- in Klaviyo's words: SUBSCRIBED, UNSUBSCRIBED, NEVER_SUBSCRIBED
    consent varchar,
    can_receive boolean not null,
    -- why it cannot receive although it may have consented; DELETED: there is no such profile any more
    reason varchar,
    -- how consent was given or taken back
    method varchar,
    -- as Klaviyo says; when it was seen, where Klaviyo names no time after the state before
    changed_at timestamp not null,
    seen_at timestamp not null,
    -- the state before; null in the first row of a profile and channel
    previous_consent varchar,
    previous_can_receive boolean
);
