use super::{Entity, Follow, Operator, Rest, Source, Tier, flag, text, time};

/// The people. Their consent comes along; their predictions do not, because asking for them times out on large accounts.
///
/// The filter on `updated` takes only greater-than, and descending order times out, hence ascending.
pub(super) const PROFILES: Entity = Entity {
    name: "profiles",
    about: "Profiles with consent and suppression",
    resource: "profile",
    source: Source::List { path: "/api/profiles", page_size: Some(100), partitions: &[] },
    follow: Follow::Since { attribute: "updated", operator: Operator::GreaterThan },
    sort: Some("updated"),
    include: &[],
    fields: &[],
    additional_fields: &[("profile", &["subscriptions"])],
    tier: Tier::L,
    scopes: &["profiles:read", "subscriptions:read"],
    columns: &[
        text("email", &["/attributes/email"]),
        text("phone_number", &["/attributes/phone_number"]),
        text("external_id", &["/attributes/external_id"]),
        text("first_name", &["/attributes/first_name"]),
        text("last_name", &["/attributes/last_name"]),
        text("country", &["/attributes/location/country"]),
        text("timezone", &["/attributes/location/timezone"]),
        flag("can_receive_email", &["/attributes/subscriptions/email/marketing/can_receive_email_marketing"]),
        text("email_consent", &["/attributes/subscriptions/email/marketing/consent"]),
        time("email_consent_at", &["/attributes/subscriptions/email/marketing/consent_timestamp"]),
        text("email_suppression", &["/attributes/subscriptions/email/marketing/suppression/0/reason"]),
        time("email_suppressed_at", &["/attributes/subscriptions/email/marketing/suppression/0/timestamp"]),
        flag("can_receive_sms", &["/attributes/subscriptions/sms/marketing/can_receive_sms_marketing"]),
        text("sms_consent", &["/attributes/subscriptions/sms/marketing/consent"]),
        time("sms_consent_at", &["/attributes/subscriptions/sms/marketing/consent_timestamp"]),
        flag("can_receive_push", &["/attributes/subscriptions/mobile_push/marketing/can_receive_push_marketing"]),
        text("push_consent", &["/attributes/subscriptions/mobile_push/marketing/consent"]),
        time("created_at", &["/attributes/created"]),
        time("updated_at", &["/attributes/updated"]),
        time("last_event_at", &["/attributes/last_event_date"]),
    ],
    rest: Rest { column: "properties", pointer: "/attributes/properties" },
    schedule: "0 2 * * *",
};
