use super::{Entity, Follow, METADATA, Source, Tier, flag, text, time};

/// Sign-up forms. What was seen and submitted of them is in the events. Few, so always all of them.
pub(super) const FORMS: Entity = Entity {
    name: "forms",
    about: "Sign-up forms",
    resource: "form",
    source: Source::List { path: "/api/forms", page_size: Some(100), partitions: &[] },
    follow: Follow::Everything,
    sort: None,
    include: &[],
    fields: &[],
    additional_fields: &[],
    tier: Tier::S,
    scopes: &["forms:read"],
    columns: &[
        text("name", &["/attributes/name"]),
        text("status", &["/attributes/status"]),
        flag("ab_test", &["/attributes/ab_test"]),
        time("created_at", &["/attributes/created_at"]),
        time("updated_at", &["/attributes/updated_at"]),
    ],
    rest: METADATA,
    schedule: "30 */6 * * *",
};
