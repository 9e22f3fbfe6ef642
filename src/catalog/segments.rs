use super::{Entity, Follow, METADATA, Source, Tier, count, flag, text, texts, time};

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
    source: Source::PerParent { parent: "segments", path: "/api/segments/{id}", page_size: None, only: None },
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
