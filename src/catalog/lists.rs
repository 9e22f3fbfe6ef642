use super::{Entity, Follow, Key, METADATA, Operator, Rest, Source, Tier, Whole, count, parent, text, texts, time};

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
    source: Source::PerParent { parent: "lists", path: "/api/lists/{id}", page_size: None, only: None, key: Key::Own },
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

/// Who is in a list, and since when. The same profile is in several, so the row's id is made of both.
///
/// A hundred members a request and 750 requests a minute: 75,000 members a minute at most. Who joined is followed by
/// time; who left is found by listing the whole list again, as often as the settings say.
pub(super) const LIST_MEMBERS: Entity = Entity {
    name: "list_members",
    about: "Profiles on each list, with the time that they joined",
    resource: "profile",
    source: Source::PerParent {
        parent: "lists",
        path: "/api/lists/{id}/profiles",
        page_size: Some(100),
        only: None,
        key: Key::WithParent,
    },
    follow: Follow::Since { attribute: "joined_group_at", operator: Operator::GreaterOrEqual, whole: Whole::AsSet },
    sort: Some("joined_group_at"),
    include: &[],
    fields: &[("profile", &["id", "joined_group_at"])],
    additional_fields: &[],
    tier: Tier::L,
    scopes: &["lists:read", "profiles:read"],
    columns: &[parent("list_id"), text("profile_id", &["/id"]), time("joined_at", &["/attributes/joined_group_at"])],
    // Not asked for: all that is known of the profile is in its own row.
    rest: Rest { column: "properties", pointer: "/attributes/properties" },
    schedule: "55 */6 * * *",
};
