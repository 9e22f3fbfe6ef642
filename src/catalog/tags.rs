use super::{Entity, Follow, METADATA, Source, Tier, text};

/// Names of tags; what carries one says so itself, in its `tag_ids`.
pub(super) const TAGS: Entity = Entity {
    name: "tags",
    about: "Labels of campaigns, flows, segments and lists",
    resource: "tag",
    source: Source::List { path: "/api/tags", page_size: Some(50), partitions: &[] },
    follow: Follow::Everything,
    sort: None,
    include: &["tag-group"],
    fields: &[("tag-group", &["id"])],
    additional_fields: &[],
    tier: Tier::S,
    scopes: &["tags:read"],
    columns: &[text("name", &["/attributes/name"]), text("tag_group_id", &["/relationships/tag-group/data/id"])],
    rest: METADATA,
    schedule: "35 */6 * * *",
};
