use super::{Entity, Follow, METADATA, Operator, Source, Tier, Whole, flag, text, texts, time};

/// One-off sends. The endpoint answers for one channel at a time and hides the archived, hence six partitions.
pub(super) const CAMPAIGNS: Entity = Entity {
    name: "campaigns",
    about: "Campaigns of e-mail, SMS and push, archived ones included",
    resource: "campaign",
    source: Source::List {
        path: "/api/campaigns",
        page_size: Some(100),
        partitions: &[
            "equals(messages.channel,'email'),equals(archived,false)",
            "equals(messages.channel,'sms'),equals(archived,false)",
            "equals(messages.channel,'mobile_push'),equals(archived,false)",
            "equals(messages.channel,'email'),equals(archived,true)",
            "equals(messages.channel,'sms'),equals(archived,true)",
            "equals(messages.channel,'mobile_push'),equals(archived,true)",
        ],
    },
    // A whole listing is a request for every hundred campaigns, so every day shows what was deleted.
    follow: Follow::Since { attribute: "updated_at", operator: Operator::GreaterOrEqual, whole: Whole::EveryDays(1) },
    // Archived campaigns come back unsorted whatever is asked for, so no order is relied upon.
    sort: None,
    include: &["campaign-messages", "tags"],
    fields: &[],
    additional_fields: &[],
    tier: Tier::M,
    scopes: &["campaigns:read", "tags:read"],
    columns: &[
        text("name", &["/attributes/name"]),
        text("status", &["/attributes/status"]),
        flag("archived", &["/attributes/archived"]),
        time("sent_at", &["/attributes/send_time"]),
        time("scheduled_at", &["/attributes/scheduled_at"]),
        time("created_at", &["/attributes/created_at"]),
        time("updated_at", &["/attributes/updated_at"]),
        texts("tag_ids", &["/relationships/tags/data"]),
    ],
    rest: METADATA,
    schedule: "10 */3 * * *",
};
