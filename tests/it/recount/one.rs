//! Pages of one campaign and one flow.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, TimeDelta};
use serde_json::Value;

use super::account::Sender;
use super::deliverability::{domain, provider};
use super::facts::{Counts, Deed, Fact, Facts, Way, count, many, money, share};
use super::paper::{Figure, Numbers, Paper, Range};
use super::{METRICS, SHOP, machine};

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_default()
}

/// Those with the most conversions, whose pages have something of everything.
fn chosen(campaigns: bool) -> Vec<String> {
    let facts = SHOP.facts(METRICS[0], false);
    let way = Way::by_send_day(SHOP.account.first_on, SHOP.account.today);
    let of = |it: &Fact<'_>| match &it.sender {
        Some(Sender::Campaign(id)) if campaigns => Some(id.clone()),
        Some(Sender::Flow(id)) if !campaigns => Some(id.clone()),
        _ => None,
    };
    let mut all: Vec<(String, Counts)> = facts.counts(way, of).into_iter().collect();
    all.sort_by_key(|it| (it.1.converted, it.1.complained + it.1.bounced, it.1.delivered));
    all.into_iter().rev().take(4).map(|it| it.0).collect()
}

/// How many of each kind there are, from recipients to conversions.
fn funnel(paper: &Paper, counts: &Counts) {
    let of_texts = counts.openable == 0;
    for step in paper.block("funnel")["steps"].as_array().expect("steps") {
        let expected = match text(step, "name") {
            "Recipients" => counts.recipients(),
            "Delivered" => counts.delivered,
            "Opened" if !of_texts => counts.opened,
            "Clicked" => counts.clicked,
            "Converted" => counts.converted,
            other => panic!("{}: nobody counted {other}", paper.asked),
        };
        paper.number(text(step, "name"), &step["count"], count(expected));
        paper.number("of the first", &step["ofFirst"], share(expected, counts.recipients()));
    }
}

#[test]
fn a_campaign_measures_what_the_raw_events_say() {
    let served = SHOP.serve();
    for metric in METRICS {
        for with_machines in [false, true] {
            let facts = SHOP.facts(metric, with_machines);
            for id in chosen(true) {
                let asked =
                    format!("machine={}&metric={}&limit=1000", machine(with_machines), SHOP.account.metric(metric));
                let paper = Paper::of(&served, &format!("/campaigns/{id}?{asked}"));
                campaign(&paper, &id, facts);
            }
        }
    }
}

fn campaign(paper: &Paper, id: &str, facts: &Facts<'_>) {
    let sender = Some(Sender::Campaign(id.to_owned()));
    let all = Way::by_send_day(SHOP.account.first_on, SHOP.account.today);
    let own: Vec<&Fact<'_>> = facts.within(all).filter(|it| it.sender == sender).collect();
    let counts = facts.sum(all, |it| it.sender == sender);
    let measures = counts.measures();
    let usual = usual(facts, id, &own);
    for (card, measure) in [
        ("recipients", "recipients"),
        ("open_rate", "openRate"),
        ("click_rate", "clickRate"),
        ("conversion_rate", "conversionRate"),
        ("attributed_revenue", "revenue"),
        ("revenue_per_recipient", "revenuePerRecipient"),
        ("delivery_rate", "deliveryRate"),
        ("unsubscribe_rate", "unsubscribeRate"),
        ("complaint_rate", "complaintRate"),
        ("bounce_rate", "bounceRate"),
        ("failure_rate", "failureRate"),
        ("click_to_open_rate", "clickToOpenRate"),
        ("machine_open_share", "machineOpenShare"),
        ("average_order_value", "averageOrderValue"),
        ("revenue_per_delivered", "revenuePerDelivered"),
    ] {
        let others = paper.block("measures")["cards"].as_array().expect("cards");
        let mut cards = paper.view["cards"].as_array().expect("cards").iter().chain(others);
        let shown = cards.find(|it| it["name"] == card);
        // What is unknown is not among the other measures.
        if let Some(shown) = shown {
            paper.number(card, &shown["current"], measures[measure]);
            // Of what adds up the average a campaign.
            let before = usual.as_ref().and_then(|(campaigns, all)| {
                let each = if matches!(measure, "recipients" | "revenue") { *campaigns } else { 1.0 };
                all.measures()[measure].map(|it| it / each)
            });
            paper.number(&format!("{card}, usually"), &shown["previous"], before);
        } else {
            assert!(measures[measure].is_none(), "{}: no card {card}", paper.asked);
        }
    }
    funnel(paper, &counts);
    hours(paper, &own);
    orders(paper, &own);
    links(paper, &own, counts.recipients());
    clients(paper, &own);
    let of = |key: &dyn Fn(&Fact<'_>) -> Option<String>| -> BTreeMap<String, Numbers> {
        let counts = facts.counts(all, |it| key(it).filter(|_| it.sender == sender));
        counts.into_iter().map(|(key, it)| (key, it.measures())).collect()
    };
    if counts.openable > 0 && own.iter().any(|it| it.channel == "email") {
        paper.table("campaign_domains", |it| text(it, "domain").to_owned(), &of(&domain), |_| true);
        let providers = of(&|it| domain(it).map(|it| provider(&it)));
        paper.table("campaign_providers", |it| text(it, "provider").to_owned(), &providers, |_| true);
        paper.totals("campaign_providers", &measures);
    }
}

/// What campaigns of its channel did that were sent in the ninety days before it, and how many they are.
fn usual(facts: &Facts<'_>, id: &str, own: &[&Fact<'_>]) -> Option<(f64, Counts)> {
    let is_send = |it: &&&Fact<'_>| matches!(it.deed, Deed::Delivered | Deed::Bounced | Deed::Failed);
    let first = own.iter().filter(is_send).filter_map(|it| it.sent_on).min()?;
    let channel = &SHOP.account.campaign_messages.values().find(|it| it.0 == id)?.1;
    let of = |it: &Fact<'_>| match &it.sender {
        Some(Sender::Campaign(other)) if other != id && it.channel == *channel => Some(other.clone()),
        _ => None,
    };
    let before = facts.counts(Way::by_send_day(first - Days::new(90), first - Days::new(1)), of);
    let mut all = Counts::default();
    for it in before.values() {
        all.take_in(it);
    }
    count(many(before.keys())).filter(|it| *it > 0.0).map(|it| (it, all))
}

/// Opens, clicks and revenue by the hour since the first delivery.
fn hours(paper: &Paper, own: &[&Fact<'_>]) {
    let deliveries = own.iter().filter(|it| it.deed == Deed::Delivered);
    let first = deliveries.map(|it| it.event.at).min().expect("a delivery");
    let at = |it: &Fact<'_>| usize::try_from((it.event.at - first).num_hours()).expect("an hour");
    let of = |deed: Deed, hour: usize| own.iter().filter(move |it| it.deed == deed && at(it) == hour);
    for (block, key, deed) in [
        ("hours", "opens", Deed::Open),
        ("hours", "clicks", Deed::Click),
        ("revenue-hours", "revenue", Deed::Conversion),
    ] {
        if paper.says_nothing(block) {
            continue;
        }
        let rows = paper.block(block)["rows"].as_array().expect("points");
        for (hour, row) in rows.iter().enumerate().filter(|it| !it.1["values"][key].is_null()) {
            let expected = if key == "revenue" {
                money(of(deed, hour).map(|it| it.value).sum())
            } else {
                count(many(of(deed, hour)))
            };
            paper.number(&format!("{key}, hour {hour}"), &row["values"][key], expected);
        }
    }
}

fn orders(paper: &Paper, own: &[&Fact<'_>]) {
    let mut expected = BTreeMap::new();
    let mut sum = 0;
    for order in own.iter().filter(|it| it.deed == Deed::Conversion) {
        let touch = order.event.credit.event.as_ref();
        let touched = touch.and_then(|id| SHOP.account.events.iter().find(|it| it.id == *id));
        let since = touched.map(|it| (order.event.at - it.at).num_milliseconds());
        #[expect(clippy::cast_precision_loss, reason = "hours of some days")]
        let hours = since.map(|it| it as f64 / 3_600_000.0);
        let value = order.event.value.filter(|_| !order.event.is_foreign);
        sum += order.value;
        let numbers = [("orderValue", value.and_then(money)), ("hoursSinceTouch", hours)];
        expected.insert(order.event.id.clone(), Numbers::from(numbers));
    }
    let rows = paper.block("campaign_orders")["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), expected.len(), "{}: orders", paper.asked);
    for row in rows {
        let numbers = &expected[text(row, "eventId")];
        paper.number("value", &row["orderValue"], numbers["orderValue"].filter(|_| row["isForeign"] == false));
        let told = row["hoursSinceTouch"].as_f64().zip(numbers["hoursSinceTouch"]);
        assert!(told.is_none_or(|it| (it.0 - it.1).abs() < 1e-3), "{}: {row}, and counted {numbers:?}", paper.asked);
        assert_eq!(row["hoursSinceTouch"].is_null(), numbers["hoursSinceTouch"].is_none(), "{}: {row}", paper.asked);
    }
    if !rows.is_empty() {
        paper.totals("campaign_orders", &Numbers::from([("orderValue", money(sum))]));
    }
}

fn links(paper: &Paper, own: &[&Fact<'_>], recipients: i64) {
    let mut links: BTreeMap<String, (i64, BTreeSet<&str>)> = BTreeMap::new();
    for click in own.iter().filter(|it| it.deed == Deed::Click) {
        let link = links.entry(click.event.text("URL").unwrap_or_default().to_owned()).or_default();
        link.0 += 1;
        link.1.insert(click.person);
    }
    let all = links.values().map(|it| it.0).sum();
    let numbers = |(clicks, people): (i64, BTreeSet<&str>)| {
        Numbers::from([
            ("linkClicks", count(clicks)),
            ("linkClickers", count(many(people.iter()))),
            ("recipients", count(recipients)),
            ("clicksPerRecipient", share(clicks, recipients)),
        ])
    };
    let links = links.into_iter().map(|(url, it)| (url, numbers(it))).collect();
    let Some(_) = paper.view["blocks"].as_array().into_iter().flatten().find(|it| it["name"] == "campaign_links")
    else {
        return;
    };
    paper.table("campaign_links", |it| text(it, "url").to_owned(), &links, |_| true);
    paper.totals("campaign_links", &Numbers::from([("linkClicks", count(all))]));
}

/// With what it was opened and clicked, as the events tell.
fn clients(paper: &Paper, own: &[&Fact<'_>]) {
    let mut people: BTreeMap<String, [BTreeSet<&str>; 3]> = BTreeMap::new();
    for fact in own.iter().filter(|it| matches!(it.deed, Deed::Open | Deed::Click)) {
        let told = |names: [&str; 2]| names.iter().find_map(|it| fact.event.text(it)).unwrap_or("not told");
        let device = fact.event.text("Client Type").unwrap_or(match fact.channel.as_str() {
            "push" => "app",
            "sms" => "phone",
            _ => "not told",
        });
        let (client, system) = (told(["Client Name", "App Name"]), told(["Client OS Family", "OS Name"]));
        let sets = people.entry(format!("{client}, {system}, {device}")).or_default();
        sets[usize::from(fact.deed == Deed::Click)].insert(fact.person);
        sets[2].insert(fact.person);
    }
    let numbers = |[opened, clicked, all]: [BTreeSet<&str>; 3]| {
        Numbers::from([
            ("clientOpeners", count(many(opened.iter()))),
            ("clientClickers", count(many(clicked.iter()))),
            ("clientPeople", count(many(all.iter()))),
        ])
    };
    let people = people.into_iter().map(|(key, it)| (key, numbers(it))).collect();
    let key = |it: &Value| format!("{}, {}, {}", text(it, "client"), text(it, "system"), text(it, "device"));
    paper.table("campaign_clients", key, &people, |_| true);
}

#[test]
fn a_flow_measures_what_the_raw_events_say() {
    let served = SHOP.serve();
    for metric in METRICS {
        for range in SHOP.ranges() {
            for (basis, with_machines) in [("sent", false), ("sent", true), ("event", false)] {
                // Machines have no part in what the other metric adds.
                if with_machines && metric != METRICS[0] {
                    continue;
                }
                let facts = SHOP.facts(metric, with_machines);
                let machine = machine(with_machines);
                let id = SHOP.account.metric(metric);
                let asked = format!("range={}&basis={basis}&machine={machine}&metric={id}&limit=1000", range.text);
                for id in chosen(false).iter().take(2) {
                    let paper = Paper::of(&served, &format!("/flows/{id}?{asked}"));
                    flow(&paper, &range, id, facts, basis == "event");
                }
            }
        }
    }
}

fn flow(paper: &Paper, range: &Range, id: &str, facts: &Facts<'_>, by_event: bool) {
    let sender = Some(Sender::Flow(id.to_owned()));
    let way = Way { first: range.first, last: range.last, by_event };
    let days = facts.days(range, by_event, |it| it.sender == sender);
    for (card, measure) in [
        ("revenue", "revenue"),
        ("recipients", "recipients"),
        ("conversion_rate", "conversionRate"),
        ("revenue_per_recipient", "revenuePerRecipient"),
    ] {
        let figure = days.figure(range, measure);
        paper.figure(card, &Figure { daily: figure.daily.filter(|_| !by_event), ..figure });
    }
    let messages = facts.counts(way, |it| (it.sender == sender).then(|| it.message.clone()));
    let mut expected: BTreeMap<String, Numbers> =
        messages.iter().map(|(key, it)| (key.clone(), it.measures_on(by_event))).collect();
    let key = |it: &Value| text(it, "id").to_owned();
    for row in paper.block("flow-messages")["rows"].as_array().expect("rows") {
        expected.entry(key(row)).or_insert_with(|| Counts::default().measures_on(by_event));
    }
    paper.table("flow-messages", key, &expected, |it| it["recipients"] > Some(0.0));
    paper.totals("flow-messages", &facts.sum(way, |it| it.sender == sender).measures_on(by_event));
    steps(&paper.block("flow-path")["steps"], &mut |name, counts| {
        let found = messages.iter().find(|it| SHOP.account.message_names.get(it.0).is_some_and(|it| it == name));
        let its = found.map(|it| it.1.clone()).unwrap_or_default().measures();
        for it in counts {
            let measure = match text(it, "name") {
                "Recipients" => "recipients",
                "Opened" => "opened",
                "Clicked" => "clicked",
                "Converted" => "converted",
                "Revenue" => "revenue",
                other => panic!("{}: nobody counted {other}", paper.asked),
            };
            paper.number(&format!("step {name}, {measure}"), &it["value"], its[measure]);
        }
    });
    delays(paper, facts, sender.as_ref(), way);
}

/// Every step of a path that counts something.
fn steps(path: &Value, each: &mut dyn FnMut(&str, &[Value])) {
    for step in path.as_array().into_iter().flatten() {
        let counts = step["counts"].as_array().expect("counts");
        if !counts.is_empty() {
            each(text(step, "name"), counts);
        }
        for branch in step["branches"].as_array().into_iter().flatten() {
            steps(&branch["steps"], each);
        }
    }
}

/// Ends of the spans of hours from a delivery to a conversion.
const SPANS: [i64; 8] = [1, 3, 6, 12, 24, 48, 72, 120];

fn delays(paper: &Paper, facts: &Facts<'_>, sender: Option<&Sender>, way: Way) {
    if paper.says_nothing("conversion_hours") {
        return;
    }
    let since = |it: &Fact<'_>| Some(it.event.at - it.sent_at?);
    let conversions = facts.within(way).filter(|it| it.deed == Deed::Conversion && it.sender.as_ref() == sender);
    let all: Vec<TimeDelta> = conversions.filter_map(since).collect();
    let rows = paper.block("conversion_hours")["rows"].as_array().expect("points");
    assert_eq!(rows.len(), SPANS.len() + 1, "{}: {rows:?}", paper.asked);
    let within = |hours: i64| all.iter().filter(|it| **it < TimeDelta::hours(hours)).count();
    for (place, row) in rows.iter().enumerate() {
        let before = if place == 0 { 0 } else { within(SPANS[place - 1]) };
        let until = SPANS.get(place).map_or(all.len(), |it| within(*it));
        let expected = count(i64::try_from(until - before).expect("a count"));
        paper.number(&format!("conversions {}", row["label"]), &row["values"]["conversions"], expected);
    }
}
