//! The overview: what came in by the day of the order, and what was sent by the day of sending.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::Value;

use super::account::{Account, Event, Sender};
use super::facts::{Counts, Way, count, credited, many, money, share};
use super::paper::{Figure, Numbers, Paper, Range};
use super::{METRICS, SHOP, machine};

/// What was earned on some days.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Earned {
    pub(super) orders: i64,
    /// Orders whose value counts.
    pub(super) valued: i64,
    pub(super) total: i64,
    pub(super) campaigns: i64,
    pub(super) flows: i64,
    pub(super) foreign: i64,
    pub(super) unreadable: i64,
}

impl Earned {
    /// Of the days from `first` to `last`, by the day of the order.
    pub(super) fn on(account: &Account, metric: &str, first: NaiveDate, last: NaiveDate) -> Earned {
        let mut earned = Earned::default();
        for event in account.of_metric(metric).filter(|it| first <= it.day && it.day <= last) {
            earned.add(account, event);
        }
        earned
    }

    fn add(&mut self, account: &Account, event: &Event) {
        self.orders += 1;
        self.valued += i64::from(event.value.is_some() && !event.is_foreign);
        self.foreign += i64::from(event.is_foreign);
        self.unreadable += i64::from(event.is_unreadable);
        self.total += event.amount();
        match credited(account, event).and_then(|it| account.sender(&it, event.credit.flow.as_ref())) {
            Some(Sender::Campaign(_)) => self.campaigns += event.amount(),
            Some(Sender::Flow(_)) => self.flows += event.amount(),
            None => {}
        }
    }

    pub(super) fn attributed(&self) -> i64 {
        self.campaigns + self.flows
    }
}

/// A figure of what `of` says of some days.
pub(super) fn figure(range: &Range, of: impl Fn(NaiveDate, NaiveDate) -> Option<f64>) -> Figure {
    Figure {
        current: of(range.first, range.last),
        previous: range.compared.and_then(|it| of(it.0, it.1)),
        daily: Some(range.days().map(|it| of(it, it)).collect()),
    }
}

fn by_name(row: &Value) -> String {
    row["name"].as_str().expect("a name").to_owned()
}

fn by_id(row: &Value) -> String {
    row["id"].as_str().expect("an id").to_owned()
}

#[test]
fn overview_says_what_the_raw_events_say() {
    let (shop, served) = (&*SHOP, SHOP.serve());
    for metric in METRICS {
        for range in shop.ranges() {
            for with_machines in [false, true] {
                // Machines have no part in what the other metric adds.
                if with_machines && metric != METRICS[0] {
                    continue;
                }
                let (id, machine) = (shop.account.metric(metric), machine(with_machines));
                let paper =
                    Paper::of(&served, &format!("/overview?range={}&machine={machine}&metric={id}", range.text));
                earned(&paper, &range, metric);
                sent(&paper, &range, metric, with_machines);
                changed(&paper, &range, metric, with_machines);
                gathered(&paper, &range);
            }
        }
    }
}

fn earned(paper: &Paper, range: &Range, metric: &str) {
    let account = SHOP.account;
    let of = |first, last| Earned::on(account, metric, first, last);
    paper.figure("revenue", &figure(range, |first, last| money(of(first, last).total)));
    paper.figure("attributed_revenue", &figure(range, |first, last| money(of(first, last).attributed())));
    let value = |it: i64| (money(it).unwrap_or_default(), None);
    paper.chart(
        "revenue-over-time",
        range,
        &[
            ("campaigns", &|it| value(of(it, it).campaigns)),
            ("flows", &|it| value(of(it, it).flows)),
            ("other", &|it| value(of(it, it).total - of(it, it).attributed())),
        ],
    );
    let mut channels: BTreeMap<String, i64> = BTreeMap::new();
    for event in account.of_metric(metric).filter(|it| range.has(it.day)) {
        let message = credited(account, event);
        let name = match message.as_deref().map(|it| account.channel(it)) {
            Some(Some("email")) => "Email",
            Some(Some("sms")) => "SMS",
            Some(Some("push")) => "Push",
            Some(Some(_)) => "WhatsApp",
            Some(None) => "Unknown channel",
            None => "Not attributed",
        };
        *channels.entry(name.to_owned()).or_default() += event.amount();
    }
    let total = of(range.first, range.last).total;
    for bar in paper.block("revenue-by-channel")["bars"].as_array().into_iter().flatten() {
        let amount = channels.remove(&by_name(bar)).unwrap_or_default();
        paper.number(&format!("channel {}", bar["name"]), &bar["value"], money(amount));
        paper.number(&format!("share of {}", bar["name"]), &bar["share"], share(amount, total));
    }
    channels.retain(|_, amount| *amount != 0);
    assert_eq!(channels, BTreeMap::new(), "{}: channels that are not shown", paper.asked);
    let notes = paper.view["notes"].to_string();
    let foreign = of(range.first, range.last).foreign;
    assert!(foreign == 0 || notes.contains(&format!("in another currency ({foreign})")), "{}: {notes}", paper.asked);
}

fn sent(paper: &Paper, range: &Range, metric: &'static str, with_machines: bool) {
    let facts = SHOP.facts(metric, with_machines);
    // Their bounds are of e-mail, and so are they.
    let days = facts.days(range, false, |it| it.channel == "email");
    for (name, measure) in [
        ("open_rate", "openRate"),
        ("click_rate", "clickRate"),
        ("conversion_rate", "conversionRate"),
        ("bounce_rate", "bounceRate"),
        ("unsubscribe_rate", "unsubscribeRate"),
        ("complaint_rate", "complaintRate"),
    ] {
        paper.figure(name, &days.figure(range, measure));
    }
    let way = Way::by_send_day(range.first, range.last);
    let channel = |it: &str| match it {
        "email" => "Email".to_owned(),
        "sms" => "SMS".to_owned(),
        "push" => "Push".to_owned(),
        other => other.to_owned(),
    };
    let measures = |it: BTreeMap<String, Counts>| it.into_iter().map(|(key, it)| (key, it.measures())).collect();
    let channels: BTreeMap<String, Numbers> = measures(facts.counts(way, |it| Some(channel(&it.channel))));
    paper.table("overview-engagement", by_name, &channels, |it| it["recipients"] > Some(0.0));
    paper.totals("overview-engagement", &facts.sum(way, |_| true).measures());
    // Campaigns are of the days in which anything of them was sent; flows that reached nobody are not among the best.
    let of_campaign = |it: &Option<Sender>| matches!(it, Some(Sender::Campaign(_)));
    let id = |it: &Option<Sender>| it.as_ref().map(|(Sender::Campaign(id) | Sender::Flow(id))| id.clone());
    for (table, campaigns) in [("overview-campaigns", true), ("overview-flows", false)] {
        let own = |it: &Option<Sender>| it.is_some() && of_campaign(it) == campaigns;
        let senders = facts.counts(way, |it| id(&it.sender).filter(|_| own(&it.sender)));
        paper.table(table, by_id, &measures(senders), |it| it["recipients"] > Some(0.0));
        paper.totals(table, &facts.sum(way, |it| own(&it.sender)).measures());
    }
}

/// What campaigns and flows earned by the day of the order, and forms gathered, against the days compared with.
fn changed(paper: &Paper, range: &Range, metric: &'static str, with_machines: bool) {
    let Some((first, last)) = range.compared else {
        assert!(paper.says_nothing("overview-changes"), "{}: compared with nothing", paper.asked);
        return;
    };
    let facts = SHOP.facts(metric, with_machines);
    let id = |it: &Option<Sender>| match it {
        Some(Sender::Campaign(id)) => Some(format!("campaigns/{id}")),
        Some(Sender::Flow(id)) => Some(format!("flows/{id}")),
        None => None,
    };
    let of = |first, last| facts.counts(Way { first, last, by_event: true }, |it| id(&it.sender));
    let (now, before) = (of(range.first, range.last), of(first, last));
    let mut expected: BTreeMap<String, Numbers> = BTreeMap::new();
    for id in now.keys().chain(before.keys()) {
        let of = |all: &BTreeMap<String, Counts>| all.get(id).cloned().unwrap_or_default();
        let (now, before) = (of(&now), of(&before));
        if now.revenue == before.revenue {
            continue;
        }
        let reached = |it: &Counts| count(it.delivered + it.bounced + it.failed);
        let numbers = Numbers::from([
            ("revenue", money(now.revenue)),
            ("revenueBefore", money(before.revenue)),
            ("difference", money(now.revenue - before.revenue)),
            ("recipients", reached(&now)),
            ("recipientsBefore", reached(&before)),
            ("orders", count(now.conversions)),
            ("ordersBefore", count(before.conversions)),
            ("moved", money((now.revenue - before.revenue).abs())),
        ]);
        expected.insert(id.clone(), numbers);
    }
    let table = paper.block("overview-changes");
    assert_eq!(table["rowCount"].as_u64(), Some(expected.len() as u64), "{}: what changed", paper.asked);
    paper.table("overview-changes", by_id, &expected, |_| true);
}

fn gathered(paper: &Paper, range: &Range) {
    let account = SHOP.account;
    let submitted =
        |first, last| count(many(account.of_metric("Submitted Form").filter(|it| first <= it.day && it.day <= last)));
    paper.figure("form_submissions", &figure(range, submitted));
    let mut forms: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for (name, is_view) in [("Viewed Form", true), ("Submitted Form", false)] {
        for event in account.of_metric(name).filter(|it| range.has(it.day)) {
            let form = forms.entry(event.form.clone().unwrap_or_default()).or_default();
            *(if is_view { &mut form.0 } else { &mut form.1 }) += 1;
        }
    }
    let numbers = |(views, submissions): (i64, i64)| {
        Numbers::from([
            ("views", count(views)),
            ("submissions", count(submissions)),
            ("submissionRate", share(submissions, views)),
        ])
    };
    let all = forms.values().fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
    let forms = forms.into_iter().map(|(id, it)| (id, numbers(it))).collect();
    paper.table("overview-forms", by_id, &forms, |it| it["views"] > Some(0.0));
    paper.totals("overview-forms", &numbers(all));
    let subscribers = many(account.profiles.values().filter(|it| it.can_receive.contains("email")));
    // How many they were before the copy began nobody knows.
    paper.figure("subscribers", &Figure { current: count(subscribers), previous: None, daily: None });
}
