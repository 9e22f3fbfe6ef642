//! Audience: who can be written to, who came and went, who still listens; and of single people what they did.

use std::collections::{BTreeMap, HashMap};

use chrono::{NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};
use serde_json::Value;

use super::SHOP;
use super::account::{Account, Event, Profile, fields, local};
use super::deliverability::called;
use super::facts::{count, many, money, share};
use super::paper::{Figure, Numbers, Paper, Range};

/// What a person received and did, over all days.
#[derive(Default)]
pub(super) struct Person {
    emails: i64,
    first_emailed_at: Option<NaiveDateTime>,
    received: i64,
    opens: i64,
    clicks: i64,
    orders: i64,
    revenue: i64,
    pub(super) engaged_at: Option<NaiveDateTime>,
}

/// What engages: opens and clicks of no machine, an order, a visit, a subscription.
const ENGAGING: &[&str] = &[
    "Opened Email",
    "Opened Push",
    "Clicked Email",
    "Clicked Text Message",
    "Placed Order",
    "Active on Site",
    "Subscribed to Email Marketing",
    "Subscribed to Text Messaging Marketing",
];

pub(super) fn people(account: &'static Account) -> HashMap<&'static str, Person> {
    let mut people: HashMap<&str, Person> = HashMap::new();
    let mut each = |name: &str, of: fn(&mut Person, &Event)| {
        for event in account.of_metric(name) {
            of(people.entry(&event.profile).or_default(), event);
        }
    };
    each("Received Email", |it, event| {
        it.emails += 1;
        it.first_emailed_at = Some(it.first_emailed_at.map_or(event.at, |first| first.min(event.at)));
    });
    for name in ["Received Email", "Received Text Message", "Received Push"] {
        each(name, |it, _| it.received += 1);
    }
    for name in ["Opened Email", "Opened Push"] {
        each(name, |it, event| it.opens += i64::from(!event.by_machine));
    }
    for name in ["Clicked Email", "Clicked Text Message"] {
        each(name, |it, event| it.clicks += i64::from(!event.by_machine));
    }
    each("Placed Order", |it, event| {
        it.orders += 1;
        it.revenue += event.amount();
    });
    for name in ENGAGING {
        each(name, |it, event| {
            if !event.by_machine {
                it.engaged_at = it.engaged_at.max(Some(event.at));
            }
        });
    }
    people
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

fn emailable() -> Vec<(&'static String, &'static Profile)> {
    SHOP.account.profiles.iter().filter(|it| it.1.can_receive.contains("email")).collect()
}

#[test]
fn audience_says_what_the_raw_rows_say() {
    let (served, people) = (SHOP.serve(), people(SHOP.account));
    for range in SHOP.ranges() {
        for (mailed, quiet) in [(5, 180), (10, 60)] {
            let asked = format!("range={}&mailed={mailed}&quiet={quiet}&limit=1000", range.text);
            let paper = Paper::of(&served, &format!("/audience?{asked}"));
            subscribers(&paper);
            engagement(&paper, &people);
            moves(&paper, &range);
            sunset(&paper, &people, mailed, quiet);
        }
    }
}

fn subscribers(paper: &Paper) {
    let account = SHOP.account;
    let all = many(account.profiles.values());
    let of = |channel| many(account.profiles.values().filter(|it| it.can_receive.contains(channel)));
    // What there was before the history of consent begins nobody knows.
    paper.figure("subscribers", &Figure { current: count(of("email")), ..Figure::default() });
    paper.figure("growth_rate", &Figure::default());
    let mut channels = BTreeMap::new();
    for channel in ["email", "sms", "push", "whatsapp"] {
        let name = if channel == "whatsapp" { "WhatsApp".to_owned() } else { called(channel) };
        let numbers = [("subscribers", count(of(channel))), ("subscribedShare", share(of(channel), all))];
        channels.insert(name, Numbers::from(numbers));
    }
    paper.table("audience_channels", |it| text(it, "channel"), &channels, |_| true);
    let mut shown: BTreeMap<String, i64> = BTreeMap::new();
    for row in paper.block("audience_sources")["rows"].as_array().expect("rows") {
        *shown.entry(text(row, "channel")).or_default() += row["people"].as_i64().expect("people");
    }
    let shown: BTreeMap<String, Option<f64>> = shown.into_iter().map(|it| (it.0, count(it.1))).collect();
    let expected: BTreeMap<String, Option<f64>> =
        channels.iter().map(|(name, it)| (name.clone(), it["subscribers"])).collect();
    assert_eq!(shown, expected, "{}: every subscriber came from somewhere", paper.asked);
}

fn engagement(paper: &Paper, people: &HashMap<&str, Person>) {
    let now = Utc::now().naive_utc();
    let subscribers = emailable();
    let all = many(subscribers.iter());
    let since = |days| now - TimeDelta::days(days);
    let engaged = |days| {
        many(
            subscribers.iter().filter(|it| people.get(it.0.as_str()).and_then(|it| it.engaged_at) >= Some(since(days))),
        )
    };
    let is_old = |it: &Profile| it.created_at.is_some_and(|it| it < since(180));
    let is_quiet = |it: &str| people.get(it).and_then(|it| it.engaged_at).is_none_or(|it| it < since(180));
    let dormant = many(subscribers.iter().filter(|it| is_old(it.1) && is_quiet(it.0)));
    let profiles = many(SHOP.account.profiles.values());
    let suppressed = many(SHOP.account.profiles.values().filter(|it| it.suppression.is_some()));
    for (name, part, whole) in [
        ("engaged_30_share", engaged(30), all),
        ("engaged_90_share", engaged(90), all),
        ("dormant_share", dormant, all),
        ("suppression_rate", suppressed, profiles),
    ] {
        paper.figure(name, &Figure { current: share(part, whole), ..Figure::default() });
    }
    let mut rows = BTreeMap::new();
    for (step, people) in (1_i32..).zip([engaged(30), engaged(60), engaged(90), engaged(180), dormant]) {
        let numbers = Numbers::from([
            ("step", Some(f64::from(step))),
            ("people", count(people)),
            ("shareOfSubscribers", share(people, all)),
            ("emailable", count(all)),
            ("profiles", count(profiles)),
            ("suppressed", count(suppressed)),
            ("suppressionRate", share(suppressed, profiles)),
        ]);
        rows.insert(step.to_string(), numbers);
    }
    paper.table("audience_engagement", |it| it["step"].to_string(), &rows, |_| true);
}

/// Sign-ups and losses by the day of the event, bounces for good by the day of suppression.
fn moves(paper: &Paper, range: &Range) {
    let account = SHOP.account;
    let events = |names: &[&str], day: NaiveDate| {
        let all = names.iter().flat_map(|it| account.of_metric(it)).filter(|it| it.day == day);
        (count(many(all)).unwrap_or_default(), None)
    };
    let bounced = |day: NaiveDate| {
        let of = |it: &&Profile| {
            it.suppression.as_deref() == Some("HARD_BOUNCE")
                && it.suppressed_at.is_some_and(|it| local(it).date() == day)
        };
        (count(many(account.profiles.values().filter(of))).unwrap_or_default(), None)
    };
    let joined = ["Subscribed to Email Marketing", "Subscribed to Text Messaging Marketing"];
    let left = ["Unsubscribed from Email Marketing", "Unsubscribed from Text Messaging Marketing"];
    paper.chart(
        "sign_ups",
        range,
        &[
            ("signUps", &|day| events(&joined, day)),
            ("unsubscribes", &|day| events(&left, day)),
            ("complaints", &|day| events(&["Marked Email as Spam"], day)),
            ("hardBounces", &bounced),
        ],
    );
}

fn sunset(paper: &Paper, people: &HashMap<&str, Person>, mailed: i64, quiet: i64) {
    let before = Utc::now().naive_utc() - TimeDelta::days(quiet);
    let mut expected = BTreeMap::new();
    let mut sums = (0, 0);
    for (id, _) in emailable() {
        let Some(person) = people.get(id.as_str()) else { continue };
        let is_known = person.first_emailed_at.is_some_and(|it| it <= before);
        if person.emails >= mailed && is_known && person.engaged_at.is_none_or(|it| it < before) {
            sums = (sums.0 + person.orders, sums.1 + person.revenue);
            let numbers = Numbers::from([
                ("emailsReceived", count(person.emails)),
                ("orders", count(person.orders)),
                ("revenue", money(person.revenue)),
            ]);
            expected.insert(id.clone(), numbers);
        }
    }
    assert!(!expected.is_empty(), "nobody proves nothing");
    let rows = paper.block("sunset_candidates")["rowCount"].as_u64();
    assert_eq!(rows, Some(expected.len() as u64), "{}: candidates", paper.asked);
    paper.table("sunset_candidates", |it| text(it, "id"), &expected, |_| true);
    paper.totals("sunset_candidates", &Numbers::from([("orders", count(sums.0)), ("revenue", money(sums.1))]));
}

#[test]
fn a_profile_says_what_its_raw_events_say() {
    let (served, people) = (SHOP.serve(), people(SHOP.account));
    let mut busiest: Vec<(&&str, &Person)> =
        people.iter().filter(|it| SHOP.account.profiles.contains_key(*it.0)).collect();
    busiest.sort_by_key(|it| (it.1.orders, it.1.opens, *it.0));
    let chosen = busiest.iter().rev().take(12).chain(busiest.iter().take(12));
    for (id, person) in chosen {
        let paper = Paper::of(&served, &format!("/audience/{id}?limit=1000"));
        for (card, expected) in [
            ("profile_orders", count(person.orders)),
            ("profile_revenue", money(person.revenue)),
            ("profile_received", count(person.received)),
            ("profile_opens", count(person.opens)),
            ("profile_clicks", count(person.clicks)),
        ] {
            paper.figure(card, &Figure { current: expected, ..Figure::default() });
        }
        timeline(&paper, id);
        kept(&paper, id);
    }
}

/// What Klaviyo expects of the person, where they belong, and how their consent changed.
fn kept(paper: &Paper, id: &str) {
    let rows = |sql: &str| fields(&SHOP.store, &sql.replace("$id", &format!("'{id}'")));
    let facts = |block: &str| -> BTreeMap<String, Vec<Value>> {
        let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for it in paper.block(block)["facts"].as_array().into_iter().flatten() {
            all.entry(text(it, "name")).or_default().push(it["value"].clone());
        }
        all
    };
    let predicted = facts("predictions");
    let columns = [
        ("historic_clv", "Spent so far"),
        ("predicted_clv", "Expected in the next year"),
        ("predicted_orders", "Orders expected"),
        ("days_between_orders", "Days between orders"),
        ("churn_probability", "Risk of no further order"),
    ];
    for (column, name) in columns {
        let sql = format!(
            "select cast({column} as double) as it from klaviyo_profile_predictions
             where id = $id and deleted_at is null and {column} is not null"
        );
        let expected = rows(&sql).first().map(|it| it[0].parse::<f64>().expect("a number"));
        let shown = predicted.get(name).map_or(Value::Null, |it| it[0].clone());
        paper.number(name, &shown, expected);
    }
    for (kind, title) in [("list", "List"), ("segment", "Segment")] {
        let sql = format!(
            "select name from klaviyo_{kind}_members as members join klaviyo_{kind}s as of on of.id = {kind}_id
             where profile_id = $id and members.deleted_at is null"
        );
        let mut expected: Vec<Value> = rows(&sql).iter().map(|it| it[0].clone().into()).collect();
        let mut shown = facts("groups").remove(title).unwrap_or_default();
        expected.sort_by_key(ToString::to_string);
        shown.sort_by_key(ToString::to_string);
        assert_eq!(shown, expected, "{}: {kind}s", paper.asked);
    }
    let states = rows("select channel, changed_at from klaviyo_consent_history where profile_id = $id");
    let table = paper.block("profile_consent");
    assert_eq!(table["rowCount"].as_u64(), Some(states.len() as u64), "{}: states of consent", paper.asked);
    let mut latest: Vec<NaiveDateTime> = states
        .iter()
        .map(|it| NaiveDateTime::parse_from_str(&it[1], "%Y-%m-%d %H:%M:%S%.f").expect("a time"))
        .map(|it| local(it).with_nanosecond(0).expect("a time"))
        .collect();
    latest.sort_by(|a, b| b.cmp(a));
    for (row, at) in table["rows"].as_array().expect("rows").iter().zip(latest) {
        assert_eq!(text(row, "changedAt").parse(), Ok(at), "{}: {row}", paper.asked);
    }
}

/// Every event of the person, newest first, on the account's clock.
fn timeline(paper: &Paper, id: &str) {
    let own: Vec<&Event> = SHOP.account.events.iter().filter(|it| it.profile == id).collect();
    paper.number("events", &paper.view["more"]["rowCount"], count(many(own.iter())));
    let mut times: Vec<NaiveDateTime> = own.iter().map(|it| it.local).collect();
    times.sort_by(|a, b| b.cmp(a));
    let shown = paper.view["more"]["events"].as_array().expect("events");
    let machines = own.iter().filter(|it| it.by_machine);
    let marked = shown.iter().filter(|it| it["byMachine"] == true);
    if shown.len() == own.len() {
        assert_eq!(many(marked), many(machines), "{}: by machines", paper.asked);
    }
    for (shown, at) in shown.iter().zip(&times) {
        let told: NaiveDateTime = text(shown, "at").parse().expect("a time");
        assert_eq!(told, at.with_nanosecond(0).expect("a time"), "{}: {shown}", paper.asked);
    }
}
