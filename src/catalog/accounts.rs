use super::{Entity, Follow, METADATA, Source, Tier, flag, text};

/// The account itself: one record, whose zone and currency every page speaks in.
pub const ACCOUNTS: Entity = Entity {
    name: "accounts",
    about: "The account: organisation, time zone, currency",
    resource: "account",
    source: Source::List { path: "/api/accounts", page_size: None, partitions: &[] },
    follow: Follow::Everything,
    sort: None,
    include: &[],
    fields: &[],
    additional_fields: &[],
    tier: Tier::Xs,
    scopes: &["accounts:read"],
    columns: &[
        text("name", &["/attributes/contact_information/organization_name"]),
        text("timezone", &["/attributes/timezone"]),
        text("currency", &["/attributes/preferred_currency"]),
        text("industry", &["/attributes/industry"]),
        text("locale", &["/attributes/locale"]),
        text("website_url", &["/attributes/contact_information/website_url"]),
        flag("test_account", &["/attributes/test_account"]),
    ],
    rest: METADATA,
    schedule: "50 0 * * *",
};
