use super::{Entity, Follow, METADATA, Source, Tier, parent, text, time};

/// The steps of a flow: sends, splits, delays. They come along with their flows.
pub(super) const FLOW_ACTIONS: Entity = Entity {
    name: "flow_actions",
    about: "Steps of flows: sends, delays, splits",
    resource: "flow-action",
    source: Source::Included { parent: "flows", relationship: "flow-actions" },
    follow: Follow::Parent,
    sort: None,
    include: &[],
    fields: &[],
    additional_fields: &[],
    tier: Tier::S,
    scopes: &["flows:read"],
    columns: &[
        parent("flow_id"),
        text("action_type", &["/attributes/definition/type", "/attributes/action_type"]),
        text("status", &["/attributes/definition/data/status", "/attributes/status"]),
        time("created_at", &["/attributes/created"]),
        time("updated_at", &["/attributes/updated"]),
    ],
    rest: METADATA,
    schedule: "20 */6 * * *",
};
