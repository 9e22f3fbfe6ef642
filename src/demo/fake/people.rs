//! Profiles: which of them a question is about, and their records.

use super::question::{Condition, Question, Wanted};
use super::record::{Record, Related, Relation, is_text as is_such_text, is_time};
use super::records::time;
use crate::demo::shop::{Consent, Group, Profile, Reason, Shop};
use serde_json::{Map, Value, json};

/// The number that profiles are ordered by where a field is asked for that is one.
pub(super) fn number(profile: &Profile, sort: &str) -> i64 {
    match sort {
        "updated" => profile.updated,
        "created" => profile.created,
        _ if is_text(sort) => 0,
        _ => profile.suppressed_at,
    }
}

/// Whether profiles are ordered by a text there.
pub(super) fn is_text(sort: &str) -> bool {
    matches!(sort, "email" | "id")
}

/// That text.
pub(super) fn text(profile: &Profile, sort: &str) -> String {
    match sort {
        "email" => profile.email_address(),
        "id" => profile.id(),
        _ => String::new(),
    }
}

/// Whether a profile meets a condition at a time; a member joined at that other time.
pub(super) fn meets(profile: &Profile, condition: &Condition, time: i64, joined: Option<i64>) -> bool {
    let operator = condition.operator.as_str();
    match &condition.value {
        Wanted::Time(wanted) => {
            let at = match condition.field {
                "created" => profile.created,
                "updated" => profile.updated,
                "joined_group_at" => joined.unwrap_or(i64::MIN / 1_000_000),
                "subscriptions.email.marketing.suppression.timestamp" if profile.suppression_at(time).is_some() => {
                    profile.suppressed_at
                }
                // Nobody is suppressed from a single list.
                _ => return false,
            };
            is_time(at * 1_000_000, operator, *wanted)
        }
        Wanted::Texts(wanted) => {
            let text = match condition.field {
                "id" | "profile_id" => Some(profile.id()),
                "email" => Some(profile.email_address()),
                "phone_number" => profile.phone(),
                "external_id" => external_id(profile),
                "subscriptions.email.marketing.suppression.reason" => {
                    profile.suppression_at(time).map(|it| reason(it).to_owned())
                }
                _ => None,
            };
            text.is_some_and(|it| is_such_text(&it, operator, wanted))
        }
        Wanted::Flag(_) | Wanted::Nothing => false,
    }
}

/// The record of a profile; with events, and where only ids are wanted, less of it is made.
pub(super) fn record(shop: &Shop, profile: &Profile, question: &Question, time: i64) -> Record {
    let is_told_apart = |it: &String| it == "id" || it == "joined_group_at";
    let only_id = question.fields_of("profile").is_some_and(|it| it.iter().all(is_told_apart));
    let attributes = if only_id { Map::new() } else { attributes(shop, profile, question, time) };
    let relation = |name, kind| Relation::new(name, Related::Many(kind, Vec::new()));
    let mut relations =
        vec![relation("lists", "list"), relation("segments", "segment"), relation("push-tokens", "push-token")];
    // A profile that comes along with events tells less of itself.
    if !question.includes("profile") {
        relations.push(relation("conversations", "conversation"));
    }
    Record { kind: "profile", id: profile.id(), attributes, relations, hidden: Vec::new() }
}

/// The record of a profile as a member of a list or segment.
pub(super) fn member(shop: &Shop, profile: &Profile, question: &Question, at: i64, joined: i64) -> Record {
    let mut record = record(shop, profile, question, at);
    record.attributes.insert("joined_group_at".to_owned(), time(joined));
    record
}

fn attributes(shop: &Shop, it: &Profile, question: &Question, at: i64) -> Map<String, Value> {
    let place = it.place();
    let attributes = json!({
        "email": it.email_address(), "phone_number": it.phone(), "external_id": external_id(it),
        "first_name": it.first_name(), "last_name": it.last_name(), "organization": null, "locale": "en-US", "title": null,
        "image": null, "created": time(it.created), "updated": time(it.updated),
        "last_event_date": if it.last_event == 0 { Value::Null } else { time(it.last_event) },
        "location": {
            "address1": null, "address2": null, "city": place.city, "country": place.country,
            // Both kinds are met in real accounts.
            "latitude": if it.key.is_multiple_of(7) { Value::from(place.latitude.to_string()) } else { Value::from(place.latitude) },
            "longitude": if it.key.is_multiple_of(7) { Value::from(place.longitude.to_string()) } else { Value::from(place.longitude) },
            "region": place.region, "zip": place.zip, "timezone": place.timezone, "ip": null,
        },
        "properties": properties(it),
    });
    let Value::Object(mut attributes) = attributes else { panic!("attributes are an object") };
    if question.adds("subscriptions") {
        attributes.insert("subscriptions".to_owned(), subscriptions(shop, it, at));
    }
    if question.adds("predictive_analytics") {
        attributes.insert("predictive_analytics".to_owned(), predictions(shop, it));
    }
    attributes
}

fn external_id(it: &Profile) -> Option<String> {
    (it.orders > 0).then(|| format!("shopify-{}", it.key % 10_000_000_000))
}

fn properties(it: &Profile) -> Value {
    const TIERS: &[&str] = &["Bronze", "Silver", "Gold"];
    const ROOMS: &[&str] = &["Kitchen", "Bedroom", "Living room", "Garden"];
    const SOURCES: &[&str] = &["Popup", "Footer", "Checkout", "Instagram", "Market stall"];
    let mut properties = json!({
        "Loyalty Tier": it.one_of::<&str>(TIERS, 24),
        "Favourite Room": it.one_of::<&str>(ROOMS, 32),
        "Signup Source": it.one_of::<&str>(SOURCES, 40),
        "Birthday": format!("{:02}-{:02}", 1 + it.key % 12, 1 + it.key % 28),
        "Accepts Marketing": it.email == Consent::Subscribed,
        "$consent_method": "Klaviyo Form",
    });
    if it.orders > 0 {
        properties["Order Count"] = Value::from(it.orders);
    }
    if it.key.is_multiple_of(97) {
        // Of mixed type in real accounts: here a text, elsewhere a number.
        properties["Order Count"] = Value::from("many");
    }
    properties
}

fn subscriptions(shop: &Shop, it: &Profile, at: i64) -> Value {
    let (email, text) = (it.email_at_time(at), it.text_at_time(at));
    let since = |consent: Consent, changed: i64, before: i64| match consent {
        Consent::Never => Value::Null,
        _ => time(if changed <= at { changed } else { before }),
    };
    let (email_at, text_at) = (since(email, it.email_at, it.created), since(text, it.text_changed_at, it.created));
    let suppression: Vec<Value> = it
        .suppression_at(at)
        .iter()
        .map(|&why| json!({"reason": reason(why), "timestamp": time(it.suppressed_at)}))
        .collect();
    let mut subscriptions = json!({
        "email": {
            "marketing": {
                "can_receive_email_marketing": it.could_receive_email(at), "consent": consent(email),
                "consent_timestamp": email_at, "last_updated": email_at,
                "method": if email == Consent::Never { Value::Null } else { "FORM".into() },
                "method_detail": "10% Off Popup", "custom_method_detail": null, "double_optin": it.key.is_multiple_of(2),
                "suppression": suppression, "list_suppressions": list_suppressions(shop, it),
            },
            "open_tracking": {"consent": "NEVER_SUBSCRIBED", "consent_timestamp": null, "can_receive": true},
        },
        "sms": {
            "marketing": {
                "can_receive_sms_marketing": text == Consent::Subscribed, "consent": consent(text),
                "consent_timestamp": text_at, "last_updated": text_at, "method": "FORM", "method_detail": null,
            },
            "transactional": {
                "can_receive_sms_transactional": text == Consent::Subscribed, "consent": consent(text),
                "consent_timestamp": text_at, "last_updated": text_at, "method": null, "method_detail": null,
            },
        },
        "mobile_push": {"marketing": {
            "can_receive_push_marketing": it.push == Consent::Subscribed, "consent": consent(it.push),
            "consent_timestamp": if it.push == Consent::Subscribed { time(it.created) } else { Value::Null },
        }},
    });
    // Few shops write to WhatsApp, and fewer profiles are told of with it.
    if it.key.is_multiple_of(11) {
        subscriptions["whatsapp"] = json!({"marketing": {
            "consent": "SUBSCRIBED", "consent_timestamp": time(it.created), "can_receive": true, "valid_until": null,
        }});
    }
    subscriptions
}

/// A few people want no mail to a certain list, and mail all the same.
fn list_suppressions(shop: &Shop, it: &Profile) -> Vec<Value> {
    let list = shop.lists.last().filter(|_| it.key.is_multiple_of(53));
    let suppression =
        |list: &Group| json!({"list_id": list.id, "reason": "UNSUBSCRIBE", "timestamp": time(it.created + 3_600)});
    list.map(suppression).into_iter().collect()
}

fn consent(it: Consent) -> &'static str {
    match it {
        Consent::Never => "NEVER_SUBSCRIBED",
        Consent::Subscribed => "SUBSCRIBED",
        Consent::Unsubscribed => "UNSUBSCRIBED",
    }
}

fn reason(it: Reason) -> &'static str {
    match it {
        Reason::HardBounce => "HARD_BOUNCE",
        Reason::InvalidEmail => "INVALID_EMAIL",
        Reason::SpamComplaint => "SPAM_COMPLAINT",
        Reason::Unsubscribe => "UNSUBSCRIBE",
        Reason::UserSuppressed => "USER_SUPPRESSED",
    }
}

/// Klaviyo predicts nothing for those who never bought.
fn predictions(shop: &Shop, it: &Profile) -> Value {
    if it.orders == 0 {
        return json!({
            "historic_clv": null, "predicted_clv": null, "total_clv": null, "historic_number_of_orders": null,
            "predicted_number_of_orders": null, "average_days_between_orders": null, "average_order_value": null,
            "churn_probability": null, "expected_date_of_next_order": null, "ranked_channel_affinity": null,
        });
    }
    let orders = f64::from(it.orders);
    json!({
        "historic_clv": orders * 85.0, "predicted_clv": orders * 21.0, "total_clv": orders * 106.0,
        "historic_number_of_orders": orders, "predicted_number_of_orders": orders * 0.25,
        "average_days_between_orders": 90.0 / orders, "average_order_value": 85.0, "churn_probability": 1.0 / (1.0 + orders),
        "expected_date_of_next_order": time(shop.plan.now.timestamp() + 86_400 * 60),
        "ranked_channel_affinity": ["email", "sms", "push"],
    })
}
