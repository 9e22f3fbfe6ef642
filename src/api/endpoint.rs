//! An endpoint is a description: where it is, what it takes, what it rests on, how it is answered and what that looks like.
//! Its route, its place in the cache and its part of `/api/openapi.json` follow from that.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rocket::http::Method;
use rocket::request::Request;
use rocket::route::{Handler, Outcome};
use rocket::{Data, Route};
use utoipa::openapi::{RefOr, Schema};

use super::answer::{Answer, Source};
use super::first::{self, First};
use super::openapi::Schemas;
use super::parameters::Groups;
use super::question::Question;
use crate::catalog::{self, Entity};
use crate::config;
use crate::pages::frame::settle_metric;
use crate::pages::{Desk, Ground};
use crate::range::{Ask, Unclear, check_names};
use crate::store::Db;
use crate::store::runs::EntityStatus;
use crate::web::cache::{Answered, Kept, Key, Lifetime};
use crate::web::{self, Error, Visit};

pub(super) struct Endpoint {
    /// Below `/api`; one segment may be `<id>`.
    pub(super) path: Cow<'static, str>,
    /// What it answers, in one line.
    pub(super) about: Cow<'static, str>,
    /// The entity that there is no answer without.
    pub(super) entity: &'static str,
    /// What to do while that was never copied.
    pub(super) unread: Unread,
    pub(super) parameters: Groups,
    /// Fields that the answer can be sorted by.
    pub(super) sorts: Vec<String>,
    pub(super) days: Days,
    pub(super) lifetime: Lifetime,
    pub(super) load: fn(&Db<'_>, &Question) -> Result<Answered, Error>,
    /// What the answer looks like.
    pub(super) schema: fn(&mut Schemas, &'static Entity) -> RefOr<Schema>,
}

/// What is done for an answer whose entity was never copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is read from Klaviyo at once, and the answer waits for it a while.
    Fetch,
    /// It takes long to read: a run is begun, and the answer says so.
    Begin,
    /// The answer says how to begin a run.
    Tell,
}

/// The days that are meant where none are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Days {
    Recent,
    All,
}

impl Endpoint {
    pub(super) fn entity(&self) -> &'static Entity {
        catalog::find(self.entity).expect("an endpoint is about an entity of the catalog")
    }

    /// Whether it is about one thing, which may not exist.
    pub(super) fn is_of_one(&self) -> bool {
        self.path.contains("<id>")
    }

    /// Whether its numbers come from events.
    pub(super) fn counts(&self) -> bool {
        self.entity == catalog::EVENTS.name || self.parameters.iter().any(|it| it.iter().any(|it| it.name == "metric"))
    }

    /// What the request asks, if it can be meant.
    fn ask(&self, request: &Request<'_>) -> Result<Ask, Unclear> {
        let pairs: Vec<_> = request.query_fields().map(|it| (it.name.to_string(), it.value)).collect();
        let known: Vec<&str> = self.parameters.iter().flat_map(|it| it.iter()).map(|it| it.name).collect();
        check_names(&known, pairs.iter().map(|it| it.0.as_str()))?;
        let ask = Ask::parse(pairs.iter().map(|(name, value)| (name.as_str(), *value)))?;
        Ok(match self.days {
            Days::Recent => ask,
            Days::All => ask.or_all(),
        })
    }

    /// The answer, from the cache if it is there.
    pub(super) fn kept(
        &self,
        desk: &Desk,
        ground: Arc<Ground>,
        ask: Ask,
        id: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<(Arc<Kept>, bool), Error> {
        let about = id.as_ref().map_or_else(|| self.path.to_string(), |id| format!("{} {id}", self.path));
        let key = Key { about, ask: ask.clone(), version: ground.version, day: ground.day(now) };
        let period = ground.period(&ask, now)?;
        let question = Question { path: self.path.to_string(), ask, period, ground, entity: self.entity(), id };
        let work = |db: &Db<'_>| settle_metric(db, &question.ask).and_then(|_| (self.load)(db, &question));
        desk.cache.get(key, self.lifetime, || desk.store.read(|db| Ok(work(db)))?)
    }
}

/// When the entity was last copied; nothing where there is nothing to answer from.
pub(super) fn known<'a>(ground: &'a Ground, entity: &str) -> Option<&'a EntityStatus> {
    let status = ground.status(entity)?;
    // Events come in windows, of which the first ones are worth an answer. A part of anything else is no answer.
    let has_events = entity == catalog::EVENTS.name && ground.span.events > 0;
    (has_events || status.last_synced_at.is_some()).then_some(status)
}

/// Whether it was copied to its end since the ground was laid, which is a little behind while a run goes on.
fn is_copied(desk: &Desk, entity: &str) -> Result<bool, Error> {
    let statuses = desk.store.read(|db| db.statuses())?;
    Ok(statuses.iter().any(|it| it.name == entity && it.last_synced_at.is_some()))
}

/// An endpoint where Rocket finds it.
#[derive(Clone)]
struct Mounted {
    endpoint: Arc<Endpoint>,
    settings: config::Api,
}

pub(super) fn route(endpoint: Endpoint, settings: config::Api) -> Route {
    let path = endpoint.path.to_string();
    Route::new(Method::Get, &path, Mounted { endpoint: Arc::new(endpoint), settings })
}

#[rocket::async_trait]
impl Handler for Mounted {
    async fn handle<'r>(&self, request: &'r Request<'_>, _: Data<'r>) -> Outcome<'r> {
        Outcome::from(request, self.answer(request).await)
    }
}

impl Mounted {
    async fn answer(&self, request: &Request<'_>) -> Result<Answer, Error> {
        let endpoint = Arc::clone(&self.endpoint);
        let desk = request.rocket().state::<Desk>().ok_or(Error::Lost)?.clone();
        let ask = endpoint.ask(request)?;
        let at = endpoint.path.split('/').skip(1).position(|it| it == "<id>");
        let id = at.and_then(|it| request.param::<String>(it)?.ok());
        let visit = request.guard::<Visit>().await.succeeded().ok_or(Error::Lost)?;
        let source = match self.first(&desk).await? {
            First::Known => Source::Database,
            First::Fetched => Source::Klaviyo,
            First::NotYet(why) => return Ok(Answer::NotYet(why)),
        };
        web::blocking(move || {
            let ground = desk.ground()?;
            let last_synced_at = known(&ground, endpoint.entity).and_then(|it| it.last_synced_at);
            let now = Utc::now();
            let reach = if endpoint.counts() { ground.period(&ask, now)?.reach } else { None };
            let (kept, hit) = endpoint.kept(&desk, ground, ask, id, now)?;
            Ok(Answer::data(&visit, kept, hit, source, last_synced_at, reach.map(|it| it.complete_from)))
        })
        .await
    }

    /// Makes sure that there is something to answer from.
    async fn first(&self, desk: &Desk) -> Result<First, Error> {
        let (desk, entity) = (desk.clone(), self.endpoint.entity);
        let here = desk.clone();
        if web::blocking(move || Ok(known(&*here.ground()?, entity).is_some() || is_copied(&here, entity)?)).await? {
            return Ok(First::Known);
        }
        first::copy(desk, self.endpoint.entity(), self.endpoint.unread, self.settings).await
    }
}
