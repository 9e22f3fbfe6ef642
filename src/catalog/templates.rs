use super::{Entity, Follow, METADATA, Operator, Source, Tier, text, time};

/// Templates without their HTML, which may be hundreds of kilobytes each and which no page shows yet.
pub(super) const TEMPLATES: Entity = Entity {
    name: "templates",
    about: "Templates: name, editor",
    resource: "template",
    source: Source::List { path: "/api/templates", page_size: Some(10), partitions: &[] },
    follow: Follow::Since { attribute: "updated", operator: Operator::GreaterOrEqual },
    sort: None,
    include: &[],
    fields: &[("template", &["id", "name", "editor_type", "created", "updated"])],
    additional_fields: &[],
    tier: Tier::L,
    scopes: &["templates:read"],
    columns: &[
        text("name", &["/attributes/name"]),
        text("editor_type", &["/attributes/editor_type"]),
        time("created_at", &["/attributes/created"]),
        time("updated_at", &["/attributes/updated"]),
    ],
    rest: METADATA,
    schedule: "20 4 * * *",
};
