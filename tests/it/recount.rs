//! Every measure of messages, counted again from raw events: the rules are those of the product's dictionary, written down a
//! second time in plain Rust, and no view of ours has a part in it.
//!
//! A measure of another page is added as a function of [`Account`] and a comparison with that page's JSON twin.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Days, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::America::New_York;
use klytics::demo::{Plan, ShopPlan};
use klytics::pages::PAGES;
use klytics::pages::messages::{SENDERS, SENDERS_BY_EVENT};
use klytics::params;
use klytics::store::{FromRow, Query, Row, RowResult, Store};
use rocket::http::Status;
use serde_json::Value;

use crate::support::{Mirror, Served, ended_well, everything, lines, noon, serve, shop};

/// When, on which local day and through which channel somebody received a message.
type Received = (NaiveDateTime, NaiveDate, &'static str);

/// What an event is to a message, and through which channel: names as Klaviyo has them.
const KINDS: &[(&str, What, &str)] = &[
    ("Received Email", What::Delivered, "email"),
    ("Bounced Email", What::Bounced, "email"),
    ("Opened Email", What::Open, "email"),
    ("Clicked Email", What::Click, "email"),
    ("Marked Email as Spam", What::Complaint, "email"),
    ("Unsubscribed from Email Marketing", What::Unsubscribe, "email"),
    ("Received Text Message", What::Delivered, "sms"),
    ("Failed to Deliver Text Message", What::Failed, "sms"),
    ("Clicked Text Message", What::Click, "sms"),
    ("Unsubscribed from Text Messaging Marketing", What::Unsubscribe, "sms"),
    ("Received Push", What::Delivered, "push"),
    ("Bounced Push", What::Bounced, "push"),
    ("Opened Push", What::Open, "push"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Delivered,
    Bounced,
    Failed,
    Open,
    Click,
    Complaint,
    Unsubscribe,
}

const RAW: Query = Query {
    name: "raw",
    text: "select
               coalesce(metric_id, '') as metric_id, coalesce(profile_id, '') as profile_id, timestamp,
               cast(local_datetime as date) as day, cast(value * 10000 as bigint) as value, upper(currency) as currency, message_id,
               flow_id, is_machine_open, is_bot_click, attributed_campaign_id, attributed_campaign_message_id,
               attributed_flow_id, attributed_flow_message_id
           from klaviyo_events",
};

/// An event as it is stored.
struct Event {
    metric: String,
    profile: String,
    at: NaiveDateTime,
    day: NaiveDate,
    /// Ten-thousandths.
    value: Option<i64>,
    currency: Option<String>,
    message: Option<String>,
    flow: Option<String>,
    is_machine_open: bool,
    is_bot_click: bool,
    campaign: Option<String>,
    campaign_message: Option<String>,
    attributed_flow: Option<String>,
    flow_message: Option<String>,
}

impl FromRow for Event {
    fn from_row(row: &Row<'_>) -> RowResult<Event> {
        let flag = |name: &str| row.get::<Option<bool>>(name).map(|it| it.unwrap_or(false));
        Ok(Event {
            metric: row.get("metric_id")?,
            profile: row.get("profile_id")?,
            at: row.get("timestamp")?,
            day: row.get("day")?,
            value: row.get("value")?,
            currency: row.get("currency")?,
            message: row.get("message_id")?,
            flow: row.get("flow_id")?,
            is_machine_open: flag("is_machine_open")?,
            is_bot_click: flag("is_bot_click")?,
            campaign: row.get("attributed_campaign_id")?,
            campaign_message: row.get("attributed_campaign_message_id")?,
            attributed_flow: row.get("attributed_flow_id")?,
            flow_message: row.get("attributed_flow_message_id")?,
        })
    }
}

/// Who sent something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Sender {
    Campaign(String),
    Flow(String),
}

/// How a page is asked to count.
#[derive(Debug, Clone, Copy)]
struct Way {
    first: NaiveDate,
    last: NaiveDate,
    by_event: bool,
    with_machines: bool,
}

/// What is counted of a sender.
#[derive(Debug, Default, Clone, PartialEq)]
struct Counts {
    channels: BTreeSet<String>,
    delivered: i64,
    openable: i64,
    bounced: i64,
    failed: i64,
    opened: i64,
    clicked: i64,
    complained: i64,
    unsubscribed: i64,
    converted: i64,
    conversions: i64,
    /// Ten-thousandths.
    revenue: i64,
    machine_opens: i64,
    bot_clicks: i64,
}

/// The account as it lies in its tables.
struct Account {
    events: Vec<Event>,
    currency: String,
    kinds: HashMap<String, (What, &'static str)>,
    /// By its name.
    metrics: HashMap<String, String>,
    /// Campaign and channel of a message.
    campaign_messages: HashMap<String, (String, String)>,
    campaigns: BTreeSet<String>,
    /// Campaigns of one message, which older events name in its place.
    aliases: HashMap<String, String>,
    /// Flow and channel of a message.
    flow_messages: HashMap<String, (String, String)>,
}

/// What a person did with a message, or bought after it.
struct Answer<'a> {
    event: &'a Event,
    /// None of a conversion.
    what: Option<What>,
    by_machine: bool,
    value: i64,
}

/// A delivery: the person, the message, and when; without the last where none is known before an answer.
type Delivery<'a> = (&'a str, String, Option<NaiveDateTime>);

impl Account {
    fn of(store: &Store) -> Account {
        let pairs = |sql: &str| -> Vec<Vec<String>> {
            lines(store, &format!("select concat_ws(chr(9), *columns(*)) from ({sql})"))
                .iter()
                .map(|it| it.split('\t').map(ToOwned::to_owned).collect())
                .collect()
        };
        let metrics: HashMap<String, String> = pairs("select name, id from klaviyo_metrics")
            .into_iter()
            .map(|it| (it[0].clone(), it[1].clone()))
            .collect();
        let channel = |it: &str| if it == "mobile_push" || it == "push-notification" { "push" } else { it }.to_owned();
        let messages = |sql| -> HashMap<String, (String, String)> {
            pairs(sql).into_iter().map(|it| (it[0].clone(), (it[1].clone(), channel(&it[2].to_lowercase())))).collect()
        };
        let campaign_messages =
            messages("select id, campaign_id, coalesce(channel, '') from klaviyo_campaign_messages");
        let mut of_campaign: HashMap<String, Vec<String>> = HashMap::new();
        for (message, (campaign, _)) in &campaign_messages {
            of_campaign.entry(campaign.clone()).or_default().push(message.clone());
        }
        let only = |(campaign, mut messages): (String, Vec<String>)| {
            (messages.len() == 1).then(|| (campaign, messages.remove(0)))
        };
        Account {
            aliases: of_campaign.into_iter().filter_map(only).collect(),
            events: store.read(|db| db.rows(RAW, params! {})).expect("events"),
            currency: lines(store, "select upper(currency) from klaviyo_accounts").remove(0),
            kinds: KINDS
                .iter()
                .filter_map(|(name, what, via)| Some((metrics.get(*name)?.clone(), (*what, *via))))
                .collect(),
            metrics,
            campaign_messages,
            campaigns: lines(store, "select id from klaviyo_campaigns").into_iter().collect(),
            flow_messages: messages(
                "select messages.id, flow_id, coalesce(channel, '') from klaviyo_flow_messages as messages
                 join klaviyo_flow_actions as actions on actions.id = flow_action_id",
            ),
        }
    }

    /// The message that an event names: older ones name the campaign, which stands for its only message.
    fn message(&self, named: &str) -> String {
        self.aliases.get(named).map_or(named, |it| it.as_str()).to_owned()
    }

    /// Whose message it is; `flow` is what its events say, where the message is not copied.
    fn sender(&self, message: &str, flow: Option<&String>) -> Option<Sender> {
        if let Some((campaign, _)) = self.campaign_messages.get(message) {
            return Some(Sender::Campaign(campaign.clone()));
        }
        if self.campaigns.contains(message) {
            return Some(Sender::Campaign(message.to_owned()));
        }
        self.flow_messages.get(message).map(|it| &it.0).or(flow).cloned().map(Sender::Flow)
    }

    fn channel(&self, message: &str, sent_through: &str) -> String {
        let of = self.campaign_messages.get(message).or_else(|| self.flow_messages.get(message)).map(|it| it.1.clone());
        of.filter(|it| !it.is_empty()).unwrap_or_else(|| sent_through.to_owned())
    }

    /// Everything that answers a message: opens, clicks, complaints, unsubscribes, and conversions of `metric` that Klaviyo
    /// attributes to it.
    fn answers(&self, metric: &str) -> Vec<(String, Answer<'_>)> {
        let mut answers = Vec::new();
        for event in &self.events {
            if let Some((what, _)) = self.kinds.get(&event.metric) {
                let by_machine = match what {
                    What::Open => event.is_machine_open,
                    What::Click => event.is_bot_click,
                    What::Complaint | What::Unsubscribe => false,
                    What::Delivered | What::Bounced | What::Failed => continue,
                };
                if let Some(message) = &event.message {
                    answers.push((self.message(message), Answer { event, what: Some(*what), by_machine, value: 0 }));
                }
            }
            if event.metric == metric {
                let named = event.flow_message.clone();
                let of_campaign = event.campaign_message.as_ref().or(event.campaign.as_ref());
                let is_credited = event.attributed_flow.is_some() || named.is_some() || of_campaign.is_some();
                let message = named.or_else(|| of_campaign.map(|it| self.message(it)));
                let is_foreign = event.currency.as_ref().is_some_and(|it| *it != self.currency);
                let value = if is_foreign { 0 } else { event.value.unwrap_or_default() };
                if let Some(message) = message.filter(|_| is_credited) {
                    answers.push((message, Answer { event, what: None, by_machine: false, value }));
                }
            }
        }
        answers
    }

    /// What every sender reached and earned.
    fn counts(&self, metric: &str, way: Way) -> BTreeMap<Sender, Counts> {
        let within = |day: NaiveDate| way.first <= day && day <= way.last;
        let mut all: BTreeMap<Sender, Counts> = BTreeMap::new();
        // When each person got each message, with the day and the channel.
        let mut got: HashMap<(&str, String), Vec<Received>> = HashMap::new();
        // Flows as the sends of a message name them.
        let mut flows: HashMap<String, String> = HashMap::new();
        for event in &self.events {
            let (Some((what, channel)), Some(named)) = (self.kinds.get(&event.metric), &event.message) else {
                continue;
            };
            if !matches!(what, What::Delivered | What::Bounced | What::Failed) {
                continue;
            }
            let message = self.message(named);
            if let Some(flow) = &event.flow {
                flows.insert(message.clone(), flow.clone());
            }
            if *what == What::Delivered {
                got.entry((&event.profile, message.clone())).or_default().push((event.at, event.day, channel));
            }
            let Some(sender) = self.sender(&message, event.flow.as_ref()).filter(|_| within(event.day)) else {
                continue;
            };
            let counts = all.entry(sender).or_default();
            counts.channels.insert(self.channel(&message, channel));
            match what {
                What::Delivered => {
                    counts.delivered += 1;
                    // Of texts opens are not told.
                    counts.openable += i64::from(*channel != "sms");
                }
                What::Bounced => counts.bounced += 1,
                _ => counts.failed += 1,
            }
        }
        // The first day on which each delivery was answered in each way.
        let mut firsts: HashMap<(Delivery<'_>, &'static str), (NaiveDate, Option<NaiveDate>)> = HashMap::new();
        for (message, answer) in self.answers(metric) {
            let event = answer.event;
            let before = got.get(&(event.profile.as_str(), message.clone()));
            let delivery = before.and_then(|it| it.iter().filter(|it| it.0 <= event.at).max());
            // By the send day an answer needs a delivery; by the event day it counts all the same.
            let day = if way.by_event { Some(event.day) } else { delivery.map(|it| it.1) };
            if way.by_event && event.day > way.last {
                continue;
            }
            let sender =
                self.sender(&message, flows.get(&message).or(event.attributed_flow.as_ref()).or(event.flow.as_ref()));
            let Some((sender, day)) = sender.zip(day) else { continue };
            if within(day) {
                let counts = all.entry(sender).or_default();
                match answer.what {
                    Some(What::Open) if answer.by_machine => counts.machine_opens += 1,
                    Some(What::Click) if answer.by_machine => counts.bot_clicks += 1,
                    None => {
                        counts.conversions += 1;
                        counts.revenue += answer.value;
                    }
                    _ => {}
                }
            }
            if answer.by_machine && !way.with_machines {
                continue;
            }
            let name = match answer.what {
                Some(What::Open) => "opened",
                Some(What::Click) => "clicked",
                Some(What::Complaint) => "complained",
                Some(_) => "unsubscribed",
                None => "converted",
            };
            // Two deliveries of one second are one.
            let key = ((event.profile.as_str(), message, delivery.map(|it| it.0)), name);
            let first = firsts.entry(key).or_insert((event.day, delivery.map(|it| it.1)));
            first.0 = first.0.min(event.day);
        }
        for (((_, message, _), name), (answered_on, sent_on)) in firsts {
            let day = if way.by_event { Some(answered_on) } else { sent_on };
            let sender = self.sender(&message, flows.get(&message));
            let Some((sender, _)) = sender.zip(day.filter(|it| within(*it))) else { continue };
            let is_text = self.channel(&message, "") == "sms";
            let counts = all.entry(sender).or_default();
            match name {
                "opened" => counts.opened += i64::from(!is_text),
                "clicked" => counts.clicked += 1,
                "complained" => counts.complained += 1,
                "unsubscribed" => counts.unsubscribed += 1,
                _ => counts.converted += 1,
            }
        }
        all
    }
}

impl Counts {
    /// Every measure by its name on pages; of nothing there is no share.
    fn measures(&self) -> BTreeMap<&'static str, Option<f64>> {
        let share = |part: i64, whole: i64| (whole != 0).then(|| part as f64 / whole as f64);
        let recipients = self.delivered + self.bounced + self.failed;
        let revenue = self.revenue as f64 / 10_000.0;
        let amount = |whole: i64| (whole != 0).then(|| revenue / whole as f64);
        BTreeMap::from([
            ("recipients", Some(recipients as f64)),
            ("delivered", Some(self.delivered as f64)),
            ("deliveryRate", share(self.delivered, recipients)),
            ("openable", Some(self.openable as f64)),
            ("opened", Some(self.opened as f64)),
            ("openRate", share(self.opened, self.openable)),
            ("clicked", Some(self.clicked as f64)),
            ("clickRate", share(self.clicked, self.delivered)),
            ("clickToOpenRate", share(self.clicked, self.opened)),
            ("converted", Some(self.converted as f64)),
            ("conversionRate", share(self.converted, self.delivered)),
            ("conversions", Some(self.conversions as f64)),
            ("revenue", Some(revenue)),
            ("revenuePerRecipient", amount(recipients)),
            ("averageOrderValue", amount(self.conversions)),
            ("unsubscribed", Some(self.unsubscribed as f64)),
            ("unsubscribeRate", share(self.unsubscribed, self.delivered)),
            ("complained", Some(self.complained as f64)),
            ("complaintRate", share(self.complained, self.delivered)),
            ("bounced", Some(self.bounced as f64)),
            ("bounceRate", share(self.bounced, recipients)),
            ("failed", Some(self.failed as f64)),
            ("machineOpens", Some(self.machine_opens as f64)),
            ("botClicks", Some(self.bot_clicks as f64)),
        ])
    }
}

/// What a person would call nothing: a sender without any number is on no page.
fn is_silent(counts: &Counts) -> bool {
    Counts { channels: BTreeSet::new(), ..counts.clone() } == Counts::default()
}

/// A shop large enough that every measure is of something.
fn copied() -> Mirror {
    let plan = shop();
    let mirror =
        Mirror::of(Plan { shop: ShopPlan { events: 25_000, profiles: 500, ..ShopPlan::until(noon()) }, ..plan });
    ended_well(&mirror.run(everything()));
    mirror
}

/// What the page at `path` says of every sender.
fn rows_of(served: &Served, path: &str, query: &str) -> Vec<Value> {
    let path = format!("/api/pages{path}?{query}");
    let answer = served.client.get(path.clone()).dispatch();
    assert_eq!(answer.status(), Status::Ok, "{path}");
    let view: Value = answer.into_json().expect("JSON");
    let tables = view["blocks"].as_array().expect("blocks").iter().map(|it| &it["content"]);
    let table = tables.filter(|it| it["kind"] == "table").find(|it| it["isAsked"] == true).expect("the table");
    let rows = table["rows"].as_array().expect("rows").clone();
    assert_eq!(Some(rows.len() as u64), table["rowCount"].as_u64(), "{path}: all of them");
    rows
}

/// The same of the query that pages and API share, where there is no page.
fn rows_of_query(store: &Store, path: &str, metric: &str, way: Way) -> Vec<Value> {
    let query = if way.by_event { SENDERS_BY_EVENT } else { SENDERS };
    let (of, nothing) = (path.trim_start_matches('/'), None::<String>);
    let before = way.last + Days::new(1);
    let values = params! {
        "of": of, "start": way.first, "before": before, "metric": metric, "machine": way.with_machines, "id": nothing,
        "channel": nothing
    };
    let rows = store.read(|db| db.documents(query.name, query.text, values)).expect("rows");
    rows.into_iter().map(Value::Object).collect()
}

#[track_caller]
fn same(rows: &[Value], counted: &BTreeMap<String, &Counts>, asked: &str) {
    let shown: BTreeSet<&str> = rows.iter().filter_map(|it| it["id"].as_str()).collect();
    let silent = |it: &&str| counted.get(*it).is_none_or(|it| is_silent(it));
    let missing: Vec<&String> =
        counted.iter().filter(|it| !is_silent(it.1) && !shown.contains(it.0.as_str())).map(|it| it.0).collect();
    assert_eq!(missing, Vec::<&String>::new(), "{asked}: counted and not shown");
    let nothing = Counts::default();
    for row in rows {
        let id = row["id"].as_str().expect("an id");
        let counts = if silent(&id) { &nothing } else { counted[id] };
        for (name, expected) in counts.measures() {
            let got = row[name].as_f64();
            let is_same = match (got, expected) {
                // Amounts are decimals there and whole numbers here.
                (Some(got), Some(expected)) => (got - expected).abs() <= 1e-9 * expected.abs().max(1.0),
                (got, expected) => got == expected,
            };
            assert!(is_same, "{asked}: {name} of {id} ({}) is {got:?}, and counted {expected:?}", row["name"]);
        }
        if let Some(channel) = row["channel"].as_str().filter(|_| counts.channels.len() == 1) {
            assert_eq!(Some(channel), counts.channels.first().map(String::as_str), "{asked}: {id}");
        }
    }
}

#[test]
fn campaigns_and_flows_measure_what_the_raw_events_say() {
    let mirror = copied();
    let account = Account::of(&mirror.store);
    let served = serve(mirror.store.clone());
    let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
    let today = Utc::now().with_timezone(&New_York).date_naive();
    let ranges = [
        ("range=2025-03-10_to_2025-03-20", day("2025-03-10"), day("2025-03-20")),
        ("range=2025-01-01_to_2025-12-31", day("2025-01-01"), day("2025-12-31")),
        ("range=all", day("1990-01-01"), today),
    ];
    let mut totals = Counts::default();
    for metric in ["Placed Order", "Started Checkout"] {
        let metric = &account.metrics[metric];
        for (range, first, last) in ranges {
            for (basis, by_event) in [("sent", false), ("event", true)] {
                for (machine, with_machines) in [("exclude", false), ("include", true)] {
                    let way = Way { first, last, by_event, with_machines };
                    let counts = account.counts(metric, way);
                    let asked = format!("{range}&basis={basis}&machine={machine}&metric={metric}&limit=1000");
                    for path in ["/campaigns", "/flows"] {
                        let of = counts.iter().filter_map(|(sender, counts)| match sender {
                            Sender::Campaign(id) if path == "/campaigns" => Some((id.clone(), counts)),
                            Sender::Flow(id) if path == "/flows" => Some((id.clone(), counts)),
                            _ => None,
                        });
                        let rows = if PAGES.iter().any(|it| it.path == path) {
                            rows_of(&served, path, &asked)
                        } else {
                            rows_of_query(&mirror.store, path, metric, way)
                        };
                        same(&rows, &of.collect(), &format!("{path}?{asked}"));
                    }
                    for it in counts.values() {
                        totals.opened += it.opened;
                        totals.clicked += it.clicked;
                        totals.converted += it.converted;
                        totals.bounced += it.bounced;
                        totals.failed += it.failed;
                        totals.complained += it.complained;
                        totals.unsubscribed += it.unsubscribed;
                        totals.machine_opens += it.machine_opens;
                        totals.bot_clicks += it.bot_clicks;
                        totals.revenue += it.revenue;
                    }
                }
            }
        }
    }
    let each = [
        totals.opened,
        totals.clicked,
        totals.converted,
        totals.bounced,
        totals.failed,
        totals.complained,
        totals.unsubscribed,
        totals.machine_opens,
        totals.bot_clicks,
        totals.revenue,
    ];
    assert!(each.iter().all(|it| *it > 0), "a measure of nothing proves nothing: {totals:?}");
}
