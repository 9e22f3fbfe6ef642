//! How fast pages answer over an account of a million events, or ten with `--large`, and what keeping its sums costs:
//! figures, not assertions.
//!
//! `cargo bench --bench pages` runs it. Every figure is of this run on this machine.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use klytics::catalog::EVENTS;
use klytics::pages::overview::Overview;
use klytics::params;
use klytics::range::Ask;
use klytics::store::{Cell, FromRow, Options, Query, Record, Row, RowResult, Store, Window};

/// The account: its zone is UTC, its shop sells on three of a hundred deliveries.
const ACCOUNT: &[&str] = &[
    "insert into klaviyo_accounts (id, name, timezone, currency) values ('A', 'Bench', 'UTC', 'USD')",
    "insert into metric_kinds select 'm_' || kind, kind, 'name' from unnest(
         ['received_email', 'opened_email', 'clicked_email', 'placed_order', 'viewed_form', 'submitted_form']) as kinds(kind)",
    "insert into klaviyo_mapped_metrics (id, metric_id) values ('revenue', 'm_placed_order')",
    "insert into klaviyo_campaigns (id, name, status) select 'C' || i, 'Campaign ' || i, 'Sent' from range(300) as t(i)",
    "insert into klaviyo_campaign_messages (id, campaign_id, channel) select 'CM' || i, 'C' || i, 'email' from range(300) as t(i)",
    "insert into klaviyo_flows (id, name, status) select 'F' || i, 'Flow ' || i, 'live' from range(100) as t(i)",
];

/// $deliveries deliveries over three years up to $end, newest first, and about as many answers, orders and form views.
const FILL: &str = "
insert into klaviyo_events (
    id, metric_id, profile_id, timestamp, local_datetime, value, value_text, message_id, flow_id, form_id,
    is_machine_open, attributed_event_id, attributed_campaign_id, attributed_flow_id, attributed_campaign_message_id,
    attributed_flow_message_id, properties
)
with sent as (
    select
        i,
        md5(cast(hash(i) % ($deliveries // 6 + 1) as varchar)) as profile_id,
        $end - to_seconds(cast(i * (94608000.0 / $deliveries) as bigint)) as sent_at,
        hash(i * 7) % 3 = 0 as is_flow,
        case when hash(i * 7) % 3 = 0 then hash(i * 5) % 100 else i * 300 // $deliveries end as n
    from range($deliveries) as t(i)
),
parts as (
    select *, unnest([0, 1, 2, 3, 4]) as part from sent
),
happened as (
    select
        *,
        part || '-' || i as key,
        case when part = 0 then sent_at else least($end, sent_at + to_seconds(cast(hash(i * 3 + part) % 259200 as bigint))) end as at_time
    from parts
    where part = 0 or hash(i * 11 + part) % 100 < [55, 5, 3, 37][part]
)
select
    md5(key),
    ['m_received_email', 'm_opened_email', 'm_clicked_email', 'm_placed_order', 'm_viewed_form'][part + 1],
    profile_id,
    at_time,
    at_time,
    case when part = 3 then 10 + hash(i) % 9000 / 100.0 end,
    case when part = 3 then '10' end,
    case when part < 3 then case when is_flow then 'FM' || n else 'CM' || n end end,
    case when part < 3 and is_flow then 'F' || n end,
    case when part = 4 then 'form' || hash(i) % 20 end,
    part = 1 and hash(i) % 3 = 0,
    case when part = 3 then md5('1-' || i) end,
    case when part = 3 and not is_flow then 'C' || n end,
    case when part = 3 and is_flow then 'F' || n end,
    case when part = 3 and not is_flow then 'CM' || n end,
    case when part = 3 and is_flow then 'FM' || n end,
    '{}'
from happened
order by at_time desc";

/// How often each page is asked.
const TIMES: usize = 20;

fn main() {
    let events: i64 = if std::env::args().any(|it| it == "--large") { 10_000_000 } else { 1_000_000 };
    let directory = tempfile::tempdir().expect("a directory");
    let store = Store::open(directory.path(), &Options { memory_limit: 256 << 20, threads: 2 }).expect("a store");
    let end = DateTime::from_timestamp(Utc::now().timestamp(), 0).expect("a time");
    fill(&store, events / 2, end);
    let ask = |query: &[(&'static str, &'static str)]| Ask::parse(query.iter().copied()).expect("an ask");
    for range in ["last-30-days", "last-365-days"] {
        let ask = ask(&[("range", range)]);
        let period = ask.period(end.date_naive(), None).expect("a period");
        figure(&format!("overview, {range}"), || {
            store.read(|db| Overview::load(db, &ask, &period)).expect("an overview");
        });
        let (start, before) = (period.range.start(), period.range.before());
        let metric = "m_placed_order";
        for query in klytics::api::QUERIES.iter().copied().flatten() {
            let name = query.name;
            if name == "forms" {
                let values = params! { "start": start, "before": before, "metric": metric };
                figure(&format!("{name}, {range}"), || rows(&store, *query, values));
            } else if ["campaigns", "campaigns_by_event", "flows", "flows_by_event"].contains(&name) {
                let values = params! { "start": start, "before": before, "metric": metric, "machine": false };
                figure(&format!("{name}, {range}"), || rows(&store, *query, values));
            }
        }
    }
    for number in 0..3 {
        let start = Instant::now();
        window(&store, end, number);
        println!("  {:>9.0} ms to replace a window by one with 1,000 events more", millis(start.elapsed()));
    }
}

fn fill(store: &Store, deliveries: i64, end: DateTime<Utc>) {
    let execute = |text: &'static str, values: &[(&str, &dyn klytics::store::ToSql)]| {
        store.write(|db| db.execute(Query { name: "fill", text }, values)).expect("rows");
    };
    for text in ACCOUNT {
        execute(text, params! {});
    }
    store.settle_zone().expect("a zone");
    execute(FILL, params! { "deliveries": deliveries, "end": end.naive_utc() });
    store.checkpoint().expect("a checkpoint");
    let (bare, start) = (store.size().unwrap_or_default(), Instant::now());
    store.count_again().expect("sums");
    println!("  {:>9.1} s to make all sums anew", start.elapsed().as_secs_f64());
    store.checkpoint().expect("a checkpoint");
    let count: i64 = store
        .read(|db| db.value(Query { name: "count", text: "select count(*) from klaviyo_events" }, params! {}))
        .expect("a count");
    let more = store.size().unwrap_or_default().saturating_sub(bare);
    println!("  {:>9.1} bytes an event for the sums of {count} events", more as f64 / count as f64);
}

/// The last hour again, with a thousand opens more.
fn window(store: &Store, end: DateTime<Utc>, number: i64) {
    let records: Vec<Record> = (0..1_000).map(|it| open(end, number, it)).collect();
    let mut staged = store.stage(&EVENTS).expect("a stage");
    staged.add(&records).expect("staged");
    let start = end + TimeDelta::hours(number);
    store.replace_window(&staged, Window { start, end: start + TimeDelta::hours(1) }, Utc::now()).expect("a window");
}

fn open(end: DateTime<Utc>, number: i64, it: i64) -> Record {
    let at = Cell::Time((end + TimeDelta::hours(number) + TimeDelta::seconds(it)).naive_utc());
    let text = |it: String| Cell::Text(it);
    let cells = EVENTS.columns.iter().map(|column| match column.name {
        "metric_id" => text("m_opened_email".to_owned()),
        "profile_id" => text(format!("{number}.{it}")),
        "message_id" => text("CM1".to_owned()),
        "timestamp" | "local_datetime" => at.clone(),
        _ => Cell::Null,
    });
    Record { id: format!("open {number}.{it}"), cells: cells.collect(), rest: Some("{}".to_owned()), raw: None }
}

fn rows(store: &Store, query: Query, values: &[(&str, &dyn klytics::store::ToSql)]) {
    store.read(|db| db.rows::<Nothing>(query, values)).expect("rows");
}

struct Nothing;

impl FromRow for Nothing {
    fn from_row(_: &Row<'_>) -> RowResult<Nothing> {
        Ok(Nothing)
    }
}

fn figure(what: &str, ask: impl Fn()) {
    let mut times: Vec<Duration> = (0..TIMES)
        .map(|_| {
            let start = Instant::now();
            ask();
            start.elapsed()
        })
        .collect();
    times.sort();
    println!("  {:>9.1} ms, p95 {:>7.1} ms: {what}", millis(times[TIMES / 2]), millis(times[TIMES * 19 / 20]));
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
