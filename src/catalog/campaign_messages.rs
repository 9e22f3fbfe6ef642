use super::{Entity, Follow, METADATA, Source, Tier, parent, text, time};

/// What a campaign says. There is no listing of these; they come along with their campaigns.
pub(super) const CAMPAIGN_MESSAGES: Entity = Entity {
    name: "campaign_messages",
    about: "Messages of campaigns: channel, subject, sender",
    resource: "campaign-message",
    source: Source::Included { parent: "campaigns", relationship: "campaign-messages" },
    follow: Follow::Parent,
    sort: None,
    include: &[],
    fields: &[],
    additional_fields: &[],
    tier: Tier::M,
    scopes: &["campaigns:read"],
    columns: &[
        parent("campaign_id"),
        text("channel", &["/attributes/definition/channel"]),
        text("label", &["/attributes/definition/label"]),
        text("subject", &["/attributes/definition/content/subject", "/attributes/definition/content/title"]),
        text("preview_text", &["/attributes/definition/content/preview_text"]),
        text("from_email", &["/attributes/definition/content/from_email"]),
        text("from_label", &["/attributes/definition/content/from_label"]),
        text("template_id", &["/relationships/template/data/id"]),
        time("created_at", &["/attributes/created_at"]),
        time("updated_at", &["/attributes/updated_at"]),
    ],
    rest: METADATA,
    schedule: "10 */3 * * *",
};
