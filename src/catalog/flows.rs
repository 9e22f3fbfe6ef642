use super::{Entity, Follow, METADATA, Source, Tier, flag, text, texts, time};

/// Automations. A listing without a filter hides the archived ones. A few hundred at most, so always all of them.
pub(super) const FLOWS: Entity = Entity {
    name: "flows",
    about: "Flows: live, manual, draft and archived",
    resource: "flow",
    source: Source::List {
        path: "/api/flows",
        page_size: Some(50),
        partitions: &["equals(archived,false)", "equals(archived,true)"],
    },
    follow: Follow::Everything,
    sort: None,
    include: &["flow-actions", "tags"],
    fields: &[],
    additional_fields: &[],
    tier: Tier::S,
    scopes: &["flows:read", "tags:read"],
    columns: &[
        text("name", &["/attributes/name"]),
        text("status", &["/attributes/status"]),
        flag("archived", &["/attributes/archived"]),
        text("trigger_type", &["/attributes/trigger_type"]),
        time("created_at", &["/attributes/created"]),
        time("updated_at", &["/attributes/updated"]),
        texts("tag_ids", &["/relationships/tags/data"]),
    ],
    rest: METADATA,
    schedule: "20 */6 * * *",
};
