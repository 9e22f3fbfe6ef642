use super::{Entity, Follow, Operator, Rest, Source, Tier, Whole, money, number, text, texts, time};

/// What Klaviyo expects of the people who bought. Asking for it costs the listing of profiles its tier and has been seen
/// to time out, hence a pass of its own, a slow one: 15,000 profiles a minute at most.
///
/// Predictions age although their profile stays as it is, so all of them are read again every four weeks.
pub(super) const PROFILE_PREDICTIONS: Entity = Entity {
    name: "profile_predictions",
    about: "Predictions for profiles: lifetime value, churn, next order",
    resource: "profile",
    source: Source::List { path: "/api/profiles", page_size: Some(100), partitions: &[] },
    follow: Follow::Since { attribute: "updated", operator: Operator::GreaterThan, whole: Whole::EveryDays(28) },
    sort: Some("updated"),
    include: &[],
    fields: &[("profile", &["id", "updated", "predictive_analytics"])],
    additional_fields: &[("profile", &["predictive_analytics"])],
    tier: Tier::M,
    scopes: &["profiles:read"],
    columns: &[
        money("historic_clv", &["/attributes/predictive_analytics/historic_clv"]),
        money("predicted_clv", &["/attributes/predictive_analytics/predicted_clv"]),
        money("total_clv", &["/attributes/predictive_analytics/total_clv"]),
        number("historic_orders", &["/attributes/predictive_analytics/historic_number_of_orders"]),
        number("predicted_orders", &["/attributes/predictive_analytics/predicted_number_of_orders"]),
        number("days_between_orders", &["/attributes/predictive_analytics/average_days_between_orders"]),
        money("average_order_value", &["/attributes/predictive_analytics/average_order_value"]),
        number("churn_probability", &["/attributes/predictive_analytics/churn_probability"]),
        time("next_order_at", &["/attributes/predictive_analytics/expected_date_of_next_order"]),
        // The likeliest channel first, then all of them.
        text("best_channel", &["/attributes/predictive_analytics/ranked_channel_affinity/0"]),
        texts("channel_affinity", &["/attributes/predictive_analytics/ranked_channel_affinity"]),
        time("updated_at", &["/attributes/updated"]),
    ],
    // Not asked for: all that is known of the profile is in its own row.
    rest: Rest { column: "properties", pointer: "/attributes/properties" },
    schedule: "30 4 * * 0",
};
