//! The state behind the fake: shop, clock, mood, limits; and what has been asked of it.

use super::address::parameters;
use super::document::{Place, document};
use super::limits::{Allowance, Counters};
use super::listing::Choice;
use super::mood::{Mood, Temper, Whim};
use super::order::Orders;
use super::question::{Question, bad_cursor};
use super::refusal::Refusal;
use super::traffic::{Meter, Passing, Traffic};
use super::webhooks::{self, Asked, Delivery, Hook, Hooks};
use super::{Limits, Plan, aggregates, reports};
use crate::demo::endpoints::{self, Endpoint, REVISION, Rate, Serves};
use crate::demo::{Shop, Truth};
use chrono::{DateTime, Utc};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockWriteGuard};
use std::time::{Duration, Instant};

/// A request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub method: String,
    pub path: String,
    /// As it was sent, encoded.
    pub query: String,
    /// What was posted.
    pub body: String,
    pub status: u16,
}

/// Requests that are remembered.
const SEEN_MAX: usize = 20_000;
/// How a query begins to tell a cursor: encoded or not, and of reports.
const CURSORS: [&str; 3] = ["page%5Bcursor%5D", "page[cursor]", "page_cursor="];
/// A host that is not ours, for links that must not be followed.
const FOREIGN: &str = "http://klaviyo.invalid";

#[derive(Debug)]
pub(super) struct World {
    plan: Plan,
    shop: RwLock<Shop>,
    /// How often the shop has changed; written while it is locked for that.
    version: AtomicU64,
    orders: Orders,
    temper: Mutex<Temper>,
    counters: Mutex<Counters>,
    seen: Mutex<VecDeque<Seen>>,
    hooks: Hooks,
    meter: Meter,
    started: Instant,
    base: OnceLock<String>,
}

/// A request, as far as the fake looks at it.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) authorization: Option<&'a str>,
    pub(super) revision: Option<&'a str>,
    /// What was posted; empty where nothing was.
    pub(super) body: &'a [u8],
}

/// What goes back.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
    /// The connection breaks halfway.
    pub(super) breaks: bool,
    /// How long to wait before anything is sent.
    pub(super) delay: Duration,
}

const JSON_API: &str = "application/vnd.api+json";

impl World {
    pub(super) fn new(plan: Plan) -> World {
        World {
            shop: RwLock::new(Shop::new(&plan.shop)),
            version: AtomicU64::default(),
            orders: Orders::default(),
            temper: Mutex::new(Temper::new(Mood::Well)),
            counters: Mutex::default(),
            seen: Mutex::default(),
            hooks: Hooks::default(),
            meter: Meter::default(),
            started: Instant::now(),
            base: OnceLock::new(),
            plan,
        }
    }

    /// Tells the world where it is served. Only the first word counts.
    pub(super) fn is_at(&self, base: String) {
        let _ = self.base.set(base);
    }

    pub(super) fn base(&self) -> &str {
        self.base.get().map_or("", String::as_str)
    }

    pub(super) fn key(&self) -> &str {
        &self.plan.key
    }

    pub(super) fn gzip(&self) -> bool {
        self.plan.gzip
    }

    pub(super) fn set_mood(&self, mood: Mood) {
        *lock(&self.temper) = Temper::new(mood);
    }

    pub(super) fn requests(&self) -> Vec<Seen> {
        lock(&self.seen).iter().cloned().collect()
    }

    pub(super) fn edit<T>(&self, change: impl FnOnce(&mut Shop) -> T) -> T {
        let mut shop = self.to_change();
        shop.advance(self.plan.clock.now());
        change(&mut shop)
    }

    pub(super) fn bustle(&self, count: u32) {
        let now = self.plan.clock.now();
        self.edit(|shop| shop.bustle(count, now));
    }

    pub(super) fn truth(&self) -> Truth {
        let now = self.plan.clock.now();
        self.catch_up(now);
        Truth::of(&self.shop.read().unwrap_or_else(PoisonError::into_inner), now)
    }

    /// Lets the shop live until now.
    fn catch_up(&self, now: DateTime<Utc>) {
        let is_behind = self.shop.read().unwrap_or_else(PoisonError::into_inner).is_behind(now);
        if is_behind {
            self.to_change().advance(now);
        }
    }

    /// The shop, for whoever is about to change it.
    fn to_change(&self) -> RwLockWriteGuard<'_, Shop> {
        let shop = self.shop.write().unwrap_or_else(PoisonError::into_inner);
        self.version.fetch_add(1, Ordering::Relaxed);
        shop
    }

    /// Counts a request from here on as under way.
    pub(super) fn begin(&self) -> Passing<'_> {
        self.meter.begin(Instant::now())
    }

    pub(super) fn traffic(&self) -> Traffic {
        self.meter.read()
    }

    /// The answer, written into the memory of an answer before.
    pub(super) fn answer(&self, ask: &Ask<'_>, mut body: String) -> Answer {
        let has_cursor = CURSORS.iter().any(|it| ask.query.contains(it));
        let whim = lock(&self.temper).whim(ask.path, has_cursor);
        let mut headers = vec![("CID", self.account())];
        let mut answer = match self.reply(ask, &whim, &mut headers, &mut body) {
            Ok(()) => Answer::of(webhooks::status(ask.method, ask.path), body),
            Err(refusal) => Answer::of(refusal.status, refusal.body(&self.error_id())),
        };
        if whim == Whim::Html {
            answer = Answer { content_type: "text/html; charset=UTF-8", ..Answer::of(403, CLOUDFLARE.to_owned()) };
        }
        let revision = if whim == Whim::OtherRevision { "2025-01-15" } else { ask.revision.unwrap_or(REVISION) };
        headers.push(("X-Klaviyo-API-Revision", revision.to_owned()));
        answer.headers = headers;
        answer.breaks = whim == Whim::Truncate;
        answer.delay = if let Whim::Hang(time) = whim { time } else { self.plan.latency };
        self.remember(ask, answer.status);
        self.meter.answered(answer.status, answer.body.len());
        answer
    }

    /// The document, or why there is none: key and revision come first, then limits, then the question itself.
    fn reply(
        &self,
        ask: &Ask<'_>,
        whim: &Whim,
        headers: &mut Vec<(&'static str, String)>,
        body: &mut String,
    ) -> Result<(), Refusal> {
        let (endpoint, id) = endpoints::find(ask.path, ask.method).ok_or_else(|| Refusal::not_found("The path"))?;
        if ask.method != endpoint.method {
            let detail = format!("Method \"{}\" not allowed.", ask.method);
            return Err(Refusal::of(405, "method_not_allowed", "Method not allowed.", detail));
        }
        self.check_key(ask, whim)?;
        check_revision(ask)?;
        self.check_scopes(endpoint, whim)?;
        match *whim {
            Whim::Busy { retry_after } => {
                headers.extend(retry_after.map(|it| ("Retry-After", it.to_string())));
                return Err(Refusal::throttled(retry_after.unwrap_or(1)));
            }
            Whim::Fail(status) => return Err(Refusal::failed(status)),
            Whim::WithoutWebhooks if endpoint.serves == Serves::Webhooks => return Err(webhooks::without_kdp()),
            Whim::ExpireCursor => return Err(bad_cursor()),
            _ => {}
        }
        let query = parameters(ask.query).ok_or_else(|| Refusal::invalid("query", "The query is not well-formed."))?;
        self.check_limits(endpoint, endpoint.rate_of(&query), headers)?;
        let now = self.plan.clock.now();
        self.catch_up(now);
        match endpoint.serves {
            Serves::Report(report) => {
                let shop = self.shop.read().unwrap_or_else(PoisonError::into_inner);
                body.push_str(&reports::answer(report, &shop, now, ask.body, &query, (self.base(), ask.path))?);
                return Ok(());
            }
            Serves::Aggregates => {
                let shop = self.shop.read().unwrap_or_else(PoisonError::into_inner);
                body.push_str(&aggregates::answer(&shop, now, ask.body, &query, (self.base(), ask.path))?);
                return Ok(());
            }
            _ => {}
        }
        let question = Question::parse(endpoint, ask.path, &query, now)?;
        let next_base = if *whim == Whim::ForeignNext { FOREIGN } else { self.base() };
        let place = Place { base: self.base(), next_base, path: ask.path, query: &query };
        let shop = self.shop.read().unwrap_or_else(PoisonError::into_inner);
        if let Whim::TooMuch(size) = *whim
            && question.size > size
        {
            return Err(Refusal::failed(503));
        }
        if endpoint.serves == Serves::Webhooks {
            let (method, path, posted, base) = (ask.method, ask.path, ask.body, self.base());
            let asked = Asked { method, path, id, body: posted, question: &question, base, now };
            *body = self.hooks.answer(&shop, &asked)?;
            return Ok(());
        }
        let choice = Choice {
            shop: &shop,
            question: &question,
            time: now.timestamp(),
            repeat: *whim == Whim::Repeat,
            orders: &self.orders,
            version: self.version.load(Ordering::Relaxed),
        };
        document(endpoint, id, choice, &place, body)
    }

    pub(super) fn webhooks(&self) -> Vec<Hook> {
        self.hooks.all()
    }

    pub(super) fn latest_events(&self, count: usize) -> Vec<String> {
        let now = self.plan.clock.now();
        self.catch_up(now);
        let shop = self.shop.read().unwrap_or_else(PoisonError::into_inner);
        let past = shop.events.iter().rev().filter(|it| it.at <= now.timestamp());
        past.take(count).map(|it| shop.event_id(it.serial)).collect()
    }

    pub(super) fn delivery(&self, hook: &Hook, events: &[String]) -> Delivery {
        let now = self.plan.clock.now();
        let shop = self.shop.read().unwrap_or_else(PoisonError::into_inner);
        let document_of = |id: &String| {
            let path = format!("/api/events/{id}");
            let (endpoint, id) = endpoints::find(&path, "GET")?;
            let question = Question::parse(endpoint, &path, &[], now).ok()?;
            let choice = Choice {
                shop: &shop,
                question: &question,
                time: now.timestamp(),
                repeat: false,
                orders: &self.orders,
                version: self.version.load(Ordering::Relaxed),
            };
            let place = Place { base: self.base(), next_base: self.base(), path: &path, query: &[] };
            let mut text = String::new();
            document(endpoint, id, choice, &place, &mut text).ok().map(|()| text)
        };
        let payloads: Vec<String> = events.iter().filter_map(document_of).collect();
        let body = webhooks::body(hook, &shop.account, &payloads, now);
        Delivery::signed(&hook.id, &hook.secret, now.timestamp(), body)
    }

    fn check_key(&self, ask: &Ask<'_>, whim: &Whim) -> Result<(), Refusal> {
        let Some(given) = ask.authorization else {
            return Err(Refusal::unauthorized("Missing or invalid authorization scheme. Please use Klaviyo-API-Key."));
        };
        let key = given.strip_prefix("Klaviyo-API-Key ");
        if key != Some(self.plan.key.as_str()) || *whim == Whim::RefuseKey {
            return Err(Refusal::unauthorized("Incorrect authentication credentials."));
        }
        Ok(())
    }

    fn check_scopes(&self, endpoint: &Endpoint, whim: &Whim) -> Result<(), Refusal> {
        let has = |scope: &str| {
            !matches!(whim, Whim::LackScope(lacking) if *lacking == scope)
                && self.plan.scopes.as_ref().is_none_or(|it| it.iter().any(|it| it == scope))
        };
        endpoint.scopes.iter().find(|it| !has(it)).map_or(Ok(()), |it| Err(Refusal::forbidden(it)))
    }

    fn check_limits(
        &self,
        endpoint: &Endpoint,
        rate: Rate,
        headers: &mut Vec<(&'static str, String)>,
    ) -> Result<(), Refusal> {
        let Limits::Klaviyo { share } = self.plan.limits else { return Ok(()) };
        let counted = lock(&self.counters).count(endpoint.path, rate, share, self.started.elapsed());
        match counted {
            Ok(Allowance { limit, remaining, reset_secs }) => {
                headers.push(("RateLimit-Limit", limit));
                headers.push(("RateLimit-Remaining", remaining.to_string()));
                headers.push(("RateLimit-Reset", reset_secs.to_string()));
                Ok(())
            }
            Err(seconds) => {
                headers.push(("Retry-After", seconds.to_string()));
                Err(Refusal::throttled(seconds))
            }
        }
    }

    fn remember(&self, ask: &Ask<'_>, status: u16) {
        let mut seen = lock(&self.seen);
        if seen.len() == SEEN_MAX {
            seen.pop_front();
        }
        let Ask { method, path, query, body, .. } = ask;
        seen.push_back(Seen {
            method: (*method).to_owned(),
            path: (*path).to_owned(),
            query: (*query).to_owned(),
            body: String::from_utf8_lossy(body).into_owned(),
            status,
        });
    }

    fn account(&self) -> String {
        self.shop.read().unwrap_or_else(PoisonError::into_inner).account.clone()
    }

    fn error_id(&self) -> String {
        format!("6f1c7a2e-0000-4000-8000-{:012x}", self.started.elapsed().as_micros())
    }
}

impl Answer {
    pub(super) fn of(status: u16, body: String) -> Answer {
        Answer { status, content_type: JSON_API, headers: Vec::new(), body, breaks: false, delay: Duration::ZERO }
    }
}

fn check_revision(ask: &Ask<'_>) -> Result<(), Refusal> {
    match ask.revision {
        Some(REVISION) => Ok(()),
        Some(other) => Err(Refusal::invalid("revision", format!("Invalid revision: {other}."))),
        None => Err(Refusal::invalid("revision", "The revision header is required.")),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const CLOUDFLARE: &str = "<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>Attention Required! | Cloudflare</title></head>\
    <body><h1>Sorry, you have been blocked</h1><p>You are unable to access klaviyo.com</p></body></html>\n";
