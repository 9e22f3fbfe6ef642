use super::{Entity, Follow, METADATA, Source, Tier, count, text, texts, time};

/// Lists. `updated` does not move when members come and go, and only a whole listing shows deletions.
pub(super) const LISTS: Entity = Entity {
    name: "lists",
    about: "Groups of profiles that sign-up or import gathers",
    resource: "list",
    source: Source::List { path: "/api/lists", page_size: Some(10), partitions: &[] },
    follow: Follow::Everything,
    sort: None,
    include: &["tags"],
    fields: &[],
    additional_fields: &[],
    tier: Tier::L,
    scopes: &["lists:read", "tags:read"],
    columns: &[
        text("name", &["/attributes/name"]),
        text("opt_in_process", &["/attributes/opt_in_process"]),
        time("created_at", &["/attributes/created"]),
        time("updated_at", &["/attributes/updated"]),
        texts("tag_ids", &["/relationships/tags/data"]),
    ],
    rest: METADATA,
    schedule: "45 */6 * * *",
};

/// How many profiles a list has: only the document of one list tells, and only fifteen times a minute.
pub(super) const LIST_COUNTS: Entity = Entity {
    name: "list_counts",
    about: "Number of profiles on each list",
    resource: "list",
    source: Source::PerParent { parent: "lists", path: "/api/lists/{id}", page_size: None, only: None },
    follow: Follow::Everything,
    sort: None,
    include: &[],
    fields: &[("list", &["id", "profile_count"])],
    additional_fields: &[("list", &["profile_count"])],
    tier: Tier::Xs,
    scopes: &["lists:read"],
    columns: &[count("profile_count", &["/attributes/profile_count"])],
    rest: METADATA,
    schedule: "55 3 * * *",
};
