use super::{Entity, Follow, METADATA, Operator, Source, Tier, text, time};

/// Templates without their HTML, which may be hundreds of kilobytes each: it is read on demand, one template at a time.
pub(super) const TEMPLATES: Entity = Entity {
    name: "templates",
    about: "Templates: name, editor; their HTML on demand",
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
