use super::{Entity, Follow, Key, METADATA, Source, Tier, parent, text, time};

/// The variants of a form, read for each form.
pub(super) const FORM_VERSIONS: Entity = Entity {
    name: "form_versions",
    about: "Versions of forms: type, variation, status",
    resource: "form-version",
    source: Source::PerParent {
        parent: "forms",
        path: "/api/forms/{id}/form-versions",
        page_size: Some(100),
        only: None,
        key: Key::Own,
    },
    follow: Follow::Everything,
    sort: None,
    include: &[],
    fields: &[],
    additional_fields: &[],
    tier: Tier::S,
    scopes: &["forms:read"],
    columns: &[
        parent("form_id"),
        text("form_type", &["/attributes/form_type"]),
        text("variation_name", &["/attributes/variation_name", "/attributes/ab_test/variation_name"]),
        text("status", &["/attributes/status"]),
        time("created_at", &["/attributes/created_at"]),
        time("updated_at", &["/attributes/updated_at"]),
    ],
    rest: METADATA,
    schedule: "40 3 * * *",
};
