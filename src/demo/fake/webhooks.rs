//! Webhooks as Klaviyo has them: what can be subscribed to, who subscribed, and deliveries, signed.

use super::question::Question;
use super::refusal::{Refusal, Source};
use crate::demo::Shop;
use crate::demo::shop::{Integration, ulid};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

/// Characters that a secret has at least.
const SECRET_LEAST: usize = 16;
/// Characters of an endpoint's address that are told again.
const TOLD: usize = 24;
/// What an account without the package is told.
const WITHOUT_KDP: &str = "You must have Advanced KDP enabled";

/// A subscription, with what only Klaviyo and its maker know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    pub id: String,
    pub name: String,
    pub endpoint_url: String,
    pub secret: String,
    pub topics: Vec<String>,
    pub created_at: DateTime<Utc>,
}

/// A request that Klaviyo sends to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub webhook_id: String,
    pub signature: String,
    /// In Unix seconds.
    pub timestamp: String,
    pub body: String,
}

/// Every subscription there is.
#[derive(Debug, Default)]
pub(super) struct Hooks(Mutex<Vec<Hook>>);

impl Delivery {
    /// Signs a body: HMAC-SHA256 over it and then the timestamp, in hexadecimal.
    #[must_use]
    pub fn signed(webhook_id: &str, secret: &str, timestamp: i64, body: String) -> Delivery {
        let timestamp = timestamp.to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length will do");
        mac.update(body.as_bytes());
        mac.update(timestamp.as_bytes());
        let signature = mac.finalize().into_bytes().iter().fold(String::new(), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        });
        Delivery { webhook_id: webhook_id.to_owned(), signature, timestamp, body }
    }

    #[must_use]
    pub fn headers(&self) -> [(&'static str, &str); 3] {
        [
            ("Klaviyo-Webhook-Id", &self.webhook_id),
            ("Klaviyo-Signature", &self.signature),
            ("Klaviyo-Timestamp", &self.timestamp),
        ]
    }

    /// Delivers it, and tells the status of the answer.
    ///
    /// # Errors
    /// When nobody answers at `url`.
    pub fn post(&self, url: &str) -> Result<u16, ureq::Error> {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
        let mut request = agent.post(url).content_type("application/json");
        for (name, value) in self.headers() {
            request = request.header(name, value);
        }
        Ok(request.send(&self.body)?.status().as_u16())
    }
}

/// The body of a delivery of `payloads`, each a whole document.
pub(super) fn body(hook: &Hook, account: &str, payloads: &[String], now: DateTime<Utc>) -> String {
    let topic = hook.topics.first().cloned().unwrap_or_default();
    let items: Vec<String> = payloads
        .iter()
        .enumerate()
        .map(|(at, it)| format!("{{\"external_id\":\"{at}\",\"topic\":{},\"payload\":{it}}}", json!(topic)))
        .collect();
    let meta = json!({
        "klaviyo_account_id": account, "klaviyo_webhook_id": hook.id, "timestamp": now.to_rfc3339(),
    });
    format!("{{\"data\":[{}],\"meta\":{meta}}}", items.join(","))
}

/// What can be subscribed to: one topic a metric.
fn topics(shop: &Shop) -> Vec<String> {
    let of = |integration: Integration, name: &str| {
        let sender = match integration {
            Integration::Klaviyo => "klaviyo",
            Integration::Shopify => "shopify",
            Integration::Api => "api",
        };
        format!("event:{sender}.{}", name.to_lowercase().replace(' ', "_"))
    };
    shop.metrics.iter().map(|it| of(it.integration, &it.name)).collect()
}

/// A request to one of the webhooks' endpoints.
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) id: Option<&'a str>,
    pub(super) body: &'a [u8],
    pub(super) question: &'a Question,
    pub(super) base: &'a str,
    pub(super) now: DateTime<Utc>,
}

/// That the account has no right to webhooks at all.
pub(super) fn without_kdp() -> Refusal {
    Refusal::of(403, "permission_denied", "You do not have permission to perform this action.", WITHOUT_KDP)
}

/// The status of an answer: only here is anything made or removed.
pub(super) fn status(method: &str, path: &str) -> u16 {
    match method {
        "POST" if path.starts_with("/api/webhooks") => 201,
        "DELETE" => 204,
        _ => 200,
    }
}

impl Hooks {
    pub(super) fn all(&self) -> Vec<Hook> {
        self.with(|all| all.clone())
    }

    pub(super) fn answer(&self, shop: &Shop, asked: &Asked<'_>) -> Result<String, Refusal> {
        let link = |path: &str| json!({ "self": format!("{}{path}", asked.base) });
        if asked.path.starts_with("/api/webhook-topics") {
            let topic = |it: String| {
                let links = link(&format!("/api/webhook-topics/{it}/"));
                json!({ "type": "webhook-topic", "id": it, "links": links })
            };
            let data: Vec<Value> = topics(shop).into_iter().map(topic).collect();
            return Ok(json!({ "data": data, "links": link(asked.path) }).to_string());
        }
        let missing = || Refusal::not_found("A webhook with that id");
        match (asked.method, asked.id) {
            ("POST", _) => {
                let hook = self.make(shop, asked)?;
                Ok(json!({ "data": described(&hook, asked), "links": link(asked.path) }).to_string())
            }
            ("DELETE", Some(id)) => self.with(|all| {
                let place = all.iter().position(|it| it.id == id).ok_or_else(missing)?;
                all.remove(place);
                Ok(String::new())
            }),
            (_, Some(id)) => {
                let hook = self.all().into_iter().find(|it| it.id == id).ok_or_else(missing)?;
                Ok(json!({ "data": described(&hook, asked), "links": link(asked.path) }).to_string())
            }
            (_, None) => {
                let data: Vec<Value> = self.all().iter().map(|it| described(it, asked)).collect();
                Ok(json!({ "data": data, "links": link(asked.path) }).to_string())
            }
        }
    }

    fn make(&self, shop: &Shop, asked: &Asked<'_>) -> Result<Hook, Refusal> {
        let wish = wish(shop, asked.body)?;
        self.with(|all| {
            let id = ulid(asked.now.timestamp_millis(), all.len() as u64 + 1);
            all.push(Hook { id, created_at: asked.now, ..wish });
            Ok(all.last().cloned().expect("it was just pushed"))
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Vec<Hook>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A webhook as the API tells of it: without its secret, and of its address only the beginning.
fn described(hook: &Hook, asked: &Asked<'_>) -> Value {
    let address: String = hook.endpoint_url.chars().take(TOLD).collect();
    let mut topics = json!({ "links": {
        "self": format!("{}/api/webhooks/{}/relationships/webhook-topics/", asked.base, hook.id),
        "related": format!("{}/api/webhooks/{}/webhook-topics/", asked.base, hook.id),
    }});
    if asked.question.includes("webhook-topics") {
        topics["data"] = hook.topics.iter().map(|it| json!({ "type": "webhook-topic", "id": it })).collect();
    }
    let mut attributes = json!({
        "name": hook.name, "description": null, "endpoint_url": format!("{address}…"), "enabled": true,
        "created_at": hook.created_at.to_rfc3339(), "updated_at": hook.created_at.to_rfc3339(),
    });
    if let (Some(wanted), Some(all)) = (asked.question.fields_of("webhook"), attributes.as_object_mut()) {
        all.retain(|name, _| wanted.contains(name));
    }
    json!({
        "type": "webhook", "id": hook.id, "attributes": attributes,
        "relationships": { "webhook-topics": topics },
        "links": { "self": format!("{}/api/webhooks/{}/", asked.base, hook.id) },
    })
}

/// The webhook that a posted document describes, or what is wrong with it.
fn wish(shop: &Shop, body: &[u8]) -> Result<Hook, Refusal> {
    const KNOWN: [&str; 4] = ["name", "description", "endpoint_url", "secret_key"];
    let invalid = |pointer: &'static str, detail: &str| Refusal {
        source: Source::Pointer(pointer),
        ..Refusal::of(400, "invalid", "Invalid input.", detail)
    };
    let document: Value = serde_json::from_slice(body)
        .map_err(|_| invalid("/data", "The payload provided in the request is invalid."))?;
    if document.pointer("/data/type").and_then(Value::as_str) != Some("webhook") {
        return Err(invalid("/data/type", "'type' must be 'webhook'."));
    }
    let attributes = document.pointer("/data/attributes").and_then(Value::as_object);
    let attributes = attributes.ok_or_else(|| invalid("/data/attributes", "'attributes' is a required field."))?;
    if let Some(unknown) = attributes.keys().find(|it| !KNOWN.contains(&it.as_str())) {
        return Err(invalid(
            "/data/attributes",
            &format!("'{unknown}' is not a valid field for the resource 'webhook'."),
        ));
    }
    let text = |name: &str| attributes.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (name, endpoint_url, secret) = (text("name"), text("endpoint_url"), text("secret_key"));
    if name.is_empty() {
        return Err(invalid("/data/attributes/name", "'name' is a required field."));
    }
    if !endpoint_url.starts_with("https://") {
        return Err(invalid("/data/attributes/endpoint_url", "The endpoint url must be https."));
    }
    if secret.chars().count() < SECRET_LEAST {
        return Err(invalid("/data/attributes/secret_key", "The secret key must be at least 16 characters long."));
    }
    let pointer = "/data/relationships/webhook-topics/data";
    let listed = document.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
    let known = topics(shop);
    let topic = |it: &Value| {
        let id = it.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let is_one = it.get("type").and_then(Value::as_str) == Some("webhook-topic") && known.contains(&id);
        if is_one { Ok(id) } else { Err(invalid(pointer, &format!("'{id}' is not a webhook topic."))) }
    };
    let topics: Vec<String> = listed.iter().map(topic).collect::<Result<_, _>>()?;
    if topics.is_empty() {
        return Err(invalid(pointer, "'webhook-topics' is a required relationship."));
    }
    Ok(Hook { id: String::new(), name, endpoint_url, secret, topics, created_at: DateTime::UNIX_EPOCH })
}
