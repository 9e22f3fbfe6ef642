use super::{Entity, Follow, METADATA, Source, Tier, count, day, money, text};

/// Klaviyo's own count and sum of every metric's events by local day: what proves that our copy of them is complete.
///
/// The sum is over all values, whatever their currency, as Klaviyo adds them up.
pub(super) const METRIC_AGGREGATES: Entity = Entity {
    name: "metric_aggregates",
    about: "Klaviyo's own count and sum of each metric by day; reading it reconciles the events",
    resource: "metric-aggregate",
    source: Source::Aggregates { path: "/api/metric-aggregates", days_max: 365 },
    follow: Follow::Report,
    sort: None,
    include: &[],
    fields: &[],
    additional_fields: &[],
    tier: Tier::S,
    scopes: &["metrics:read"],
    columns: &[
        text("metric_id", &["/metric_id"]),
        day("day", &["/day"]),
        count("count", &["/measurements/count"]),
        money("sum_value", &["/measurements/sum_value"]),
    ],
    rest: METADATA,
    schedule: "0 3 * * *",
};
