//! Profiles: which of them a question is about, and their records.

use super::cursor::Key;
use super::question::{Condition, Question, Wanted};
use super::record::{Record, Related, Relation, is_text, is_time};
use super::records::time;
use crate::demo::shop::{Consent, Profile, Reason, Shop};
use serde_json::{Map, Value, json};

/// The number that an order by this field goes by; some go by a text.
pub(super) fn number(sort: &str) -> Option<fn(&Profile) -> i64> {
    match sort {
        "updated" => Some(|it| it.updated),
        "created" => Some(|it| it.created),
        "email" | "id" => None,
        _ => Some(|it| it.suppressed_at),
    }
}

/// Where a profile stands in an order that goes by a text.
pub(super) fn key(profile: &Profile, index: usize, sort: &str) -> Key {
    let text = if sort == "email" { profile.email_address() } else { profile.id() };
    Key { number: 0, text, tie: index as u64 }
}

pub(super) fn meets(profile: &Profile, condition: &Condition) -> bool {
    let operator = condition.operator.as_str();
    match &condition.value {
        Wanted::Time(wanted) => {
            let at = match condition.field {
                "created" => profile.created,
                "updated" => profile.updated,
                "subscriptions.email.marketing.suppression.timestamp" if profile.suppression.is_some() => {
                    profile.suppressed_at
                }
                // Nobody is suppressed from a single list.
                _ => return false,
            };
            is_time(at * 1_000_000, operator, *wanted)
        }
        Wanted::Texts(wanted) => {
            let text = match condition.field {
                "id" => Some(profile.id()),
                "email" => Some(profile.email_address()),
                "phone_number" => profile.phone(),
                "external_id" => external_id(profile),
                "subscriptions.email.marketing.suppression.reason" => {
                    profile.suppression.map(|it| reason(it).to_owned())
                }
                _ => None,
            };
            text.is_some_and(|it| is_text(&it, operator, wanted))
        }
        Wanted::Flag(_) | Wanted::Nothing => false,
    }
}

/// The record of a profile; with events, and where only ids are wanted, less of it is made.
pub(super) fn record(shop: &Shop, profile: &Profile, question: &Question) -> Record {
    let only_id = question.fields_of("profile").is_some_and(|it| it.iter().all(|it| it == "id"));
    let attributes = if only_id { Map::new() } else { attributes(shop, profile, question) };
    let relation = |name, kind| Relation::new(name, Related::Many(kind, Vec::new()));
    let mut relations =
        vec![relation("lists", "list"), relation("segments", "segment"), relation("push-tokens", "push-token")];
    // A profile that comes along with events tells less of itself.
    if !question.includes("profile") {
        relations.push(relation("conversations", "conversation"));
    }
    Record { kind: "profile", id: profile.id(), attributes, relations, hidden: Vec::new() }
}

fn attributes(shop: &Shop, it: &Profile, question: &Question) -> Map<String, Value> {
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
        attributes.insert("subscriptions".to_owned(), subscriptions(it));
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

fn subscriptions(it: &Profile) -> Value {
    let email_at = if it.email == Consent::Never { Value::Null } else { time(it.email_at) };
    let text_at = if it.text == Consent::Never { Value::Null } else { time(it.created) };
    let suppression: Vec<Value> =
        it.suppression.iter().map(|&why| json!({"reason": reason(why), "timestamp": time(it.suppressed_at)})).collect();
    json!({
        "email": {"marketing": {
            "can_receive_email_marketing": it.can_receive_email(), "consent": consent(it.email), "consent_timestamp": email_at,
            "last_updated": email_at, "method": if it.email == Consent::Never { Value::Null } else { "FORM".into() },
            "method_detail": "10% Off Popup", "custom_method_detail": null, "double_optin": it.key.is_multiple_of(2),
            "suppression": suppression, "list_suppressions": [],
        }},
        "sms": {
            "marketing": {
                "can_receive_sms_marketing": it.text == Consent::Subscribed, "consent": consent(it.text),
                "consent_timestamp": text_at, "last_updated": text_at, "method": "FORM", "method_detail": null,
            },
            "transactional": {
                "can_receive_sms_transactional": it.text == Consent::Subscribed, "consent": consent(it.text),
                "consent_timestamp": text_at, "last_updated": text_at, "method": null, "method_detail": null,
            },
        },
        "mobile_push": {"marketing": {
            "can_receive_push_marketing": it.push == Consent::Subscribed, "consent": consent(it.push),
            "consent_timestamp": if it.push == Consent::Subscribed { time(it.created) } else { Value::Null },
        }},
    })
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
        Reason::SpamComplaint => "SPAM_COMPLAINT",
        Reason::Unsubscribe => "UNSUBSCRIBE",
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
