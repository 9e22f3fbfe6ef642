use super::{Entity, Follow, METADATA, Source, Tier, text, time};

/// Which metric Klaviyo itself takes for revenue, checkouts and the like: the sound way to the conversion metric.
pub(super) const MAPPED_METRICS: Entity = Entity {
    name: "mapped_metrics",
    about: "Which metric stands for revenue, checkout started and so on",
    resource: "mapped-metric",
    source: Source::List { path: "/api/mapped-metrics", page_size: None, partitions: &[] },
    follow: Follow::Everything,
    sort: None,
    include: &["metric", "custom-metric"],
    fields: &[("metric", &["id"]), ("custom-metric", &["id"])],
    additional_fields: &[],
    tier: Tier::S,
    scopes: &["metrics:read"],
    columns: &[
        text("metric_id", &["/relationships/metric/data/id"]),
        text("custom_metric_id", &["/relationships/custom-metric/data/id"]),
        time("updated_at", &["/attributes/updated"]),
    ],
    rest: METADATA,
    schedule: "5 1 * * *",
};
