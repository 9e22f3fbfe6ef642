//! What was asked of this server and how it went: counted by the template of the route, never by the address that was
//! asked for, and without saying who asked.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::Status;
use rocket::request::Request;
use rocket::{Build, Data, Response, Rocket, fairing};
use serde::Serialize;
use utoipa::ToSchema;

use crate::histogram::Histogram;

/// Requests that are remembered one by one.
const REQUESTS_MAX: usize = 1_000;
/// Failures that are remembered one by one.
const FAULTS_MAX: usize = 100;
/// What no route took.
const NO_ROUTE: &str = "(none)";

/// Counts of every request since the start, and the latest of them; managed by Rocket.
#[derive(Debug, Default)]
pub struct Tally(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    answers: BTreeMap<Answered, u64>,
    times: BTreeMap<(&'static str, String), Histogram>,
    requests: VecDeque<Served>,
    faults: VecDeque<Fault>,
}

/// What is counted as one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Answered {
    pub method: &'static str,
    /// `/api/<entity>/sync`
    pub endpoint: String,
    pub status: u16,
}

/// One request, as it went.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RequestServed)]
#[serde(rename_all = "camelCase")]
pub struct Served {
    pub endpoint: String,
    pub method: &'static str,
    pub status_code: u16,
    /// Milliseconds until the answer began.
    pub response_time: f64,
    pub timestamp: DateTime<Utc>,
}

/// One request that failed on our side. Its causes are in the log.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RequestFault)]
pub struct Fault {
    pub message: String,
    pub context: Context,
    pub timestamp: DateTime<Utc>,
}

/// Where it failed.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RequestContext)]
#[serde(rename_all = "camelCase")]
pub struct Context {
    pub method: &'static str,
    pub endpoint: String,
    pub status_code: u16,
}

impl Tally {
    /// How many requests were answered how.
    #[must_use]
    pub fn answers(&self) -> Vec<(Answered, u64)> {
        self.counts().answers.iter().map(|(it, count)| (it.clone(), *count)).collect()
    }

    /// How long answers took to begin, by method and endpoint.
    #[must_use]
    pub fn times(&self) -> Vec<((&'static str, String), Histogram)> {
        self.counts().times.iter().map(|(it, times)| (it.clone(), times.clone())).collect()
    }

    /// The latest requests, newest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Served> {
        self.counts().requests.iter().rev().cloned().collect()
    }

    /// The latest failures of ours, newest first.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.counts().faults.iter().rev().cloned().collect()
    }

    fn add(&self, answered: Answered, time: Duration, message: Option<&str>, now: DateTime<Utc>) {
        let mut counts = self.counts();
        let Answered { method, endpoint, status } = answered.clone();
        counts.times.entry((method, endpoint.clone())).or_default().add(time);
        if status >= 500 {
            let reason = Status::new(status).reason_lossy().to_lowercase();
            let message = message.map_or(reason, ToOwned::to_owned);
            let context = Context { method, endpoint: endpoint.clone(), status_code: status };
            push(&mut counts.faults, FAULTS_MAX, Fault { message, context, timestamp: now });
        }
        let response_time = (time.as_secs_f64() * 1e6).round() / 1e3;
        let served = Served { endpoint, method, status_code: status, response_time, timestamp: now };
        push(&mut counts.requests, REQUESTS_MAX, served);
        *counts.answers.entry(answered).or_default() += 1;
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn push<T>(ring: &mut VecDeque<T>, max: usize, item: T) {
    if ring.len() == max {
        ring.pop_front();
    }
    ring.push_back(item);
}

/// When a request came in.
struct Began(Instant);

/// What a failing handler says of its failure.
struct Told(Option<String>);

/// Notes what a failure is called, for whoever looks at the tally.
pub(super) fn tell(request: &Request<'_>, message: String) {
    request.local_cache(|| Told(Some(message)));
}

/// Counts every request that comes by. It goes before all others, so that their time counts too.
pub(super) struct Counter;

#[rocket::async_trait]
impl Fairing for Counter {
    fn info(&self) -> Info {
        Info { name: "tally", kind: Kind::Ignite | Kind::Request | Kind::Response }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        Ok(rocket.manage(Tally::default()))
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        request.local_cache(|| Began(Instant::now()));
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let Some(tally) = request.rocket().state::<Tally>() else { return };
        let Began(began) = request.local_cache(|| Began(Instant::now()));
        let endpoint = request.route().map_or(NO_ROUTE, |it| it.uri.path()).to_owned();
        let status = response.status().code;
        let Told(message) = request.local_cache(|| Told(None));
        let answered = Answered { method: request.method().as_str(), endpoint, status };
        tally.add(answered, began.elapsed(), message.as_deref(), Utc::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::Error;
    use rocket::local::blocking::Client;
    use rocket::{get, routes};

    #[get("/thing/<id>")]
    fn thing(id: &str) -> Result<String, Error> {
        if id == "lost" { Err(Error::Lost) } else { Ok(id.to_owned()) }
    }

    fn client() -> Client {
        Client::untracked(rocket::build().attach(Counter).mount("/", routes![thing])).expect("a server")
    }

    #[test]
    fn requests_are_counted_by_route_and_not_by_address() {
        let client = client();
        for path in ["/thing/1", "/thing/2?secret=3", "/nowhere/4"] {
            client.get(path).dispatch();
        }
        let tally = client.rocket().state::<Tally>().expect("a tally");
        let answers: Vec<_> = tally.answers().into_iter().map(|(it, count)| (it.endpoint, it.status, count)).collect();
        assert_eq!(answers, [("(none)".to_owned(), 404, 1), ("/thing/<id>".to_owned(), 200, 2)]);
        assert!(!format!("{tally:?}").contains("secret"));
    }

    #[test]
    fn a_failure_is_told_in_its_own_words() {
        let client = client();
        client.get("/thing/lost").dispatch();
        let faults = client.rocket().state::<Tally>().expect("a tally").faults();
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].message, "the page was lost to a panic or a shutdown");
        assert_eq!(faults[0].context.endpoint, "/thing/<id>");
    }

    #[test]
    fn only_the_latest_are_remembered() {
        let tally = Tally::default();
        for count in 0..REQUESTS_MAX + 5 {
            let status = if count.is_multiple_of(2) { 500 } else { 200 };
            let answered = Answered { method: "GET", endpoint: format!("/{}", count % 3), status };
            tally.add(
                answered,
                Duration::from_millis(1),
                None,
                DateTime::from_timestamp_nanos(i64::try_from(count).expect("a few")),
            );
        }
        assert_eq!((tally.requests().len(), tally.faults().len()), (REQUESTS_MAX, FAULTS_MAX));
        assert_eq!(tally.requests()[0].timestamp.timestamp_subsec_nanos() as usize, REQUESTS_MAX + 4);
        assert_eq!(tally.answers().iter().map(|it| it.1).sum::<u64>(), REQUESTS_MAX as u64 + 5);
    }
}
