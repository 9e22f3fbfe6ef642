use super::{Entity, Follow, METADATA, Source, Tier, flag, money, text, time};

/// Products, as far as Klaviyo lists them: only catalogs sent by API, not those fed by a shop integration.
pub(super) const CATALOG_ITEMS: Entity = Entity {
    name: "catalog_items",
    about: "Catalog items: title, price, URL",
    resource: "catalog-item",
    source: Source::List { path: "/api/catalog-items", page_size: Some(100), partitions: &[] },
    follow: Follow::Everything,
    sort: None,
    include: &[],
    fields: &[],
    additional_fields: &[],
    tier: Tier::Xl,
    scopes: &["catalogs:read"],
    columns: &[
        text("external_id", &["/attributes/external_id"]),
        text("title", &["/attributes/title"]),
        money("price", &["/attributes/price"]),
        text("url", &["/attributes/url"]),
        text("image_url", &["/attributes/image_thumbnail_url", "/attributes/image_full_url"]),
        flag("published", &["/attributes/published"]),
        time("created_at", &["/attributes/created"]),
        time("updated_at", &["/attributes/updated"]),
    ],
    rest: METADATA,
    schedule: "0 4 * * *",
};
