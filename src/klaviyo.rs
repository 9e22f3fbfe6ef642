//! One request to Klaviyo and its outcome. What is asked follows from the catalog; what is kept of it is not known here.
//!
//! A [`Client`] is shared by threads and blocks the one that asks. It holds back what the endpoint's budget does not
//! allow yet, tries again what may go away by itself, and turns everything else into an [`Error`] named after its remedy.

mod answer;
mod batch;
mod budget;
mod clock;
mod error;
mod limits;
mod origin;
mod request;
mod retry;
mod revision;
mod secret;
mod stop;

use std::{io::Read, time::Duration};

use ureq::{
    Agent, Body, RequestBuilder,
    http::{HeaderMap, HeaderValue, header},
};

use self::{
    answer::Failure, budget::Budgets, clock::SystemClock, limits::Limits, origin::Origin, retry::Tries,
    revision::RevisionWatch,
};
pub use self::{
    batch::Batch,
    budget::{Spent, Usage},
    clock::Clock,
    error::Error,
    request::{Bounds, Method, Request},
    secret::Secret,
    stop::Stop,
};
use crate::catalog::{REVISION, Tier};

/// Largest response that is read, in bytes once unpacked. A page holds a thousand events at most, of which few carry
/// a whole order; what is larger than this would not fit a small machine's memory, and is no page.
const BODY_MAX: u64 = 128 * 1024 * 1024;

/// A whole body may take this many read timeouts: a large page on a slow line comes piece by piece, but not forever.
const BODY_TIMEOUTS: u32 = 10;

/// Connections kept open between requests; more than the threads that a sync has.
const IDLE_CONNECTIONS: usize = 40;

/// What Klaviyo speaks.
const JSON_API: &str = "application/vnd.api+json";

/// How Klaviyo is reached.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the API lives, such as `https://a.klaviyo.com`; paths follow directly.
    pub base_url: String,
    pub api_key: Secret,
    /// The share of Klaviyo's rate limits that we allow ourselves, above 0 and up to 1: other tools use the same account.
    pub budget_share: f64,
    pub connect_timeout: Duration,
    /// How long to wait for an answer to begin, and then for each further piece of it.
    pub read_timeout: Duration,
    /// How often a request that failed in passing is tried again.
    pub retries: u32,
}

/// What happens during a request, told as it happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A request goes out. One call of [`Client::ask`] may send several.
    Sent,
    /// It brought nothing, for a reason that may go away by itself; another try follows.
    Failed { reason: String },
    /// Nothing goes out for this long, from now on; a stop ends the wait.
    Waited { time: Duration, why: Why },
}

/// What a request waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Our own share of the endpoint's limit.
    Budget,
    /// Klaviyo said that the endpoint's limit is reached.
    RateLimit,
    /// Another try after a failure.
    Retry,
}

/// A connection to one Klaviyo account.
pub struct Client {
    agent: Agent,
    base_url: String,
    origin: Origin,
    key: Secret,
    authorization: HeaderValue,
    retries: u32,
    budgets: Budgets,
    clock: Box<dyn Clock>,
    revision: RevisionWatch,
}

impl Client {
    /// # Errors
    /// [`Error::Settings`] when the base URL is no URL, the key cannot be a header or the share is out of range.
    pub fn new(settings: Settings) -> Result<Client, Error> {
        Client::with_clock(settings, Box::new(SystemClock))
    }

    /// The same with another time and another chance.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn with_clock(settings: Settings, clock: Box<dyn Clock>) -> Result<Client, Error> {
        let base_url = settings.base_url.trim_end_matches('/').to_owned();
        let origin = Origin::of(&base_url)
            .filter(|_| !base_url.contains(['?', '#']))
            .ok_or_else(|| Error::Settings(format!("the base URL {:?} is not one", settings.base_url)))?;
        let authorization = authorization(&settings.api_key)?;
        if !(settings.budget_share > 0.0 && settings.budget_share <= 1.0) {
            return Err(Error::Settings(format!("the budget share {} is not between 0 and 1", settings.budget_share)));
        }
        Ok(Client {
            agent: agent(&settings, &origin),
            base_url,
            origin,
            key: settings.api_key,
            authorization,
            retries: settings.retries,
            budgets: Budgets::new(settings.budget_share),
            clock,
            revision: RevisionWatch::default(),
        })
    }

    /// Sends `request`, as often as it takes, and brings back what came of it.
    ///
    /// `note` hears of every request sent and of every wait before it begins. A stop ends a wait at once; an answer
    /// that is on its way is still read to its end, until it times out, or until the stop's own deadline.
    ///
    /// # Errors
    /// One variant for each thing that a caller can do about it.
    pub fn ask(&self, request: &Request, stop: &Stop, note: &mut dyn FnMut(Note)) -> Result<Batch, Error> {
        let url = self.url(request)?;
        let mut tries = Tries::new(request, self.retries);
        loop {
            self.take_turn(request, stop, note)?;
            note(Note::Sent);
            match self.send(request, &url, stop.left()) {
                Ok(batch) => return Ok(batch),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Throttled { told }) => {
                    let pause = tries.after_throttling(told, self.clock.chance())?;
                    self.budgets.hold(request, self.clock.now(), pause);
                }
                Err(Failure::Nobody { reason }) => {
                    let pause = tries.after_nobody(&self.origin, &reason, self.clock.now(), self.clock.chance())?;
                    self.pause(pause, reason, request, stop, note)?;
                }
                Err(Failure::Passing { reason }) => {
                    let pause = tries.after_failure(&reason, self.clock.chance())?;
                    self.pause(pause, reason, request, stop, note)?;
                }
            }
        }
    }

    /// Counts requests that an earlier process sent, each so long ago, against the daily budget of their endpoint.
    pub fn recall(&self, endpoint: &'static str, tier: Tier, ages: &[Duration]) {
        self.budgets.recall(endpoint, tier, self.clock.now(), ages);
    }

    /// How much of the budgets is used, of every endpoint that was asked so far.
    #[must_use]
    pub fn usage(&self) -> Vec<Usage> {
        self.budgets.usage(self.clock.now())
    }

    /// The address of `request`. The key goes along with it, so a link to elsewhere ends here.
    fn url(&self, request: &Request) -> Result<String, Error> {
        match request.link() {
            None => Ok(format!("{}{}", self.base_url, request.target())),
            Some(link) if Origin::of(link).as_ref() == Some(&self.origin) => Ok(link.to_owned()),
            Some(link) => Err(Error::ForeignLink { endpoint: request.endpoint(), host: origin::name(link) }),
        }
    }

    /// Waits until the endpoint's budget has room for one more request.
    fn take_turn(&self, request: &Request, stop: &Stop, note: &mut dyn FnMut(Note)) -> Result<(), Error> {
        loop {
            let now = self.clock.now();
            let turn = self.budgets.book(request, now).map_err(|full| Error::QuotaUsedUp {
                endpoint: request.endpoint(),
                resumes_in: full.opens_in,
                share: Some(full.limit),
            })?;
            self.wait(turn.at.saturating_duration_since(now), turn.why, stop, note)?;
            // While we waited, another thread may have heard that the limit is reached: our turn comes again later.
            if !self.budgets.is_held(request, self.clock.now()) {
                return Ok(());
            }
        }
    }

    /// Waits before another try.
    fn pause(
        &self,
        time: Duration,
        reason: String,
        request: &Request,
        stop: &Stop,
        note: &mut dyn FnMut(Note),
    ) -> Result<(), Error> {
        log::info!("{request} failed, another try follows in {time:.1?}: {reason}");
        note(Note::Failed { reason });
        self.wait(time, Why::Retry, stop, note)
    }

    fn wait(&self, time: Duration, why: Why, stop: &Stop, note: &mut dyn FnMut(Note)) -> Result<(), Error> {
        if stop.is_set() {
            return Err(Error::Stopped);
        }
        if time.is_zero() {
            return Ok(());
        }
        note(Note::Waited { time, why });
        if self.clock.wait(time, stop) { Err(Error::Stopped) } else { Ok(()) }
    }

    /// One request and one answer, in the time that is `left`.
    fn send(&self, request: &Request, url: &str, left: Option<Duration>) -> Result<Batch, Failure> {
        let answered = match request.method() {
            Method::Get => self.headers(self.agent.get(url), left).call(),
            Method::Delete => self.headers(self.agent.delete(url), left).call(),
            Method::Post => self
                .headers(self.agent.post(url), left)
                .header(header::CONTENT_TYPE, JSON_API)
                .send(request.body().unwrap_or_default()),
        };
        let mut response = answered.map_err(answer::no_answer)?;
        self.heed(request, response.headers());
        match response.status().as_u16() {
            204 if request.method() != Method::Get => return Ok(Batch::default()),
            // Nothing that we ask for is allowed to be nothing: a sweep would follow.
            204 => return Err(Failure::Passing { reason: "the answer is empty (204)".to_owned() }),
            200..=203 => return answer::success(request, &read(response.body_mut(), BODY_MAX)?),
            _ => {}
        }
        // Of a refusal whatever arrived will do, and an echo of the key is not repeated.
        let body = read(response.body_mut(), BODY_MAX).unwrap_or_default();
        let body = String::from_utf8_lossy(&body);
        // Escapes are undone first, behind which the key could hide.
        let plain =
            serde_json::from_str::<serde_json::Value>(&body).map_or_else(|_| body.into_owned(), |it| it.to_string());
        let body = plain.replace(self.key.expose(), "***");
        Err(answer::failure(request, response.status().as_u16(), response.headers(), &body))
    }

    fn headers<B>(&self, request: RequestBuilder<B>, left: Option<Duration>) -> RequestBuilder<B> {
        request
            .config()
            .timeout_global(left)
            .build()
            .header(header::AUTHORIZATION, self.authorization.clone())
            .header(header::ACCEPT, JSON_API)
            .header("revision", REVISION)
    }

    /// Takes in what the headers of any answer tell.
    fn heed(&self, request: &Request, headers: &HeaderMap) {
        self.budgets.learn(request, self.clock.now(), Limits::of(headers));
        if let Some(other) = self.revision.surprise(headers) {
            log::warn!("Klaviyo answers in revision {other} of its API though {REVISION} was asked for");
        }
    }
}

fn authorization(key: &Secret) -> Result<HeaderValue, Error> {
    if key.expose().is_empty() {
        return Err(Error::Settings("the API key is empty".to_owned()));
    }
    let mut value = HeaderValue::try_from(format!("Klaviyo-API-Key {}", key.expose()))
        .map_err(|_| Error::Settings("the API key holds characters that no key has".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

fn agent(settings: &Settings, origin: &Origin) -> Agent {
    let mut config = Agent::config_builder()
        .user_agent(concat!("klytics/", env!("CARGO_PKG_VERSION")))
        // Every status is an answer, and a redirect is not followed: the key would go along.
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_connect(Some(settings.connect_timeout))
        .timeout_recv_response(Some(settings.read_timeout))
        .timeout_per_read(Some(settings.read_timeout))
        .timeout_recv_body(Some(settings.read_timeout * BODY_TIMEOUTS))
        .max_idle_connections(IDLE_CONNECTIONS)
        .max_idle_connections_per_host(IDLE_CONNECTIONS);
    if origin.is_loopback() {
        // The demo's Klaviyo is out of reach of any proxy that the environment names.
        config = config.proxy(None);
    }
    config.build().new_agent()
}

/// The body, unpacked, and one byte more than `max` where it is longer. The bound holds for what comes out, so that a
/// small answer cannot unpack into a large one.
fn read(body: &mut Body, max: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    body.as_reader()
        .take(max + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::Passing { reason: format!("the answer broke off: {error}") })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_read_than_tells_that_it_is_too_long() {
        for (length, read_of_it) in [(9, 9), (10, 10), (11, 11), (1_000, 11)] {
            let mut body = Body::builder().data("x".repeat(length));
            assert_eq!(read(&mut body, 10).expect("a body").len(), read_of_it, "{length}");
        }
    }
}
