//! Webhooks: Klaviyo delivers events as they happen, to those accounts that may use it. An accelerator, never the source:
//! whatever a delivery brings, the next pass over its time reads again.
//!
//! A delivery is checked and noted before it is answered, and taken over by a thread of its own, through the same
//! [`record::read`] that a pass reads with.

mod registration;
mod signature;

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Handle;
use super::record::{self, Context};
use super::run::Stopped;
use crate::catalog::EVENTS;
use crate::causes::causes;
use crate::config;
use crate::klaviyo::{Batch, Stop};
use crate::store::{self, Record};

pub use registration::Asked;

/// How long a delivery that was taken over is remembered; longer than any replay window.
const REMEMBERED: TimeDelta = TimeDelta::days(7);

/// How soon the inbox is looked at again after the database failed.
const PAUSE: Duration = Duration::from_secs(30);

/// A delivery as it came in.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// `Klaviyo-Webhook-Id`
    pub webhook_id: &'a str,
    /// `Klaviyo-Signature`
    pub signature: &'a str,
    /// `Klaviyo-Timestamp`
    pub timestamp: &'a str,
    pub body: &'a [u8],
}

/// That a delivery was noted, and will be taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    pub events: usize,
    /// Whether the same delivery came before; then nothing follows from this one.
    pub repeated: bool,
}

/// Why a delivery is not taken. None of these words holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum Declined {
    #[error("webhooks are not set up here: register one on the settings page, or set webhooks.secret")]
    NotSetUp,
    #[error("this server has registered no webhook of that id")]
    Unknown,
    #[error("the signature does not fit the body, the timestamp and the webhook's secret")]
    Forged,
    #[error("the timestamp is no time within {0} seconds of now")]
    Stale(i64),
    #[error("the delivery cannot be read: {0}")]
    Malformed(String),
    #[error("the delivery is of another account")]
    OtherAccount,
    #[error("the account was not copied yet; deliver it again later")]
    TooEarly,
    #[error("the delivery could not be noted")]
    Store(#[from] store::Error),
}

impl Declined {
    /// What it is counted as.
    fn name(&self) -> &'static str {
        match self {
            Declined::NotSetUp => "not_set_up",
            Declined::Unknown => "unknown_webhook",
            Declined::Forged => "wrong_signature",
            Declined::Stale(_) => "stale",
            Declined::Malformed(_) => "malformed",
            Declined::OtherAccount => "other_account",
            Declined::TooEarly => "too_early",
            Declined::Store(_) => "not_stored",
        }
    }
}

/// What waits to be taken over, and what came of it so far.
#[derive(Debug, Default)]
pub(super) struct Post {
    state: Mutex<State>,
    bell: Condvar,
}

#[derive(Debug, Default)]
struct State {
    rung: bool,
    tally: PostTally,
    asked: Option<Asked>,
    /// Whether something is being asked of Klaviyo.
    asking: bool,
}

/// Deliveries since the process started.
#[derive(Debug, Clone, Default)]
pub struct PostTally {
    /// By what became of them: `accepted`, `repeated`, or why they were declined.
    pub deliveries: BTreeMap<&'static str, u64>,
    /// Events that were added because they were delivered.
    pub events: u64,
}

impl Post {
    /// Wakes the thread that takes deliveries over.
    pub(super) fn ring(&self) {
        self.state().rung = true;
        self.bell.notify_all();
    }

    /// Waits until it was rung, or all ends. The ring at the end is for everyone who waits.
    fn wait(&self, at_most: Option<Duration>, end: &Stop) {
        let state = self.state();
        let goes_on = |it: &mut State| !it.rung && !end.is_set();
        let mut state = match at_most {
            Some(time) => {
                let waited = self.bell.wait_timeout_while(state, time, goes_on);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => self.bell.wait_while(state, goes_on).unwrap_or_else(PoisonError::into_inner),
        };
        state.rung = false;
    }

    fn count(&self, outcome: &'static str) {
        *self.state().tally.deliveries.entry(outcome).or_default() += 1;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handle {
    /// Checks a delivery and notes it durably; its events become rows soon after.
    ///
    /// # Errors
    /// Why it is not taken, one for each answer that whoever sent it gets.
    pub fn receive(&self, delivery: &Delivery<'_>, settings: &config::Webhooks) -> Result<Receipt, Declined> {
        let received = self.check(delivery, settings).and_then(|events| self.note(delivery, events));
        match &received {
            Ok(receipt) => self.0.post.count(if receipt.repeated { "repeated" } else { "accepted" }),
            Err(declined) => {
                self.0.post.count(declined.name());
                log::warn!("a webhook's delivery was declined: {}", causes(declined));
            }
        }
        received
    }

    /// Whether a delivery can hold by what its headers say: asked before its body is read.
    ///
    /// # Errors
    /// As [`Handle::receive`], where it cannot.
    pub fn expects(&self, delivery: &Delivery<'_>, settings: &config::Webhooks) -> Result<(), Declined> {
        let expected = self.check_headers(delivery, settings).map(drop);
        if let Err(declined) = &expected {
            self.0.post.count(declined.name());
            log::warn!("a webhook's delivery was declined: {}", causes(declined));
        }
        expected
    }

    /// Deliveries since the process started.
    #[must_use]
    pub fn deliveries(&self) -> PostTally {
        self.0.post.state().tally.clone()
    }

    /// The number of events, once everything about the delivery holds.
    fn check(&self, delivery: &Delivery<'_>, settings: &config::Webhooks) -> Result<usize, Declined> {
        let secret = self.check_headers(delivery, settings)?;
        if !signature::holds(&secret, delivery.body, delivery.timestamp, delivery.signature) {
            return Err(Declined::Forged);
        }
        let letter = Letter::parse(delivery.body).map_err(Declined::Malformed)?;
        if letter.meta.klaviyo_webhook_id != delivery.webhook_id {
            return Err(Declined::Malformed("it names another webhook than its header".to_owned()));
        }
        let account = self.0.store.read(|db| db.account())?.ok_or(Declined::TooEarly)?;
        if letter.meta.klaviyo_account_id != account.id {
            return Err(Declined::OtherAccount);
        }
        Ok(letter.events(Tz::UTC).map_err(Declined::Malformed)?.len())
    }

    /// What the delivery has to be signed with, once its headers hold.
    fn check_headers(&self, delivery: &Delivery<'_>, settings: &config::Webhooks) -> Result<String, Declined> {
        let secret = self.secret(delivery.webhook_id, settings)?;
        if !signature::is_one(delivery.signature) {
            return Err(Declined::Forged);
        }
        let window = i64::from(settings.replay_window_secs);
        let sent_at = signature::sent_at(delivery.timestamp).ok_or(Declined::Stale(window))?;
        if (self.now() - sent_at).abs() > TimeDelta::seconds(window) {
            return Err(Declined::Stale(window));
        }
        Ok(secret)
    }

    /// What the webhook signs with: what was made up when it was registered here, else what the settings say.
    fn secret(&self, webhook: &str, settings: &config::Webhooks) -> Result<String, Declined> {
        let (known, any) = self.0.store.read(|db| Ok((db.webhook_secret(webhook)?, !db.webhooks()?.is_empty())))?;
        let set = || settings.secret.expose().map(ToOwned::to_owned);
        let missing = if any { Declined::Unknown } else { Declined::NotSetUp };
        known.flatten().or_else(set).ok_or(missing)
    }

    fn note(&self, delivery: &Delivery<'_>, events: usize) -> Result<Receipt, Declined> {
        let body = std::str::from_utf8(delivery.body).map_err(|error| Declined::Malformed(error.to_string()))?;
        let (digest, now) = (signature::digest(delivery.body), self.now());
        let is_new =
            self.0.store.write_in_row(|db| db.note_delivery(&digest, delivery.webhook_id, body, events, now))?;
        if is_new {
            self.0.post.ring();
        }
        Ok(Receipt { events, repeated: !is_new })
    }

    /// Takes over the delivery that has waited longest; false where none waits.
    fn take_over(&self) -> Result<bool, store::Error> {
        let Some(waiting) = self.0.store.read(|db| db.next_delivery())? else { return Ok(false) };
        let zone = self.0.store.settle_zone()?;
        let read = Letter::parse(waiting.body.as_bytes()).and_then(|it| it.events(zone));
        let (records, trouble) = match read {
            Ok(records) => (records, None),
            Err(trouble) => (Vec::new(), Some(trouble)),
        };
        let now = self.now();
        let changes = self.0.store.write_in_row(|db| {
            let changes = db.add_events(&records, now)?;
            db.delivery_applied(&waiting.digest, changes.new, trouble.as_deref(), now, now - REMEMBERED)?;
            Ok(changes)
        })?;
        self.0.post.state().tally.events += changes.new;
        Ok(true)
    }
}

/// Takes deliveries over as they come, until the end; those of an earlier process first.
pub(super) fn keep(handle: &Handle) {
    while !handle.0.stop.is_set() {
        match handle.take_over() {
            Ok(true) => {}
            Ok(false) => handle.0.post.wait(None, &handle.0.stop),
            Err(error) => {
                log::error!("a webhook's delivery could not be taken over and waits: {}", causes(&error));
                handle.0.post.wait(Some(PAUSE), &handle.0.stop);
            }
        }
    }
}

/// The body of a delivery.
#[derive(Debug, Deserialize)]
struct Letter<'a> {
    #[serde(borrow)]
    data: Vec<Item<'a>>,
    meta: Meta,
}

#[derive(Debug, Deserialize)]
struct Item<'a> {
    /// The document that `GET /api/events/{id}` would answer with.
    #[serde(borrow)]
    payload: &'a RawValue,
}

#[derive(Debug, Deserialize)]
struct Meta {
    klaviyo_account_id: String,
    klaviyo_webhook_id: String,
}

impl<'a> Letter<'a> {
    fn parse(body: &'a [u8]) -> Result<Letter<'a>, String> {
        serde_json::from_slice(body).map_err(|error| error.to_string())
    }

    /// The events as rows, with local times of `zone`; payloads of other kinds are passed over.
    fn events(&self, zone: Tz) -> Result<Vec<Record>, String> {
        let mut records = Vec::with_capacity(self.data.len());
        for (place, item) in self.data.iter().enumerate() {
            let in_words = |error: &dyn std::error::Error| format!("payload {}: {}", place + 1, causes(error));
            let batch = Batch::parse(item.payload.get().as_bytes()).map_err(|error| in_words(&error))?;
            if batch.data.iter().any(|it| is_event(it)) {
                let page = record::read(&EVENTS, &batch, Context { zone, parent: None }).map_err(|it| in_words(&it))?;
                if page.left_out > 0 {
                    return Err(format!("payload {} has an event without an id", place + 1));
                }
                records.extend(page.records);
            }
        }
        Ok(records)
    }
}

fn is_event(record: &RawValue) -> bool {
    #[derive(Deserialize)]
    struct Kind {
        r#type: String,
    }
    serde_json::from_str::<Kind>(record.get()).is_ok_and(|it| it.r#type == EVENTS.resource)
}

/// How a failure to reach Klaviyo's webhooks is told to the person who pressed a button.
fn in_words(stopped: &Stopped) -> String {
    use crate::klaviyo::Error;
    match stopped {
        Stopped::Klaviyo(Error::MissingScope { detail, .. }) if detail.contains("KDP") => {
            "Klaviyo offers webhooks only to accounts with its Advanced KDP package, and says that this account does not \
             have it. Nothing is lost without them: the schedule copies the same events a few minutes later."
                .to_owned()
        }
        Stopped::Klaviyo(Error::MissingScope { scopes, .. }) => {
            format!("The API key may not do that: it lacks {}.", scopes.join(" and "))
        }
        other => causes(other),
    }
}
