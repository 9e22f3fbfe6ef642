//! Klaviyo's reading endpoints as its documentation has them (`OpenAPI` document of revision 2026-07-15): what each serves,
//! and everything it takes. Written down by hand and not taken from the catalog, which it is a check on.

/// The revision that the fake speaks.
pub(super) const REVISION: &str = "2026-07-15";

#[derive(Debug)]
pub(super) struct Endpoint {
    /// `{id}` stands for one segment.
    pub(super) path: &'static str,
    pub(super) method: &'static str,
    pub(super) serves: Serves,
    pub(super) scopes: &'static [&'static str],
    pub(super) rate: Rate,
    pub(super) paging: Paging,
    pub(super) filters: &'static [Field],
    /// The field that a filter has to name.
    pub(super) required_filter: Option<&'static str>,
    /// Fields to sort by; each also takes a minus.
    pub(super) sort: &'static [&'static str],
    pub(super) include: &'static [&'static str],
    pub(super) additional: &'static [(&'static str, &'static [&'static str])],
    /// The attributes of each type that may come back; `name.*` also takes what is inside.
    pub(super) fields: &'static [(&'static str, &'static [&'static str])],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Serves {
    All(Resource),
    One(Resource),
    /// Those that belong to the parent of the id.
    Of(Resource, Resource),
    /// What is computed for a posted span of time.
    Report(Report),
    /// Counts of a metric's events, computed as well.
    Aggregates,
    /// Webhooks and their topics, which are made and removed through the API itself.
    Webhooks,
}

/// Which report an endpoint answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) of: Subject,
    pub(super) is_series: bool,
}

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Campaigns,
    Flows,
    Forms,
    Segments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Resource {
    Account,
    Metric,
    Event,
    Profile,
    Campaign,
    CampaignMessage,
    Flow,
    FlowAction,
    FlowMessage,
    Form,
    FormVersion,
    Segment,
    List,
    Tag,
    Template,
    MappedMetric,
    CatalogItem,
}

/// Requests a second, a minute and, where they are counted by the day, a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rate {
    pub(super) burst: u32,
    pub(super) steady: u32,
    pub(super) daily: Option<u32>,
}

const XS: Rate = Rate { burst: 1, steady: 15, daily: None };
const S: Rate = Rate { burst: 3, steady: 60, daily: None };
const M: Rate = Rate { burst: 10, steady: 150, daily: None };
const L: Rate = Rate { burst: 75, steady: 750, daily: None };
const XL: Rate = Rate { burst: 350, steady: 3500, daily: None };
const REPORT: Rate = Rate { burst: 1, steady: 2, daily: Some(225) };

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paging {
    /// All at once; no `page[…]` parameter.
    Whole,
    /// `page[cursor]` alone; the size is the server's.
    Cursor(usize),
    Sized {
        usual: usize,
        max: usize,
    },
}

/// A field that a filter may name.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) operators: &'static [&'static str],
    pub(super) takes: Takes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Text,
    OneOf(&'static [&'static str]),
    /// A time that has been, RFC 3339.
    PastTime,
    /// A time that may be still to come, RFC 3339.
    AnyTime,
    /// A Unix time in seconds.
    Seconds,
    Flag,
    /// Nothing: `has(field)`.
    Nothing,
}

/// Operators that take a list are written with brackets.
const EQUALS: &[&str] = &["equals"];
const HAS: &[&str] = &["has"];
const CONTAINS: &[&str] = &["contains"];
const ANY: &[&str] = &["any[]"];
const ANY_EQUALS_LIST: &[&str] = &["any[]", "equals[]"];
const IDS: &[&str] = &["any[]", "equals[]", "equals"];
const RANGE: &[&str] = &["greater-or-equal", "greater-than", "less-or-equal", "less-than"];
const RANGE_EQUALS: &[&str] = &["equals", "greater-or-equal", "greater-than", "less-or-equal", "less-than"];
const OPEN_RANGE: &[&str] = &["greater-than", "less-than"];
const AFTER: &[&str] = &["greater-than"];
const NAMES: &[&str] = &["contains", "ends-with", "equals", "starts-with"];

const fn field(name: &'static str, operators: &'static [&'static str], takes: Takes) -> Field {
    Field { name, operators, takes }
}

const CAMPAIGN: &[&str] = &[
    "archived",
    "audiences.*",
    "created_at",
    "id",
    "name",
    "scheduled_at",
    "send_options.*",
    "send_strategy.*",
    "send_time",
    "status",
    "tracking_options.*",
    "updated_at",
];
const CAMPAIGN_MESSAGE: &[&str] = &["created_at", "definition.*", "id", "send_times", "updated_at"];
const EVENT: &[&str] = &["datetime", "event_properties", "id", "timestamp", "uuid"];
const METRIC: &[&str] = &["created", "id", "integration", "name", "updated"];
/// Profiles that come along with events have no subscriptions.
const PERSON: &[&str] = &[
    "created",
    "email",
    "external_id",
    "first_name",
    "id",
    "image",
    "last_event_date",
    "last_name",
    "locale",
    "location.*",
    "organization",
    "phone_number",
    "properties",
    "title",
    "updated",
];
const PROFILE: &[&str] = &[
    "created",
    "email",
    "external_id",
    "first_name",
    "id",
    "image",
    "last_event_date",
    "last_name",
    "locale",
    "location.*",
    "organization",
    "phone_number",
    "predictive_analytics.*",
    "properties",
    "subscriptions.*",
    "title",
    "updated",
];
/// A profile on a list or in a segment.
const MEMBER: &[&str] = &[
    "created",
    "email",
    "external_id",
    "first_name",
    "id",
    "image",
    "joined_group_at",
    "last_event_date",
    "last_name",
    "locale",
    "location.*",
    "organization",
    "phone_number",
    "predictive_analytics.*",
    "properties",
    "subscriptions.*",
    "title",
    "updated",
];
const FLOW: &[&str] = &["archived", "created", "id", "name", "status", "trigger_type", "updated"];
const WHOLE_FLOW: &[&str] = &["archived", "created", "definition.*", "id", "name", "status", "trigger_type", "updated"];
const FLOW_ACTION: &[&str] = &["created", "definition.*", "id", "updated"];
const FLOW_MESSAGE: &[&str] = &["channel", "created", "definition.*", "id", "updated"];
const FORM: &[&str] = &["ab_test", "created_at", "id", "name", "status", "updated_at"];
const WHOLE_FORM: &[&str] = &["ab_test", "created_at", "definition.*", "id", "name", "status", "updated_at"];
const FORM_VERSION: &[&str] = &["ab_test.*", "created_at", "form_type", "id", "status", "updated_at", "variation_name"];
const SEGMENT: &[&str] =
    &["created", "definition.*", "id", "is_active", "is_processing", "is_starred", "name", "updated"];
const COUNTED_SEGMENT: &[&str] =
    &["created", "definition.*", "id", "is_active", "is_processing", "is_starred", "name", "profile_count", "updated"];
const LIST: &[&str] = &["created", "id", "name", "opt_in_process", "updated"];
const COUNTED_LIST: &[&str] = &["created", "id", "name", "opt_in_process", "profile_count", "updated"];
const TAG: &[&str] = &["id", "name"];
const TAG_GROUP: &[&str] = &["default", "exclusive", "id", "name"];
const TEMPLATE: &[&str] = &["amp", "created", "definition.*", "editor_type", "html", "id", "name", "text", "updated"];
/// A template that comes along with a message.
const FLAT_TEMPLATE: &[&str] = &["amp", "created", "editor_type", "html", "id", "name", "text", "updated"];
const ACCOUNT: &[&str] = &[
    "contact_information.*",
    "id",
    "industry",
    "locale",
    "preferred_currency",
    "public_api_key",
    "test_account",
    "timezone",
];
const CATALOG_ITEM: &[&str] = &[
    "created",
    "custom_metadata",
    "description",
    "external_id",
    "id",
    "image_full_url",
    "image_thumbnail_url",
    "images",
    "price",
    "published",
    "title",
    "updated",
    "url",
];
const CATALOG_VARIANT: &[&str] = &[
    "created",
    "custom_metadata",
    "description",
    "external_id",
    "id",
    "image_full_url",
    "image_thumbnail_url",
    "images",
    "inventory_policy",
    "inventory_quantity",
    "price",
    "published",
    "sku",
    "title",
    "updated",
    "url",
];
const CONVERSATION: &[&str] = &["channel", "id"];
const PUSH_TOKEN: &[&str] =
    &["background", "created", "enablement_status", "id", "metadata.*", "platform", "recorded_date", "token", "vendor"];
const IMAGE: &[&str] = &["format", "hidden", "id", "image_url", "name", "size", "updated_at"];
const CUSTOM_METRIC: &[&str] = &["created", "definition.*", "id", "name", "updated"];

const WEBHOOK: &[&str] = &["created_at", "description", "enabled", "endpoint_url", "id", "name", "updated_at"];

const CHANNELS: Takes = Takes::OneOf(&["email", "sms", "mobile_push"]);
const CAMPAIGN_STATUSES: Takes = Takes::OneOf(&[
    "Scheduled",
    "Sent",
    "Draft",
    "Cancelled",
    "Adding Recipients",
    "Sending",
    "Variations Sent",
    "Sending Segments",
    "Cancelled: Smart Sending",
    "Preparing to send",
    "Cancelled: Account Disabled",
    "Cancelled: No Recipients",
    "Preparing to schedule",
    "Cancelled: Internal Error",
    "Queued without Recipients",
    "Cancelled: Billing Limit",
    "Cancelled: Misconfigured",
    "Unknown",
]);
const TRIGGERS: Takes =
    Takes::OneOf(&["Metric", "Added to List", "Unconfigured", "Date Based", "Price Drop", "Low Inventory"]);

/// An endpoint that takes no parameter, to be filled in.
const PLAIN: Endpoint = Endpoint {
    path: "",
    method: "GET",
    serves: Serves::All(Resource::Account),
    scopes: &[],
    rate: XS,
    paging: Paging::Whole,
    filters: &[],
    required_filter: None,
    sort: &[],
    include: &[],
    additional: &[],
    fields: &[],
};

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        path: "/api/accounts",
        serves: Serves::All(Resource::Account),
        scopes: &["accounts:read"],
        fields: &[("account", ACCOUNT)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/accounts/{id}",
        serves: Serves::One(Resource::Account),
        scopes: &["accounts:read"],
        fields: &[("account", ACCOUNT)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/metrics",
        serves: Serves::All(Resource::Metric),
        scopes: &["metrics:read"],
        rate: M,
        paging: Paging::Cursor(200),
        filters: &[field("integration.name", EQUALS, Takes::Text), field("integration.category", EQUALS, Takes::Text)],
        include: &["flow-triggers"],
        fields: &[("metric", METRIC), ("flow", FLOW)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/metrics/{id}",
        serves: Serves::One(Resource::Metric),
        scopes: &["metrics:read"],
        rate: M,
        include: &["flow-triggers"],
        fields: &[("metric", METRIC), ("flow", FLOW)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/events",
        serves: Serves::All(Resource::Event),
        scopes: &["events:read"],
        rate: XL,
        paging: Paging::Sized { usual: 200, max: 1000 },
        filters: &[
            field("metric_id", &["equals", "equals[]"], Takes::Text),
            field("profile_id", EQUALS, Takes::Text),
            field("profile", HAS, Takes::Nothing),
            field("metric", HAS, Takes::Nothing),
            field("datetime", RANGE, Takes::PastTime),
            field("timestamp", RANGE, Takes::Seconds),
        ],
        sort: &["datetime", "timestamp"],
        include: &["attributions", "metric", "profile"],
        fields: &[("event", EVENT), ("metric", METRIC), ("profile", PERSON), ("attribution", &["id"])],
        ..PLAIN
    },
    Endpoint {
        path: "/api/events/{id}",
        serves: Serves::One(Resource::Event),
        scopes: &["events:read"],
        rate: M,
        include: &["attributions", "metric", "profile"],
        fields: &[("event", EVENT), ("metric", METRIC), ("profile", PERSON), ("attribution", &["id"])],
        ..PLAIN
    },
    Endpoint {
        path: "/api/profiles",
        serves: Serves::All(Resource::Profile),
        scopes: &["profiles:read"],
        rate: L,
        paging: Paging::Sized { usual: 20, max: 100 },
        filters: &[
            field("id", IDS, Takes::Text),
            field("email", IDS, Takes::Text),
            field("phone_number", IDS, Takes::Text),
            field("external_id", IDS, Takes::Text),
            field("_kx", EQUALS, Takes::Text),
            field("created", OPEN_RANGE, Takes::PastTime),
            field("updated", OPEN_RANGE, Takes::PastTime),
            field("subscriptions.email.marketing.list_suppressions.reason", EQUALS, Takes::Text),
            field("subscriptions.email.marketing.list_suppressions.timestamp", RANGE, Takes::PastTime),
            field("subscriptions.email.marketing.list_suppressions.list_id", EQUALS, Takes::Text),
            field("subscriptions.email.marketing.suppression.reason", EQUALS, Takes::Text),
            field("subscriptions.email.marketing.suppression.timestamp", RANGE, Takes::PastTime),
        ],
        sort: &[
            "created",
            "email",
            "id",
            "subscriptions.email.marketing.list_suppressions.timestamp",
            "subscriptions.email.marketing.suppression.timestamp",
            "updated",
        ],
        include: &["conversations", "push-tokens"],
        additional: &[("profile", &["subscriptions", "predictive_analytics"])],
        fields: &[("profile", PROFILE), ("conversation", CONVERSATION), ("push-token", PUSH_TOKEN)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/profiles/{id}",
        serves: Serves::One(Resource::Profile),
        scopes: &["profiles:read"],
        rate: L,
        include: &["conversations", "lists", "push-tokens", "segments"],
        additional: &[("profile", &["subscriptions", "predictive_analytics"])],
        fields: &[
            ("profile", PROFILE),
            ("list", LIST),
            ("segment", SEGMENT),
            ("conversation", CONVERSATION),
            ("push-token", PUSH_TOKEN),
        ],
        ..PLAIN
    },
    Endpoint {
        path: "/api/campaigns",
        serves: Serves::All(Resource::Campaign),
        scopes: &["campaigns:read"],
        rate: M,
        paging: Paging::Sized { usual: 100, max: 100 },
        filters: &[
            field("id", ANY, Takes::Text),
            field("messages.channel", EQUALS, CHANNELS),
            field("name", CONTAINS, Takes::Text),
            field("status", IDS, CAMPAIGN_STATUSES),
            field("archived", EQUALS, Takes::Flag),
            field("created_at", RANGE, Takes::PastTime),
            field("scheduled_at", RANGE, Takes::AnyTime),
            field("updated_at", RANGE, Takes::PastTime),
        ],
        required_filter: Some("messages.channel"),
        sort: &["created_at", "id", "name", "scheduled_at", "updated_at"],
        include: &["campaign-messages", "tags"],
        fields: &[("campaign", CAMPAIGN), ("campaign-message", CAMPAIGN_MESSAGE), ("tag", TAG)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/campaigns/{id}",
        serves: Serves::One(Resource::Campaign),
        scopes: &["campaigns:read"],
        rate: M,
        include: &["campaign-messages", "tags"],
        fields: &[("campaign", CAMPAIGN), ("campaign-message", CAMPAIGN_MESSAGE), ("tag", TAG)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/campaigns/{id}/campaign-messages",
        serves: Serves::Of(Resource::Campaign, Resource::CampaignMessage),
        scopes: &["campaigns:read"],
        rate: M,
        include: &["campaign", "image", "template"],
        fields: &[
            ("campaign-message", CAMPAIGN_MESSAGE),
            ("campaign", CAMPAIGN),
            ("template", FLAT_TEMPLATE),
            ("image", IMAGE),
        ],
        ..PLAIN
    },
    Endpoint {
        path: "/api/flows",
        serves: Serves::All(Resource::Flow),
        scopes: &["flows:read"],
        rate: S,
        paging: Paging::Sized { usual: 50, max: 50 },
        filters: &[
            field("id", ANY, Takes::Text),
            field("name", NAMES, Takes::Text),
            field("status", EQUALS, Takes::Text),
            field("archived", EQUALS, Takes::Flag),
            field("created", RANGE_EQUALS, Takes::PastTime),
            field("updated", RANGE_EQUALS, Takes::PastTime),
            field("trigger_type", EQUALS, TRIGGERS),
        ],
        sort: &["created", "id", "name", "status", "trigger_type", "updated"],
        include: &["flow-actions", "tags"],
        fields: &[("flow", FLOW), ("flow-action", FLOW_ACTION), ("tag", TAG)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/flows/{id}",
        serves: Serves::One(Resource::Flow),
        scopes: &["flows:read"],
        rate: S,
        include: &["flow-actions", "tags"],
        additional: &[("flow", &["definition"])],
        fields: &[("flow", WHOLE_FLOW), ("flow-action", FLOW_ACTION), ("tag", TAG)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/flows/{id}/flow-actions",
        serves: Serves::Of(Resource::Flow, Resource::FlowAction),
        scopes: &["flows:read"],
        rate: S,
        paging: Paging::Sized { usual: 50, max: 50 },
        filters: &[
            field("id", ANY, Takes::Text),
            field("action_type", IDS, Takes::Text),
            field("status", EQUALS, Takes::Text),
            field("created", RANGE_EQUALS, Takes::PastTime),
            field("updated", RANGE_EQUALS, Takes::PastTime),
        ],
        sort: &["action_type", "created", "id", "status", "updated"],
        fields: &[("flow-action", FLOW_ACTION)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/flow-actions/{id}/flow-messages",
        serves: Serves::Of(Resource::FlowAction, Resource::FlowMessage),
        scopes: &["flows:read"],
        rate: S,
        paging: Paging::Sized { usual: 50, max: 50 },
        filters: &[
            field("id", ANY, Takes::Text),
            field("name", NAMES, Takes::Text),
            field("created", RANGE_EQUALS, Takes::PastTime),
            field("updated", RANGE_EQUALS, Takes::PastTime),
        ],
        sort: &["created", "id", "name", "updated"],
        fields: &[("flow-message", FLOW_MESSAGE)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/forms",
        serves: Serves::All(Resource::Form),
        scopes: &["forms:read"],
        rate: S,
        paging: Paging::Sized { usual: 20, max: 100 },
        filters: &[
            field("id", IDS, Takes::Text),
            field("name", &["any[]", "equals[]", "contains", "equals"], Takes::Text),
            field("ab_test", EQUALS, Takes::Flag),
            field("updated_at", RANGE, Takes::PastTime),
            field("created_at", RANGE, Takes::PastTime),
            field("status", EQUALS, Takes::OneOf(&["live", "draft"])),
        ],
        sort: &["created_at", "updated_at"],
        fields: &[("form", FORM)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/forms/{id}",
        serves: Serves::One(Resource::Form),
        scopes: &["forms:read"],
        rate: S,
        fields: &[("form", WHOLE_FORM)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/forms/{id}/form-versions",
        serves: Serves::Of(Resource::Form, Resource::FormVersion),
        scopes: &["forms:read"],
        rate: S,
        paging: Paging::Sized { usual: 20, max: 100 },
        filters: &[
            field("form_type", IDS, Takes::OneOf(&["popup", "embed", "full_page", "flyout", "banner"])),
            field("status", EQUALS, Takes::OneOf(&["live", "draft"])),
            field("updated_at", RANGE, Takes::PastTime),
            field("created_at", RANGE, Takes::PastTime),
        ],
        sort: &["created_at", "updated_at"],
        fields: &[("form-version", FORM_VERSION)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/segments",
        serves: Serves::All(Resource::Segment),
        scopes: &["segments:read"],
        rate: L,
        paging: Paging::Sized { usual: 10, max: 10 },
        filters: &[
            field("name", ANY_EQUALS_LIST, Takes::Text),
            field("id", IDS, Takes::Text),
            field("created", AFTER, Takes::PastTime),
            field("updated", AFTER, Takes::PastTime),
            field("is_active", IDS, Takes::Flag),
            field("is_starred", EQUALS, Takes::Flag),
        ],
        sort: &["created", "id", "name", "updated"],
        include: &["flow-triggers", "tags"],
        fields: &[("segment", SEGMENT), ("flow", FLOW), ("tag", TAG)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/segments/{id}",
        serves: Serves::One(Resource::Segment),
        scopes: &["segments:read"],
        rate: L,
        include: &["flow-triggers", "tags"],
        additional: &[("segment", &["profile_count"])],
        fields: &[("segment", COUNTED_SEGMENT), ("flow", FLOW), ("tag", TAG)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/segments/{id}/profiles",
        serves: Serves::Of(Resource::Segment, Resource::Profile),
        scopes: &["profiles:read", "segments:read"],
        rate: L,
        paging: Paging::Sized { usual: 20, max: 100 },
        filters: &[
            field("profile_id", ANY_EQUALS_LIST, Takes::Text),
            field("email", ANY_EQUALS_LIST, Takes::Text),
            field("phone_number", ANY_EQUALS_LIST, Takes::Text),
            field("push_token", ANY_EQUALS_LIST, Takes::Text),
            field("_kx", EQUALS, Takes::Text),
            field("joined_group_at", RANGE, Takes::PastTime),
        ],
        sort: &["joined_group_at"],
        additional: &[("profile", &["subscriptions", "predictive_analytics"])],
        fields: &[("profile", MEMBER)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/lists",
        serves: Serves::All(Resource::List),
        scopes: &["lists:read"],
        rate: L,
        paging: Paging::Sized { usual: 10, max: 10 },
        filters: &[
            field("name", ANY_EQUALS_LIST, Takes::Text),
            field("id", IDS, Takes::Text),
            field("created", AFTER, Takes::PastTime),
            field("updated", AFTER, Takes::PastTime),
        ],
        sort: &["created", "id", "name", "updated"],
        include: &["flow-triggers", "tags"],
        fields: &[("list", LIST), ("flow", FLOW), ("tag", TAG)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/lists/{id}",
        serves: Serves::One(Resource::List),
        scopes: &["lists:read"],
        rate: L,
        include: &["flow-triggers", "tags"],
        additional: &[("list", &["profile_count"])],
        fields: &[("list", COUNTED_LIST), ("flow", FLOW), ("tag", TAG)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/lists/{id}/profiles",
        serves: Serves::Of(Resource::List, Resource::Profile),
        scopes: &["lists:read", "profiles:read"],
        rate: L,
        paging: Paging::Sized { usual: 20, max: 100 },
        filters: &[
            field("email", ANY_EQUALS_LIST, Takes::Text),
            field("phone_number", ANY_EQUALS_LIST, Takes::Text),
            field("push_token", ANY_EQUALS_LIST, Takes::Text),
            field("_kx", EQUALS, Takes::Text),
            field("joined_group_at", RANGE, Takes::PastTime),
        ],
        sort: &["joined_group_at"],
        additional: &[("profile", &["subscriptions", "predictive_analytics"])],
        fields: &[("profile", MEMBER)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/tags",
        serves: Serves::All(Resource::Tag),
        scopes: &["tags:read"],
        rate: S,
        paging: Paging::Sized { usual: 50, max: 50 },
        filters: &[field("name", &["contains", "ends-with", "equals", "starts-with", "equals[]"], Takes::Text)],
        sort: &["id", "name"],
        include: &["tag-group"],
        fields: &[("tag", TAG), ("tag-group", TAG_GROUP)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/templates",
        serves: Serves::All(Resource::Template),
        scopes: &["templates:read"],
        rate: L,
        paging: Paging::Sized { usual: 10, max: 10 },
        filters: &[
            field("id", ANY_EQUALS_LIST, Takes::Text),
            field("name", &["any[]", "equals[]", "contains", "equals"], Takes::Text),
            field("created", RANGE_EQUALS, Takes::PastTime),
            field("updated", RANGE_EQUALS, Takes::PastTime),
        ],
        sort: &["created", "id", "name", "updated"],
        additional: &[("template", &["definition"])],
        fields: &[("template", TEMPLATE)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/templates/{id}",
        serves: Serves::One(Resource::Template),
        scopes: &["templates:read"],
        rate: L,
        additional: &[("template", &["definition"])],
        fields: &[("template", TEMPLATE)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/mapped-metrics",
        serves: Serves::All(Resource::MappedMetric),
        scopes: &["metrics:read"],
        rate: S,
        include: &["custom-metric", "metric"],
        fields: &[("mapped-metric", &["id", "updated"]), ("metric", METRIC), ("custom-metric", CUSTOM_METRIC)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/catalog-items",
        serves: Serves::All(Resource::CatalogItem),
        scopes: &["catalogs:read"],
        rate: XL,
        paging: Paging::Sized { usual: 100, max: 100 },
        filters: &[
            field("ids", ANY, Takes::Text),
            field("category.id", EQUALS, Takes::Text),
            field("title", CONTAINS, Takes::Text),
            field("published", EQUALS, Takes::Flag),
        ],
        sort: &["created"],
        include: &["variants"],
        fields: &[("catalog-item", CATALOG_ITEM), ("catalog-variant", CATALOG_VARIANT)],
        ..PLAIN
    },
    reporting("/api/campaign-values-reports", Subject::Campaigns, false, &["campaigns:read"]),
    reporting("/api/flow-values-reports", Subject::Flows, false, &["flows:read"]),
    reporting("/api/flow-series-reports", Subject::Flows, true, &["flows:read"]),
    reporting("/api/form-values-reports", Subject::Forms, false, &["forms:read"]),
    reporting("/api/form-series-reports", Subject::Forms, true, &["forms:read"]),
    reporting("/api/segment-values-reports", Subject::Segments, false, &["segments:read"]),
    reporting("/api/segment-series-reports", Subject::Segments, true, &["segments:read"]),
    Endpoint {
        path: "/api/metric-aggregates",
        method: "POST",
        serves: Serves::Aggregates,
        scopes: &["metrics:read"],
        rate: S,
        ..PLAIN
    },
    Endpoint {
        path: "/api/webhooks",
        serves: Serves::Webhooks,
        scopes: &["webhooks:read"],
        include: &["webhook-topics"],
        fields: &[("webhook", WEBHOOK), ("webhook-topic", &["id"])],
        ..PLAIN
    },
    Endpoint {
        path: "/api/webhooks",
        method: "POST",
        serves: Serves::Webhooks,
        scopes: &["webhooks:write"],
        fields: &[("webhook", WEBHOOK)],
        ..PLAIN
    },
    Endpoint {
        path: "/api/webhooks/{id}",
        serves: Serves::Webhooks,
        scopes: &["webhooks:read"],
        include: &["webhook-topics"],
        fields: &[("webhook", WEBHOOK), ("webhook-topic", &["id"])],
        ..PLAIN
    },
    Endpoint {
        path: "/api/webhooks/{id}",
        method: "DELETE",
        serves: Serves::Webhooks,
        scopes: &["webhooks:write"],
        ..PLAIN
    },
    Endpoint {
        path: "/api/webhook-topics",
        serves: Serves::Webhooks,
        scopes: &["webhooks:read"],
        fields: &[("webhook-topic", &["id"])],
        ..PLAIN
    },
];

const fn reporting(path: &'static str, of: Subject, is_series: bool, scopes: &'static [&'static str]) -> Endpoint {
    Endpoint { path, method: "POST", serves: Serves::Report(Report { of, is_series }), scopes, rate: REPORT, ..PLAIN }
}

/// Additional fields that make a request dearer, and what is left of its endpoint's rate.
const DEAR: &[(&str, Rate)] = &[("profile_count", XS), ("predictive_analytics", M)];

impl Endpoint {
    /// The rate of a request with these decoded parameters.
    pub(super) fn rate_of(&self, query: &[(String, String)]) -> Rate {
        let asks_for = |word: &str| {
            query
                .iter()
                .any(|(name, value)| name.starts_with("additional-fields[") && value.split(',').any(|it| it == word))
        };
        DEAR.iter().find(|it| asks_for(it.0)).map_or(self.rate, |it| it.1)
    }
}

/// The endpoint of that path, and the id in it; of several the one that takes the method.
pub(super) fn find<'a>(path: &'a str, method: &str) -> Option<(&'static Endpoint, Option<&'a str>)> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let mut found: Vec<_> = ENDPOINTS.iter().filter_map(|it| Some((it, matches(it.path, path)?))).collect();
    found.sort_by_key(|(endpoint, _)| endpoint.method != method);
    found.first().map(|(endpoint, id)| (*endpoint, Some(*id).filter(|it| !it.is_empty())))
}

/// The id, if the path is of that pattern; empty where the pattern has none.
fn matches<'a>(pattern: &str, path: &'a str) -> Option<&'a str> {
    let Some((before, after)) = pattern.split_once("{id}") else { return (pattern == path).then_some("") };
    let id = path.strip_prefix(before)?.strip_suffix(after)?;
    (!id.is_empty() && !id.contains('/')).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_its_endpoint_and_id() {
        let found = |path| find(path, "GET").map(|(endpoint, id)| (endpoint.path, id));
        assert_eq!(found("/api/events"), Some(("/api/events", None)));
        assert_eq!(found("/api/events/"), Some(("/api/events", None)));
        assert_eq!(found("/api/events/3qvd"), Some(("/api/events/{id}", Some("3qvd"))));
        assert_eq!(found("/api/flows/Xy/flow-actions"), Some(("/api/flows/{id}/flow-actions", Some("Xy"))));
        assert_eq!(found("/api/flows//flow-actions"), None);
        assert_eq!(found("/api/coupons"), None);
    }

    #[test]
    fn a_required_filter_is_one_that_can_be_given() {
        for endpoint in ENDPOINTS {
            let Some(required) = endpoint.required_filter else { continue };
            assert!(endpoint.filters.iter().any(|it| it.name == required), "{}", endpoint.path);
        }
    }
}
