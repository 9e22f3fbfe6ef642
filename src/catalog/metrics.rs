use super::{Entity, Follow, METADATA, Source, Tier, text, time};

/// What events are counted under. Never filtered: old metrics still emit, and the endpoint refuses a page size.
pub const METRICS: Entity = Entity {
    name: "metrics",
    about: "Metrics, with the integration that sends them",
    resource: "metric",
    source: Source::List { path: "/api/metrics", page_size: None, partitions: &[] },
    follow: Follow::Everything,
    sort: None,
    include: &[],
    fields: &[],
    additional_fields: &[],
    tier: Tier::M,
    scopes: &["metrics:read"],
    columns: &[
        text("name", &["/attributes/name"]),
        text("integration_id", &["/attributes/integration/id"]),
        text("integration_name", &["/attributes/integration/name"]),
        // A text, or an object with a name: both are met.
        text(
            "integration_category",
            &[
                "/attributes/integration/category/category",
                "/attributes/integration/category/name",
                "/attributes/integration/category",
            ],
        ),
        time("created_at", &["/attributes/created"]),
        time("updated_at", &["/attributes/updated"]),
    ],
    rest: METADATA,
    schedule: "0 1 * * *",
};
