//! Webhooks that were registered at Klaviyo, and the inbox of what they delivered.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Serialize;

use super::{Db, Error, FromRow, Query, Row, RowResult, utc};
use crate::{params, query};

const ALL: Query = query!("webhooks/all");
const SECRET: Query = query!("webhooks/secret");
const FORGET: Query = query!("webhooks/forget");
const ADD: Query = query!("webhooks/add");
const TOPICS: Query = query!("webhooks/topics");
const FORGET_TOPICS: Query = query!("webhooks/forget_topics");
const ADD_TOPIC: Query = query!("webhooks/add_topic");
const NOTE: Query = query!("webhooks/note");
const NEXT: Query = query!("webhooks/next");
const WAITING: Query = query!("webhooks/waiting");
const APPLIED: Query = query!("webhooks/applied");
const FORGET_DELIVERIES: Query = query!("webhooks/forget_deliveries");

/// Every query of this file; a test prepares them all.
pub(super) const QUERIES: &[Query] =
    &[ALL, SECRET, FORGET, ADD, TOPICS, FORGET_TOPICS, ADD_TOPIC, NOTE, NEXT, WAITING, APPLIED, FORGET_DELIVERIES];

/// A webhook as it is registered at Klaviyo.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Webhook {
    pub id: String,
    pub name: Option<String>,
    /// As Klaviyo tells it: truncated.
    pub endpoint_url: Option<String>,
    pub topics: Vec<String>,
    pub enabled: bool,
    pub created_at: Option<DateTime<Utc>>,
}

/// A webhook and what came of it. Its secret is not here, so no page can show it.
#[derive(Debug, Clone, Serialize)]
pub struct Subscription {
    #[serde(flatten)]
    pub webhook: Webhook,
    /// Whether its secret is known, so that its deliveries can be checked.
    pub is_ours: bool,
    /// Those that are still remembered.
    pub deliveries: i64,
    pub last_delivery_at: Option<DateTime<Utc>>,
}

/// A delivery that was accepted and not taken over yet.
#[derive(Debug)]
pub struct Waiting {
    pub digest: String,
    pub body: String,
}

impl Db<'_> {
    /// Every webhook that is known, oldest first.
    ///
    /// # Errors
    /// When the query fails.
    pub fn webhooks(&self) -> Result<Vec<Subscription>, Error> {
        self.rows(ALL, params! {})
    }

    /// What deliveries of the webhook are signed with. The outer option: whether there is such a webhook; the inner
    /// one: whether its secret is known.
    ///
    /// # Errors
    /// When the query fails.
    pub fn webhook_secret(&self, id: &str) -> Result<Option<Option<String>>, Error> {
        Ok(self.maybe::<Secret>(SECRET, params! { "id": id })?.map(|it| it.0))
    }

    /// Keeps a webhook in the place of what was known of it; without a secret the one that is known stays.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn keep_webhook(&self, webhook: &Webhook, secret: Option<&str>) -> Result<(), Error> {
        let known = self.webhook_secret(&webhook.id)?.flatten();
        self.forget_webhook(&webhook.id)?;
        let values = params! {
            "id": webhook.id, "name": webhook.name, "endpoint_url": webhook.endpoint_url,
            "topics": serde_json::Value::from(webhook.topics.clone()).to_string(), "enabled": webhook.enabled,
            "created_at": webhook.created_at.map(utc), "secret": secret.map(ToOwned::to_owned).or(known),
        };
        self.execute(ADD, values).map(drop)
    }

    /// # Errors
    /// When the statement fails.
    pub fn forget_webhook(&self, id: &str) -> Result<(), Error> {
        self.execute(FORGET, params! { "id": id }).map(drop)
    }

    /// What can be subscribed to, as far as anybody asked.
    ///
    /// # Errors
    /// When the query fails.
    pub fn webhook_topics(&self) -> Result<Vec<String>, Error> {
        Ok(self.rows::<Topic>(TOPICS, params! {})?.into_iter().map(|it| it.0).collect())
    }

    /// # Errors
    /// When a statement fails.
    pub fn keep_webhook_topics(&self, topics: &[String]) -> Result<(), Error> {
        self.execute(FORGET_TOPICS, params! {})?;
        topics.iter().try_for_each(|it| self.execute(ADD_TOPIC, params! { "topic": it }).map(drop))
    }

    /// Notes a delivery; false where the same was noted before.
    ///
    /// # Errors
    /// When the statement fails.
    pub fn note_delivery(
        &self,
        digest: &str,
        webhook: &str,
        body: &str,
        events: usize,
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let events = i64::try_from(events).unwrap_or(i64::MAX);
        let values = params! {
            "digest": digest, "webhook": webhook, "body": body, "events": events, "now": utc(now),
        };
        Ok(self.execute(NOTE, values)? > 0)
    }

    /// The delivery that has waited longest.
    ///
    /// # Errors
    /// When the query fails.
    pub fn next_delivery(&self) -> Result<Option<Waiting>, Error> {
        self.maybe(NEXT, params! {})
    }

    /// # Errors
    /// When the query fails.
    pub fn waiting_deliveries(&self) -> Result<i64, Error> {
        self.value(WAITING, params! {})
    }

    /// Writes down what became of a delivery, in the transaction that holds its events; forgets those of before `before`.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn delivery_applied(
        &self,
        digest: &str,
        rows: u64,
        error: Option<&str>,
        now: DateTime<Utc>,
        before: DateTime<Utc>,
    ) -> Result<(), Error> {
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        self.execute(APPLIED, params! { "digest": digest, "rows": rows, "error": error, "now": utc(now) })?;
        self.execute(FORGET_DELIVERIES, params! { "before": utc(before) }).map(drop)
    }
}

struct Secret(Option<String>);

impl FromRow for Secret {
    fn from_row(row: &Row<'_>) -> RowResult<Secret> {
        Ok(Secret(row.get("secret")?))
    }
}

struct Topic(String);

impl FromRow for Topic {
    fn from_row(row: &Row<'_>) -> RowResult<Topic> {
        Ok(Topic(row.get("id")?))
    }
}

impl FromRow for Waiting {
    fn from_row(row: &Row<'_>) -> RowResult<Waiting> {
        Ok(Waiting { digest: row.get("digest")?, body: row.get("body")? })
    }
}

impl FromRow for Subscription {
    fn from_row(row: &Row<'_>) -> RowResult<Subscription> {
        let at = |column| Ok::<_, duckdb::Error>(row.get::<Option<NaiveDateTime>>(column)?.map(|it| it.and_utc()));
        let webhook = Webhook {
            id: row.get("id")?,
            name: row.get("name")?,
            endpoint_url: row.get("endpoint_url")?,
            topics: serde_json::from_str(&row.get::<String>("topics")?).unwrap_or_default(),
            enabled: row.get("enabled")?,
            created_at: at("created_at")?,
        };
        Ok(Subscription {
            webhook,
            is_ours: row.get("is_ours")?,
            deliveries: row.get("deliveries")?,
            last_delivery_at: at("last_delivery_at")?,
        })
    }
}
