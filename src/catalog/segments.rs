use super::{
    Entity, Follow, Key, METADATA, Operator, Rest, Source, Tier, Whole, count, flag, parent, text, texts, time,
};

/// Segments. `updated` does not move when members come and go, and only a whole listing shows deletions.
pub(super) const SEGMENTS: Entity = Entity {
    name: "segments",
    about: "Groups of profiles that a condition gathers",
    resource: "segment",
    source: Source::List { path: "/api/segments", page_size: Some(10), partitions: &[] },
    follow: Follow::Everything,
    sort: None,
    include: &["tags"],
    fields: &[],
    additional_fields: &[],
    tier: Tier::L,
    scopes: &["segments:read", "tags:read"],
    columns: &[
        text("name", &["/attributes/name"]),
        flag("is_active", &["/attributes/is_active"]),
        flag("is_processing", &["/attributes/is_processing"]),
        flag("is_starred", &["/attributes/is_starred"]),
        time("created_at", &["/attributes/created"]),
        time("updated_at", &["/attributes/updated"]),
        texts("tag_ids", &["/relationships/tags/data"]),
    ],
    rest: METADATA,
    schedule: "40 */6 * * *",
};

/// How many profiles a segment has: only the document of one segment tells, and only fifteen times a minute.
pub(super) const SEGMENT_COUNTS: Entity = Entity {
    name: "segment_counts",
    about: "Number of profiles in each segment",
    resource: "segment",
    source: Source::PerParent {
        parent: "segments",
        path: "/api/segments/{id}",
        page_size: None,
        only: None,
        key: Key::Own,
    },
    follow: Follow::Everything,
    sort: None,
    include: &[],
    fields: &[("segment", &["id", "profile_count"])],
    additional_fields: &[("segment", &["profile_count"])],
    tier: Tier::Xs,
    scopes: &["segments:read"],
    columns: &[count("profile_count", &["/attributes/profile_count"])],
    rest: METADATA,
    schedule: "50 3 * * *",
};

/// Who is in a segment, and since when. The same profile is in several, so the row's id is made of both.
///
/// A hundred members a request and 750 requests a minute: 75,000 members a minute at most. Who joined is followed by
/// time; who left is found by listing the whole segment again, as often as the settings say.
pub(super) const SEGMENT_MEMBERS: Entity = Entity {
    name: "segment_members",
    about: "Profiles in each segment, with the time that they joined",
    resource: "profile",
    source: Source::PerParent {
        parent: "segments",
        path: "/api/segments/{id}/profiles",
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
    scopes: &["profiles:read", "segments:read"],
    columns: &[parent("segment_id"), text("profile_id", &["/id"]), time("joined_at", &["/attributes/joined_group_at"])],
    // Not asked for: all that is known of the profile is in its own row.
    rest: Rest { column: "properties", pointer: "/attributes/properties" },
    schedule: "57 */6 * * *",
};
