//! Asks Klaviyo what can be subscribed to, and registers and removes webhooks: the only things that are ever written there.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

use super::super::Handle;
use super::super::run::Stopped;
use super::{in_words, signature};
use crate::catalog::Tier;
use crate::klaviyo::{Batch, Client, Method, Request, Stop};
use crate::store::Store;
use crate::store::webhooks::Webhook;

const WEBHOOKS: &str = "/api/webhooks";
const WEBHOOK: &str = "/api/webhooks/{id}";
const TOPICS: &str = "/api/webhook-topics";
const READ: &[&str] = &["webhooks:read"];
const WRITE: &[&str] = &["webhooks:write"];

/// How long whoever pressed a button waits for what Klaviyo says.
const DEADLINE: Duration = Duration::from_secs(15);

/// Bytes of chance in a secret; Klaviyo wants sixteen characters at least.
const SECRET_BYTES: usize = 32;

/// What was last asked of Klaviyo about webhooks, and what came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Asked {
    pub at: DateTime<Utc>,
    pub succeeded: bool,
    /// In a sentence, for the page.
    pub words: String,
}

impl Handle {
    /// What was last asked of Klaviyo about webhooks, since the process started.
    #[must_use]
    pub fn last_asked(&self) -> Option<Asked> {
        self.0.post.state().asked.clone()
    }

    /// Asks Klaviyo for its topics and the account's webhooks, and keeps them. What came of it is in
    /// [`Handle::last_asked`]; it waits fifteen seconds at most, and whatever comes later is kept too.
    pub fn ask_for_webhooks(&self) {
        self.by_deadline(|store, client, stop| {
            let topics = topics(client, stop)?;
            let webhooks = webhooks(client, stop)?;
            store.write(|db| {
                db.keep_webhook_topics(&topics)?;
                for gone in db.webhooks()?.iter().filter(|it| webhooks.iter().all(|kept| kept.id != it.webhook.id)) {
                    db.forget_webhook(&gone.webhook.id)?;
                }
                webhooks.iter().try_for_each(|it| db.keep_webhook(it, None))
            })?;
            Ok(format!("Klaviyo told of {} topics and {} webhooks.", topics.len(), webhooks.len()))
        });
    }

    /// Registers a webhook at Klaviyo that delivers `topics` to `endpoint_url`, signed with a secret that is made up
    /// here and kept in the database alone. As [`Handle::ask_for_webhooks`] otherwise.
    pub fn register_webhook(&self, name: String, endpoint_url: String, topics: Vec<String>) {
        self.by_deadline(move |store, client, stop| {
            let secret = secret();
            let subscribed: Vec<_> = topics.iter().map(|it| json!({ "type": "webhook-topic", "id": it })).collect();
            let document = json!({ "data": {
                "type": "webhook",
                "attributes": { "name": name, "endpoint_url": endpoint_url, "secret_key": secret },
                "relationships": { "webhook-topics": { "data": subscribed } },
            }});
            let answer = client.ask(&Request::post(WEBHOOKS, Tier::Xs, WRITE, &document), stop, &mut |_| ())?;
            let made = read(&answer).into_iter().next().ok_or(Stopped::NoAnswer)?;
            let webhook = Webhook { topics, ..made };
            store.write(|db| db.keep_webhook(&webhook, Some(&secret)))?;
            Ok(format!("Klaviyo delivers {} topics here from now on.", webhook.topics.len()))
        });
    }

    /// Removes a webhook at Klaviyo and here. As [`Handle::ask_for_webhooks`] otherwise.
    pub fn remove_webhook(&self, id: String) {
        self.by_deadline(move |store, client, stop| {
            let request = Request::of_one(Method::Delete, WEBHOOK, Tier::Xs, WRITE, &id);
            match client.ask(&request, stop, &mut |_| ()) {
                // Somebody else removed it.
                Ok(_) | Err(crate::klaviyo::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            store.write(|db| db.forget_webhook(&id))?;
            Ok("The webhook is removed.".to_owned())
        });
    }

    /// Does `work` on a thread of its own, and waits for it until the deadline. Its outcome is kept, however late. While Klaviyo
    /// is silent nothing else is asked of it.
    fn by_deadline<F>(&self, work: F)
    where
        F: FnOnce(&Store, &Client, &Stop) -> Result<String, Stopped> + Send + 'static,
    {
        if std::mem::replace(&mut self.0.post.state().asking, true) {
            return self
                .asked(Err("Klaviyo has not answered what was asked before; look again in a moment.".to_owned()));
        }
        let (done, waiting) = mpsc::channel();
        let stop = Stop::default();
        let (handle, cancel) = (self.clone(), stop.clone());
        std::thread::spawn(move || {
            let client = handle.0.client.as_ref().ok_or(Stopped::NoKey);
            let work = || client.and_then(|it| work(&handle.0.store, it, &cancel));
            let outcome =
                catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Stopped::Panicked)).map_err(|it| in_words(&it));
            handle.0.post.state().asking = false;
            handle.asked(outcome);
            // Whoever waited may have gone.
            let _ = done.send(());
        });
        if waiting.recv_timeout(DEADLINE).is_err() {
            // A wait for the rate limit ends now; an answer that is on its way is still read.
            stop.set();
            self.asked(Err(format!("Klaviyo did not answer within {} seconds; look again later.", DEADLINE.as_secs())));
        }
    }

    fn asked(&self, outcome: Result<String, String>) {
        let succeeded = outcome.is_ok();
        let words = outcome.unwrap_or_else(|words| words);
        if !succeeded {
            log::warn!("webhooks: {words}");
        }
        self.0.post.state().asked = Some(Asked { at: self.now(), succeeded, words });
    }
}

/// A secret that nobody has seen, in hexadecimal.
fn secret() -> String {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).expect("the system has chance to give, or nothing of it is safe");
    signature::hex(&bytes)
}

fn topics(client: &Client, stop: &Stop) -> Result<Vec<String>, Stopped> {
    #[derive(Deserialize)]
    struct Topic {
        id: String,
    }
    let all = every(client, &Request::listing(TOPICS, Tier::Xs, READ, &[]), stop)?;
    Ok(all.iter().filter_map(|it| Some(serde_json::from_str::<Topic>(it.get()).ok()?.id)).collect())
}

fn webhooks(client: &Client, stop: &Stop) -> Result<Vec<Webhook>, Stopped> {
    let request = Request::listing(WEBHOOKS, Tier::Xs, READ, &[("include", "webhook-topics")]);
    Ok(read(&Batch { data: every(client, &request, stop)?, ..Batch::default() }))
}

/// The records of a listing, of all its pages.
fn every(client: &Client, first: &Request, stop: &Stop) -> Result<Vec<Box<RawValue>>, Stopped> {
    let (mut all, mut next) = (Vec::new(), Some(first.clone()));
    while let Some(request) = next {
        let batch = client.ask(&request, stop, &mut |_| ())?;
        next = request.following(&batch);
        all.extend(batch.data);
    }
    Ok(all)
}

/// Webhooks as Klaviyo describes them; what cannot be read is left out.
fn read(batch: &Batch) -> Vec<Webhook> {
    batch.data.iter().filter_map(|it| serde_json::from_str::<Described>(it.get()).ok()).map(Webhook::from).collect()
}

#[derive(Deserialize)]
struct Described {
    id: String,
    attributes: Attributes,
    relationships: Option<Relationships>,
}

#[derive(Deserialize)]
struct Attributes {
    name: Option<String>,
    endpoint_url: Option<String>,
    #[serde(default)]
    enabled: bool,
    created_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Relationships {
    #[serde(rename = "webhook-topics")]
    topics: Option<Related>,
}

#[derive(Deserialize)]
struct Related {
    #[serde(default)]
    data: Vec<Name>,
}

#[derive(Deserialize)]
struct Name {
    id: String,
}

impl From<Described> for Webhook {
    fn from(it: Described) -> Webhook {
        let topics = it.relationships.and_then(|it| it.topics).map(|it| it.data).unwrap_or_default();
        Webhook {
            id: it.id,
            name: it.attributes.name,
            endpoint_url: it.attributes.endpoint_url,
            topics: topics.into_iter().map(|it| it.id).collect(),
            enabled: it.attributes.enabled,
            created_at: it.attributes.created_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_and_never_the_same() {
        let (one, other) = (secret(), secret());
        assert!(one.len() >= 16 && one.bytes().all(|it| it.is_ascii_hexdigit()), "{one}");
        assert_ne!(one, other);
    }

    #[test]
    fn a_webhook_is_read_as_klaviyo_describes_it() {
        let text = r#"{"data":[{"type":"webhook","id":"01H","attributes":{"name":"Mine","endpoint_url":"https://x…",
            "enabled":true,"created_at":"2026-11-08T01:23:45+00:00","updated_at":null},
            "relationships":{"webhook-topics":{"data":[{"type":"webhook-topic","id":"event:klaviyo.sent_sms"}]}}},
            {"no":"webhook"}]}"#;
        let webhooks = read(&Batch::parse(text.as_bytes()).expect("a document"));
        let want = Webhook {
            id: "01H".to_owned(),
            name: Some("Mine".to_owned()),
            endpoint_url: Some("https://x…".to_owned()),
            topics: vec!["event:klaviyo.sent_sms".to_owned()],
            enabled: true,
            created_at: "2026-11-08T01:23:45Z".parse().ok(),
        };
        assert_eq!(webhooks, [want]);
    }
}
