use super::{Entity, Follow, Rest, Source, Tier, any_flag, local_time, money, text, time, via};

/// Everything that anyone did: sends, opens, clicks, orders. The wide pipe, and the source of nearly every number.
///
/// Read in windows of time, newest first. Attribution is filled in late, so windows are read again and replaced.
pub const EVENTS: Entity = Entity {
    name: "events",
    about: "Events with properties and attribution",
    resource: "event",
    source: Source::List { path: "/api/events", page_size: Some(1000), partitions: &[] },
    follow: Follow::Windows { attribute: "datetime" },
    // Newest first, so that the last days are on screen first.
    sort: Some("-datetime"),
    // Metric and profile only so that their ids are in the relationships; nothing else of them is asked for.
    include: &["attributions", "metric", "profile"],
    fields: &[("metric", &["id"]), ("profile", &["id"])],
    additional_fields: &[],
    tier: Tier::Xl,
    scopes: &["events:read"],
    columns: &[
        text("metric_id", &["/relationships/metric/data/id"]),
        text("profile_id", &["/relationships/profile/data/id"]),
        time("timestamp", &["/attributes/datetime", "/attributes/timestamp"]),
        local_time("local_datetime", &["/attributes/datetime", "/attributes/timestamp"]),
        money("value", &["/attributes/event_properties/$value"]),
        // As it was written, so that what could not be read as an amount is known without opening the document.
        text("value_text", &["/attributes/event_properties/$value"]),
        text(
            "currency",
            &["/attributes/event_properties/$value_currency", "/attributes/event_properties/$currency_code"],
        ),
        text("message_id", &["/attributes/event_properties/$message"]),
        text("flow_id", &["/attributes/event_properties/$flow"]),
        text("variation_id", &["/attributes/event_properties/$variation"]),
        text("form_id", &["/attributes/event_properties/form_id", "/attributes/event_properties/$form_id"]),
        any_flag(
            "is_machine_open",
            &["/attributes/event_properties/machine_open", "/attributes/event_properties/Apple Privacy Open"],
        ),
        any_flag("is_bot_click", &["/attributes/event_properties/Bot Click"]),
        via("attributed_event_id", "attributions", "/relationships/attributed-event/data/id"),
        via("attributed_campaign_id", "attributions", "/relationships/campaign/data/id"),
        via("attributed_flow_id", "attributions", "/relationships/flow/data/id"),
        // One of the two is there: the message of the campaign or of the flow.
        via("attributed_campaign_message_id", "attributions", "/relationships/campaign-message/data/id"),
        via("attributed_flow_message_id", "attributions", "/relationships/flow-message/data/id"),
        via("attributed_variation_id", "attributions", "/relationships/flow-message-variation/data/id"),
    ],
    rest: Rest { column: "properties", pointer: "/attributes/event_properties" },
    schedule: "*/15 * * * *",
};
