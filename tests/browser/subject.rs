//! What the browser looks at: the application on a port of its own, and the made-up shop that it copies.

use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use klytics::app::{self, Parts};
use klytics::catalog::{self, Entity, Pace};
use klytics::config;
use klytics::demo::{Clock, Fake, Plan, ShopPlan};
use klytics::klaviyo::{Client, Secret, Settings};
use klytics::store::Store;
use klytics::store::runs::Status;
use klytics::sync::{Chosen, Handle, Membership, Options, Order, Trigger};
use rocket::Shutdown;

/// Enough for every table and chart to have rows, and few enough to be copied in a moment.
const EVENTS: u64 = 20_000;
const PROFILES: u64 = 400;

/// How far the clock of shop and sync stands behind ours, so that a test can let something happen by moving it on.
const BEHIND: TimeDelta = TimeDelta::hours(3);

/// A sync reads this far back again; more than [`BEHIND`], so that what happens late is found.
const LOOKBACK_HOURS: u32 = 6;

/// Longest that a copy of the shop may take on a busy machine.
const COPIED_WITHIN: Duration = Duration::from_mins(1);

/// The application with its shop. Dropping it stops both.
pub(crate) struct Subject {
    url: String,
    pub(crate) fake: Fake,
    handle: Handle,
    clock: Clock,
    shutdown: Shutdown,
    server: Option<JoinHandle<()>>,
    _data_dir: tempfile::TempDir,
}

impl Subject {
    /// The shop, copied.
    pub(crate) fn full() -> Subject {
        let subject = Subject::start(true);
        let order = Order { entities: quick(), forced: false, since: None, trigger: Trigger::CommandLine };
        let ticket = subject.handle.start(order).expect("a run");
        let run = subject.handle.ended(ticket.run, COPIED_WITHIN).expect("a run that ends in time");
        assert_eq!(run.status, Status::Completed, "{run:?}");
        subject
    }

    /// The shop, of which nothing was copied yet.
    pub(crate) fn empty() -> Subject {
        Subject::start(true)
    }

    /// No key, and so no shop that anything could be copied from.
    pub(crate) fn without_key() -> Subject {
        Subject::start(false)
    }

    fn start(has_key: bool) -> Subject {
        let clock = Clock::at(Utc::now() - BEHIND);
        let shop = ShopPlan { events: EVENTS, profiles: PROFILES, ..ShopPlan::until(clock.now()) };
        let fake = Fake::start(Plan { shop, clock: clock.clone(), ..Plan::default() }).expect("a fake Klaviyo");
        let store = Store::in_memory().expect("a database");
        let membership = Membership { lists: Chosen::All, segments: Chosen::All, relist_days: 7 };
        let options = Options { lookback_hours: LOOKBACK_HOURS, membership, ..Options::default() };
        let client = has_key.then(|| client(&fake));
        let handle = Handle::new(store.clone(), client, options, told(&clock)).expect("a sync at rest");
        let data_dir = tempfile::tempdir().expect("a directory");
        let parts = Parts {
            store,
            handle: handle.clone(),
            scheduled: false,
            hosts: Vec::new(),
            api: config::Api::default(),
            cache: config::Cache::default(),
            data_dir: data_dir.path().to_owned(),
        };
        let (url, shutdown, server) = serve(parts);
        Subject { url, fake, handle, clock, shutdown, server: Some(server), _data_dir: data_dir }
    }

    /// Lets the shop live on until now: orders, opens and newcomers that no copy has yet.
    pub(crate) fn catch_up(&self) {
        self.clock.advance(BEHIND);
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        self.shutdown.clone().notify();
        if let Some(server) = self.server.take() {
            let _ = server.join();
        }
    }
}

/// The shop's time, for the sync: Klaviyo refuses to tell of what is still to come.
fn told(clock: &Clock) -> impl Fn() -> DateTime<Utc> + use<> {
    let clock = clock.clone();
    move || clock.now()
}

/// All but what Klaviyo tells only a few times a minute, such as reports.
fn quick() -> Vec<&'static Entity> {
    catalog::ENTITIES.iter().copied().filter(|it| it.pace() == Pace::Prompt).collect()
}

fn client(fake: &Fake) -> Client {
    let settings = Settings {
        base_url: fake.url(),
        api_key: Secret::new(fake.key()),
        budget_share: 1.0,
        connect_timeout: Duration::from_secs(5),
        read_timeout: Duration::from_secs(30),
        retries: 1,
    };
    Client::new(settings).expect("settings that are right")
}

/// Serves in a thread of its own, so that a test may block, or fail, without holding the server up.
fn serve(parts: Parts) -> (String, Shutdown, JoinHandle<()>) {
    let figment = rocket::Config::figment().merge(("port", 0)).merge(("log_level", "off")).merge(("workers", 2));
    let (sender, receiver) = mpsc::channel();
    let (announce, announced) = mpsc::channel();
    let server = app::build(figment, parts, move |url| announce.send(url.to_owned()).unwrap_or_default());
    let server = server.expect("a directory for templates");
    let thread = std::thread::spawn(move || {
        rocket::execute(async move {
            let server = server.ignite().await.expect("a server that ignites");
            sender.send(server.shutdown()).expect("a test that waits");
            server.launch().await.expect("a server that launches");
        });
    });
    let shutdown = receiver.recv().expect("a server that ignites");
    (announced.recv().expect("a server that launches"), shutdown, thread)
}
