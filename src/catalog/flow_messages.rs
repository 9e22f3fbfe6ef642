use super::{Entity, Follow, Key, METADATA, Source, Tier, parent, text, time};

/// What a flow says, read for each step that sends to a profile: one request a step, sixty a minute, hence last and daily.
pub(super) const FLOW_MESSAGES: Entity = Entity {
    name: "flow_messages",
    about: "Messages of flows: channel, name, subject",
    resource: "flow-message",
    source: Source::PerParent {
        parent: "flow_actions",
        path: "/api/flow-actions/{id}/flow-messages",
        page_size: Some(50),
        only: Some(("action_type", &["send-email", "send-sms", "send-mobile-push", "send-whatsapp"])),
        key: Key::Own,
    },
    follow: Follow::Everything,
    sort: None,
    include: &[],
    fields: &[],
    additional_fields: &[],
    tier: Tier::S,
    scopes: &["flows:read"],
    columns: &[
        parent("flow_action_id"),
        text("name", &["/attributes/definition/name", "/attributes/name"]),
        text("channel", &["/attributes/channel"]),
        text("subject", &["/attributes/definition/subject_line", "/attributes/definition/title"]),
        text("preview_text", &["/attributes/definition/preview_text"]),
        text("from_email", &["/attributes/definition/from_email"]),
        text("template_id", &["/attributes/definition/template_id", "/relationships/template/data/id"]),
        time("created_at", &["/attributes/created"]),
        time("updated_at", &["/attributes/updated"]),
    ],
    rest: METADATA,
    schedule: "30 3 * * *",
};
