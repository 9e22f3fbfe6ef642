//! What several subjects need: an account with rows that were written by hand and the application over it, and an
//! account of the fake's that is copied through the real client.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::America::New_York;
use klytics::app::{self, Parts};
use klytics::catalog::{ENTITIES, Entity, find};
use klytics::config;
use klytics::demo::{self, Fake, Plan, ShopPlan, Truth};
use klytics::klaviyo::{self, Client as Klaviyo, Secret, Settings, Stop};
use klytics::params;
use klytics::store::runs::{EntityStatus, Run, RunEntity};
use klytics::store::{FromRow, Query, Row, RowResult, Store};
use klytics::sync::{Chosen, Handle, Membership, Options, Order, Reach, Threads, Ticket, Trigger};
use rocket::local::blocking::Client;
use rocket::{Build, Rocket};

/// A store with an account in New York, whose money is dollars, whose events are copied from the beginning, and a
/// metric of each kind that is named `m_<kind>`.
pub(crate) fn account() -> Store {
    let store = Store::in_memory().expect("a database");
    seed(
        &store,
        "insert into klaviyo_accounts (id, name, timezone, currency) values ('A', 'Tea & Co', 'America/New_York', 'USD');
         insert into metric_kinds
         select 'm_' || kind, kind, 'name'
         from unnest([
             'received_email', 'opened_email', 'clicked_email', 'bounced_email', 'marked_spam', 'unsubscribed_email',
             'received_sms', 'failed_sms', 'received_push', 'opened_push', 'placed_order', 'viewed_form', 'submitted_form'
         ]) as kinds(kind);
         insert into klaviyo_mapped_metrics (id, metric_id) values ('revenue', 'm_placed_order');
         insert into sync_windows values ('events', '1990-01-01', '2020-01-01', '2020-01-01')",
    );
    store
}

/// Runs statements, which are separated by semicolons.
pub(crate) fn seed(store: &Store, statements: &'static str) {
    store
        .write(|db| {
            for text in statements.split(';').filter(|it| !it.trim().is_empty()) {
                db.execute(Query { name: "seed", text }, params! {})?;
            }
            Ok(())
        })
        .expect("rows that fit");
    // Rows that no window brought are in no sum yet.
    store.count_again().expect("sums");
}

/// What `sql` answers: each row as one text, its columns separated by spaces and nulls left out; in order of the texts.
pub(crate) fn lines(store: &Store, sql: &str) -> Vec<String> {
    let text = format!("select concat_ws(' ', *columns(*)) as line from ({sql})");
    // A query lives as long as the process: the texts of a test are few.
    let query = Query { name: "lines", text: text.leak() };
    let mut rows: Vec<Line> = store.read(|db| db.rows(query, params! {})).expect("an answer");
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows.into_iter().map(|it| it.0).collect()
}

/// The one value that `sql` answers.
pub(crate) fn value(store: &Store, sql: &str) -> String {
    lines(store, sql).pop().expect("a row")
}

struct Line(String);

impl FromRow for Line {
    fn from_row(row: &Row<'_>) -> RowResult<Line> {
        row.get("line").map(Line)
    }
}

/// The application over `store`, without a key.
pub(crate) struct Served {
    pub(crate) client: Serving,
    _data_dir: tempfile::TempDir,
}

/// A client whose server, with the threads of its sync, comes to its end when this is dropped.
pub(crate) struct Serving(Option<Client>);

impl Deref for Serving {
    type Target = Client;

    fn deref(&self) -> &Client {
        self.0.as_ref().expect("a client until it is dropped")
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            client.terminate();
        }
    }
}

pub(crate) fn serve(store: Store) -> Served {
    let handle = keyless(&store);
    serve_with(store, handle)
}

/// The lines of a stream of events, without those that only keep the connection.
pub(crate) fn told(events: &str) -> Vec<&str> {
    events.lines().filter(|it| !it.is_empty() && !it.starts_with(':')).collect()
}

/// A sync at rest that has no key.
pub(crate) fn keyless(store: &Store) -> Handle {
    let options = Options { parallel: 1, ..Options::default() };
    Handle::new(store.clone(), None, options, Utc::now).expect("a sync at rest")
}

/// The application over a store and its sync, whose threads start with it.
pub(crate) fn serve_with(store: Store, handle: Handle) -> Served {
    serve_by(store, handle, config::Api::default())
}

/// The same, by settings of the API's own.
pub(crate) fn serve_by(store: Store, handle: Handle, api: config::Api) -> Served {
    let (server, data_dir) = server(store, handle, api);
    let client = Client::untracked(server).expect("a client");
    Served { client: Serving(Some(client)), _data_dir: data_dir }
}

/// The application, for a client of another kind; its directory has to live as long.
pub(crate) fn server(store: Store, handle: Handle, api: config::Api) -> (Rocket<Build>, tempfile::TempDir) {
    let data_dir = tempfile::tempdir().expect("a directory");
    let parts = Parts {
        store,
        handle,
        scheduled: false,
        hosts: Vec::new(),
        api,
        cache: config::Cache::default(),
        data_dir: data_dir.path().to_owned(),
    };
    let figment = rocket::Config::figment().merge(("log_level", "off"));
    (app::build(figment, parts, |_| ()).expect("a server"), data_dir)
}

/// When the shops of the tests have come to: noon in New York on a Saturday, two weeks after its clocks went back.
pub(crate) fn noon() -> DateTime<Utc> {
    "2026-11-21T17:00:00Z".parse().expect("a time")
}

/// How long Klaviyo is given to take in what happened; see `SETTLING` of the sync.
const SETTLING: TimeDelta = TimeDelta::seconds(10);

/// How long a run may take here before a test gives up.
const PATIENCE: Duration = Duration::from_mins(1);

/// A shop that is copied in about a second, on a clock that stands still.
pub(crate) fn shop() -> Plan {
    let shop = ShopPlan { events: 3_000, profiles: 300, ..ShopPlan::until(noon()) };
    Plan { shop, clock: demo::Clock::at(noon()), ..Plan::default() }
}

/// A fake's account, and the copy of it that Klytics keeps. Both go by one clock, and no wait takes time.
pub(crate) struct Mirror {
    pub(crate) fake: Fake,
    pub(crate) store: Store,
    pub(crate) handle: Handle,
    clock: demo::Clock,
    ticks: Ticks,
    threads: Option<Threads>,
}

impl Mirror {
    /// Nothing is copied yet.
    pub(crate) fn of(plan: Plan) -> Mirror {
        Mirror::with(plan, &Reading::default())
    }

    pub(crate) fn with(plan: Plan, reading: &Reading) -> Mirror {
        let clock = plan.clock.clone();
        let fake = Fake::start(plan).expect("a fake");
        let store = Store::in_memory().expect("a database");
        let ticks = Ticks::default();
        let (handle, threads) = start(&fake, &store, &clock, reading, &ticks);
        Mirror { fake, store, handle, clock, ticks, threads: Some(threads) }
    }

    /// The usual shop, copied once.
    pub(crate) fn copied() -> Mirror {
        let mirror = Mirror::of(shop());
        ended_well(&mirror.run(everything()));
        mirror
    }

    /// What the machine would do at a restart: the threads end, and others begin over the same store.
    pub(crate) fn restart(&mut self, reading: &Reading) {
        self.stop();
        let (handle, threads) = start(&self.fake, &self.store, &self.clock, reading, &self.ticks);
        (self.handle, self.threads) = (handle, Some(threads));
    }

    /// A restart into a process that keeps its schedule.
    pub(crate) fn keep_schedule(&mut self, reading: &Reading) {
        self.stop();
        self.handle = ticking(&self.fake, &self.store, &self.clock, reading, &self.ticks);
        self.threads = Some(self.handle.spawn(true));
    }

    pub(crate) fn stop(&mut self) {
        if let Some(threads) = self.threads.take() {
            threads.stop(PATIENCE);
        }
    }

    pub(crate) fn order(&self, order: Order) -> Ticket {
        self.handle.start(order).expect("a run")
    }

    pub(crate) fn ended(&self, ticket: &Ticket) -> Run {
        self.handle.ended(ticket.run, PATIENCE).expect("a run that ends")
    }

    /// Does a run to its end.
    pub(crate) fn run(&self, order: Order) -> Run {
        self.ended(&self.order(order))
    }

    /// An incremental run of everything, which has to end well.
    pub(crate) fn sync(&self) -> Run {
        let run = self.run(everything());
        ended_well(&run);
        run
    }

    pub(crate) fn clock(&self) -> demo::Clock {
        self.clock.clone()
    }

    pub(crate) fn pass_time(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    /// Lets time pass, and tells what a copy that is begun then has to hold: what is younger than a few seconds is left
    /// for the next run.
    pub(crate) fn truth_after(&self, by: TimeDelta) -> Truth {
        let second = TimeDelta::seconds(1);
        self.clock.advance(by - SETTLING - second);
        let truth = self.fake.truth();
        self.clock.advance(SETTLING + second);
        truth
    }

    pub(crate) fn status(&self, entity: &str) -> EntityStatus {
        let statuses = self.store.read(|db| db.statuses()).expect("statuses");
        statuses.into_iter().find(|it| it.name == entity).expect("an entity")
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Everything is read, the members of all lists and segments, too.
pub(crate) fn options() -> Options {
    let membership = Membership { lists: Chosen::All, segments: Chosen::All, relist_days: 7 };
    Options {
        windows: 3,
        parallel: 3,
        membership,
        reports: Reach { history_days: 40, restate_days: 30 },
        ..Options::default()
    }
}

/// How the sync of a test reads.
pub(crate) struct Reading {
    pub(crate) options: Options,
    pub(crate) base_url: Option<String>,
    /// How long an answer may take.
    pub(crate) timeout: Duration,
    /// How often a request that failed in passing is tried again.
    pub(crate) retries: u32,
    /// Whether waits take their time.
    pub(crate) waits: bool,
}

impl Default for Reading {
    fn default() -> Reading {
        Reading { options: options(), base_url: None, timeout: Duration::from_secs(20), retries: 3, waits: false }
    }
}

fn start(fake: &Fake, store: &Store, clock: &demo::Clock, reading: &Reading, ticks: &Ticks) -> (Handle, Threads) {
    let handle = ticking(fake, store, clock, reading, ticks);
    let threads = handle.spawn(false);
    (handle, threads)
}

/// No two moments of an account are the same, so that a row shows whether it was written again. Each account ticks by
/// itself: all tests together would move a clock that stands still by seconds.
type Ticks = Arc<AtomicI64>;

/// A sync that somebody else starts the threads of.
pub(crate) fn at_rest(fake: &Fake, store: &Store, clock: &demo::Clock, reading: &Reading) -> Handle {
    ticking(fake, store, clock, reading, &Ticks::default())
}

fn ticking(fake: &Fake, store: &Store, clock: &demo::Clock, reading: &Reading, ticks: &Ticks) -> Handle {
    let settings = Settings {
        base_url: reading.base_url.clone().unwrap_or_else(|| fake.url()),
        api_key: Secret::new(fake.key()),
        budget_share: 1.0,
        connect_timeout: Duration::from_secs(5),
        read_timeout: reading.timeout,
        retries: reading.retries,
    };
    let client = if reading.waits {
        Klaviyo::new(settings)
    } else {
        Klaviyo::with_clock(settings, Box::new(Skipping { start: Instant::now(), skipped: Mutex::default() }))
    };
    let (clock, ticks) = (clock.clone(), Arc::clone(ticks));
    let tick = move || clock.now() + TimeDelta::microseconds(ticks.fetch_add(1, Ordering::Relaxed));
    Handle::new(store.clone(), Some(client.expect("a client")), reading.options.clone(), tick).expect("a sync at rest")
}

/// A clock on which every wait is over at once, and yet was waited for.
struct Skipping {
    start: Instant,
    skipped: Mutex<Duration>,
}

impl klaviyo::Clock for Skipping {
    fn now(&self) -> Instant {
        self.start + *self.skipped.lock().expect("a time")
    }

    fn wait(&self, time: Duration, stop: &Stop) -> bool {
        *self.skipped.lock().expect("a time") += time;
        stop.is_set()
    }

    fn chance(&self) -> f64 {
        0.5
    }
}

/// What changed, of everything.
pub(crate) fn everything() -> Order {
    Order { entities: Vec::new(), forced: false, since: None, trigger: Trigger::Api }
}

pub(crate) fn forced() -> Order {
    Order { forced: true, ..everything() }
}

pub(crate) fn only(names: &[&str]) -> Order {
    Order { entities: names.iter().map(|it| entity(it)).collect(), ..everything() }
}

pub(crate) fn entity(name: &str) -> &'static Entity {
    find(name).unwrap_or_else(|| panic!("there is no entity {name}"))
}

pub(crate) fn part<'a>(run: &'a Run, entity: &str) -> &'a RunEntity {
    run.entities.iter().find(|it| it.name == entity).expect("an entity of the run")
}

#[track_caller]
pub(crate) fn ended_well(run: &Run) {
    let errors: Vec<_> = run.entities.iter().filter_map(|it| Some((&it.name, it.error.as_ref()?))).collect();
    assert_eq!((run.status.name(), errors), ("completed", vec![]));
}

/// Rows that a run added, changed and deleted, of all entities.
pub(crate) fn changes(run: &Run) -> (i64, i64, i64) {
    let sum = |of: fn(&RunEntity) -> i64| run.entities.iter().map(of).sum();
    (sum(|it| it.rows_new), sum(|it| it.rows_changed), sum(|it| it.rows_deleted))
}

/// Every row of every entity with all that it holds, by entity and id; `with_times` includes when each last changed.
pub(crate) fn rows(store: &Store, with_times: bool) -> BTreeMap<&'static str, Vec<String>> {
    let of = |entity: &Entity| {
        let texts = texts(store, entity, with_times);
        lines(store, &format!("select {} from {}", texts.join(", "), entity.table()))
    };
    ENTITIES.iter().map(|it| (it.name, of(it))).collect()
}

/// The number of rows of every entity and a digest of all that they hold but times: the rows of many in one line.
pub(crate) fn digests(store: &Store) -> Vec<String> {
    let of = |entity: &Entity| {
        let row = format!("concat_ws(chr(31), {})", texts(store, entity, false).join(", "));
        let digest = format!("select count(*), bit_xor(md5_number_lower({row})) from {}", entity.table());
        format!("{}: {}", entity.name, value(store, &digest))
    };
    ENTITIES.iter().map(|it| of(it)).collect()
}

/// Every column of an entity's table as a text that is never null.
fn texts(store: &Store, entity: &Entity, with_times: bool) -> Vec<String> {
    let columns = lines(
        store,
        &format!(
            "select '\"' || column_name || '\"' || case data_type when 'VARIANT' then '::json' else '' end
             from duckdb_columns() where table_name = '{}'",
            entity.table()
        ),
    );
    let times = ["\"synced_at\"", "\"deleted_at\""];
    let kept = columns.iter().filter(|it| with_times || !times.contains(&it.as_str()));
    let text = |it: &String| match it.as_str() {
        // What was sent names the port of its fake.
        "\"raw\"" => r"coalesce(regexp_replace(raw, '127\.0\.0\.1:\d+', '', 'g'), '-')".to_owned(),
        it => format!("coalesce({it}::varchar, '-')"),
    };
    kept.map(text).collect()
}

/// Compares the rows of two copies, entity by entity, so that a failure names one row and not thousands.
#[track_caller]
pub(crate) fn same_rows(got: &BTreeMap<&'static str, Vec<String>>, want: &BTreeMap<&'static str, Vec<String>>) {
    for (entity, want) in want {
        let got = &got[entity];
        let short = |it: &String| it.chars().take(500).collect::<String>();
        let other = |a: &[String], b: &[String]| a.iter().find(|it| b.binary_search(it).is_err()).map(short);
        assert_eq!(
            (other(got, want), other(want, got)),
            (None, None),
            "{entity}: the first row of each that the other lacks"
        );
        assert_eq!(got.len(), want.len(), "{entity}");
    }
}

/// Compares the sums that are kept up with the events with what their definitions say of the events.
#[track_caller]
pub(crate) fn sums_agree(store: &Store) {
    let day = |text: &str| text.parse::<chrono::NaiveDate>().expect("a day");
    for (since, until) in [("1990-01-01", "2100-01-01"), ("2026-11-01", "2026-11-15"), ("2026-11-20", "2026-11-22")] {
        let disagreements = store.read(|db| db.disagreements(day(since), day(until))).expect("a comparison");
        assert_eq!(disagreements, [], "sums that are not what they are defined as, from {since} to before {until}");
    }
}

/// Compares the copy with what the shop knows of itself: rows, events a metric and local day, revenue to the cent; and
/// its sums with their definitions.
#[track_caller]
pub(crate) fn holds_the_truth(mirror: &Mirror, truth: &Truth) {
    let store = &mirror.store;
    for (name, count) in &truth.records {
        let kept = store.read(|db| db.count(entity(name))).expect("a count");
        // What is dated ahead of its time is in no window yet.
        let ahead = if *name == "events" { truth.events_ahead } else { 0 };
        assert_eq!(kept.unsigned_abs(), count - ahead, "{name}");
    }
    let today = mirror.clock.now().with_timezone(&New_York).date_naive();
    let mut events: Vec<String> = truth
        .events
        .iter()
        .filter(|((_, day), _)| *day <= today)
        .map(|((metric, day), count)| format!("{metric} {day} {count}"))
        .collect();
    events.sort();
    let kept = "select coalesce(metric_id, ''), local_datetime::date, count(*) from klaviyo_events group by all";
    assert_eq!(lines(store, kept), events, "events a metric and local day");
    let orders = "from conversions where metric_id = (select metric_id from conversion_metric)";
    let cents = "cast(sum(amount) * 100 as bigint)";
    let mut revenue: Vec<String> = truth.revenue_cents.iter().map(|(day, cents)| format!("{day} {cents}")).collect();
    revenue.sort();
    let kept = format!("select converted_on, {cents} {orders} and not is_foreign group by all");
    assert_eq!(lines(store, &kept), revenue, "cents a local day");
    let kept = format!("select {cents} {orders} and credited_to is not null");
    assert_eq!(value(store, &kept), truth.attributed_cents.to_string(), "attributed cents");
    let kept = format!("select count(*) {orders} and is_foreign");
    assert_eq!(value(store, &kept), truth.foreign_orders.to_string(), "foreign orders");
    sums_agree(store);
}

/// Lets a moment pass.
pub(crate) fn pause(time: Duration) {
    let (_sender, never) = mpsc::channel::<()>();
    let _ = never.recv_timeout(time);
}
