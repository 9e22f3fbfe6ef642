use super::{Entity, Follow, Key, METADATA, Operator, Rest, Source, Tier, Whole, text, time};

/// Templates without their HTML, which may be hundreds of kilobytes each: see [`TEMPLATE_HTML`].
pub(super) const TEMPLATES: Entity = Entity {
    name: "templates",
    about: "Templates: name, editor",
    resource: "template",
    source: Source::List { path: "/api/templates", page_size: Some(10), partitions: &[] },
    // A whole listing is a request for every ten templates, so every day shows what was deleted.
    follow: Follow::Since { attribute: "updated", operator: Operator::GreaterOrEqual, whole: Whole::EveryDays(1) },
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

/// The HTML of a template, read when it is asked for.
pub const TEMPLATE_HTML: Entity = Entity {
    name: "template_html",
    about: "HTML of templates, read when it is asked for",
    resource: "template",
    source: Source::PerParent {
        parent: "templates",
        path: "/api/templates/{id}",
        page_size: None,
        only: None,
        key: Key::Own,
    },
    follow: Follow::Everything,
    sort: None,
    include: &[],
    fields: &[("template", &["html", "updated"])],
    additional_fields: &[],
    tier: Tier::L,
    scopes: &["templates:read"],
    columns: &[text("html", &["/attributes/html"]), time("updated_at", &["/attributes/updated"])],
    // All of it is in the columns.
    rest: Rest { column: "metadata", pointer: "/relationships" },
    schedule: "",
};
