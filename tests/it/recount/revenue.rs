//! Revenue: every order credited by Klaviyo and by the last touch, which is looked for among all events anew.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use serde_json::Value;

use super::account::{Account, Event, Sender};
use super::facts::{Way, count, credited, each, many, money, share};
use super::overview::figure;
use super::paper::{Numbers, Paper, Range};
use super::{METRICS, SHOP, machine};

/// How long before an order a touch counts; and how an address asks for that.
struct Windows {
    asked: &'static str,
    of: [(&'static str, Touch, TimeDelta); 5],
}

/// In the same second the later of these goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Touch {
    Delivery,
    Open,
    Click,
}

const fn windows(
    asked: &'static str,
    email_click: i64,
    email_open: i64,
    sms_click: i64,
    sms_delivery: i64,
    push_open: i64,
) -> Windows {
    Windows {
        asked,
        of: [
            ("Clicked Email", Touch::Click, TimeDelta::hours(email_click)),
            ("Opened Email", Touch::Open, TimeDelta::hours(email_open)),
            ("Clicked Text Message", Touch::Click, TimeDelta::hours(sms_click)),
            ("Received Text Message", Touch::Delivery, TimeDelta::hours(sms_delivery)),
            ("Opened Push", Touch::Open, TimeDelta::hours(push_open)),
        ],
    }
}

/// Klaviyo's defaults; narrow ones of which one is shut; wide ones.
const WINDOWS: [Windows; 3] = [
    windows("", 120, 120, 120, 12, 24),
    windows("&email_click=2d&email_open=12h&sms_click=3h&sms_delivery=0&push_open=6h", 48, 12, 3, 0, 6),
    windows("&email_click=30d&email_open=10d&sms_click=12h&sms_delivery=5d&push_open=3d", 720, 240, 12, 120, 72),
];

/// An order and the messages that it may be credited to.
struct Order {
    event: &'static Event,
    /// By Klaviyo.
    theirs: Option<String>,
    /// By the last touch.
    touch: Option<String>,
    /// All that were touched within the windows.
    touched: BTreeSet<String>,
}

impl Order {
    fn by(&self, by_touch: bool) -> Option<&String> {
        if by_touch { self.touch.as_ref() } else { self.theirs.as_ref() }
    }
}

/// Orders, however they are grouped.
#[derive(Default, Clone)]
struct Sums {
    orders: i64,
    revenue: i64,
}

impl Sums {
    fn of<'a>(orders: impl Iterator<Item = &'a Order>) -> Sums {
        orders
            .fold(Sums::default(), |sum, it| Sums { orders: sum.orders + 1, revenue: sum.revenue + it.event.amount() })
    }
}

fn orders(metric: &str, windows: &Windows, with_machines: bool) -> Vec<Order> {
    let account = SHOP.account;
    let mut touches: HashMap<&str, Vec<(NaiveDateTime, Touch, TimeDelta, String)>> = HashMap::new();
    for (name, touch, window) in windows.of {
        for event in account.of_metric(name).filter(|it| with_machines || !it.by_machine) {
            if let Some(named) = event.message.as_ref().filter(|_| window > TimeDelta::zero()) {
                touches.entry(&event.profile).or_default().push((event.at, touch, window, account.message(named)));
            }
        }
    }
    let order = |event: &'static Event| {
        let all = touches.get(event.profile.as_str()).into_iter().flatten();
        let within: Vec<_> = all.filter(|it| it.0 <= event.at && event.at - it.0 <= it.2).collect();
        Order {
            event,
            theirs: credited(account, event),
            touch: within.iter().max_by_key(|it| (it.0, it.1)).map(|it| it.3.clone()),
            touched: within.iter().map(|it| it.3.clone()).collect(),
        }
    };
    account.of_metric(metric).map(order).collect()
}

fn sender(account: &Account, message: &str) -> Option<Sender> {
    account.sender(message, None)
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

#[test]
fn revenue_is_credited_as_the_raw_events_say() {
    let served = SHOP.serve();
    for metric in METRICS {
        let id = SHOP.account.metric(metric);
        for windows in &WINDOWS {
            for with_machines in [false, true] {
                let all = orders(metric, windows, with_machines);
                for range in SHOP.ranges() {
                    for model in ["klaviyo", "last-touch"] {
                        // What Klaviyo credits is the same under all windows and with machines or without.
                        if model == "klaviyo" && (with_machines || !windows.asked.is_empty()) {
                            continue;
                        }
                        // Wide windows, and machines, have their say once.
                        if metric != METRICS[0] && (with_machines || windows.asked.contains("30d")) {
                            continue;
                        }
                        let machine = machine(with_machines);
                        let asked = format!("range={}&machine={machine}&metric={id}&limit=1000", range.text);
                        let paper = Paper::of(&served, &format!("/revenue?{asked}&model={model}{}", windows.asked));
                        figures(&paper, &range, &all, model == "last-touch");
                        credits(&paper, &range, &all, model == "last-touch");
                        outcomes(&paper, &range, &all);
                        lines(&paper, &range, &all);
                    }
                }
            }
        }
    }
}

fn figures(paper: &Paper, range: &Range, all: &[Order], by_touch: bool) {
    // Of each day, all orders, those of campaigns, those of flows, and those whose value counts.
    let mut days: BTreeMap<NaiveDate, [Sums; 4]> = BTreeMap::new();
    for order in all {
        let day = days.entry(order.event.day).or_default();
        let place = match order.by(by_touch).and_then(|it| sender(SHOP.account, it)) {
            Some(Sender::Campaign(_)) => Some(1),
            Some(Sender::Flow(_)) => Some(2),
            None => None,
        };
        let priced = (order.event.value.is_some() && !order.event.is_foreign).then_some(3);
        for place in [Some(0), place, priced].into_iter().flatten() {
            day[place].orders += 1;
            day[place].revenue += order.event.amount();
        }
    }
    let of = |first, last| {
        days.range(first..=last).fold([(0, 0); 4], |sum, it| {
            [0, 1, 2, 3].map(|place| (sum[place].0 + it.1[place].orders, sum[place].1 + it.1[place].revenue))
        })
    };
    let attributed = |it: [(i64, i64); 4]| it[1].1 + it[2].1;
    paper.figure("revenue", &figure(range, |first, last| money(of(first, last)[0].1)));
    paper.figure("attributed_revenue", &figure(range, |first, last| money(attributed(of(first, last)))));
    paper.figure(
        "attributed_share",
        &figure(range, |first, last| share(attributed(of(first, last)), of(first, last)[0].1)),
    );
    // The figure is of orders whose value is in the sum; tables divide by all, as Klaviyo does.
    paper.figure("average_order_value", &figure(range, |first, last| each(of(first, last)[0].1, of(first, last)[3].0)));
    let value = |it: i64| (money(it).unwrap_or_default(), None);
    paper.chart(
        "revenue-over-time",
        range,
        &[
            ("campaigns", &|day| value(of(day, day)[1].1)),
            ("flows", &|day| value(of(day, day)[2].1)),
            ("other", &|day| value(of(day, day)[0].1 - attributed(of(day, day)))),
        ],
    );
    if range.compared.is_some() {
        let before = |day| range.before(day).map(|it| of(it, it)[0].1).unwrap_or_default();
        paper.chart("revenue-over-time", range, &[("revenueBefore", &|day| value(before(day)))]);
    }
}

/// What Klaviyo credits to what was sent, by the day of sending.
#[test]
fn revenue_by_the_day_of_sending_is_that_of_the_deliveries() {
    let served = SHOP.serve();
    for metric in METRICS {
        let (id, facts) = (SHOP.account.metric(metric), SHOP.facts(metric, false));
        for range in SHOP.ranges() {
            let paper = Paper::of(&served, &format!("/revenue?range={}&metric={id}&basis=sent", range.text));
            let revenue = |first, last| money(facts.sum(Way::by_send_day(first, last), |_| true).revenue);
            paper.figure("attributed_revenue", &figure(&range, revenue));
        }
    }
}

/// What a credited message stands for in a table.
type Key<'a> = &'a dyn Fn(Option<&String>) -> Option<String>;

/// What is credited to channels, senders and messages, by Klaviyo beside the last touch.
fn credits(paper: &Paper, range: &Range, all: &[Order], by_touch: bool) {
    let within: Vec<&Order> = all.iter().filter(|it| range.has(it.event.day)).collect();
    let total = Sums::of(within.iter().copied());
    let channel = |message: Option<&String>| {
        Some(match message.map(|it| SHOP.account.channel(it)) {
            Some(Some("email")) => "Email".to_owned(),
            Some(Some("sms")) => "SMS".to_owned(),
            Some(Some("push")) => "Push".to_owned(),
            Some(Some(other)) => other.to_owned(),
            Some(None) => "Unknown channel".to_owned(),
            None => "Not attributed".to_owned(),
        })
    };
    let path = |message: Option<&String>| Some(sender(SHOP.account, message?)?.path());
    let id = |message: Option<&String>| message.cloned();
    let ways: [(&str, &str, Key<'_>); 3] = [
        ("revenue-channels", "name", &channel),
        ("revenue-senders", "id", &path),
        ("revenue-messages", "messageId", &id),
    ];
    for (table, name, key) in ways {
        let by = |by_touch: bool, of: Option<&str>| {
            let its = within.iter().filter(|it| {
                let key = key(it.by(by_touch));
                key.is_some() && of.is_none_or(|of| key.as_deref() == Some(of))
            });
            Sums::of(its.copied())
        };
        let numbers = |of: Option<&str>| {
            let (own, theirs, touch) = (by(by_touch, of), by(false, of), by(true, of));
            Numbers::from([
                ("orders", count(own.orders)),
                ("revenue", money(own.revenue)),
                ("shareOfRevenue", share(own.revenue, total.revenue)),
                ("averageOrderValue", each(own.revenue, own.orders)),
                ("theirOrders", count(theirs.orders)),
                ("theirRevenue", money(theirs.revenue)),
                ("touchOrders", count(touch.orders)),
                ("touchRevenue", money(touch.revenue)),
                ("difference", money(touch.revenue - theirs.revenue)),
            ])
        };
        let keys: BTreeSet<String> =
            within.iter().flat_map(|it| [key(it.by(false)), key(it.by(true))]).flatten().collect();
        let expected = keys.iter().map(|it| (it.clone(), numbers(Some(it)))).collect();
        paper.table(table, |it| text(it, name), &expected, |_| true);
        if !keys.is_empty() {
            paper.totals(table, &numbers(None));
        }
    }
}

/// Whether both name the same, and how many messages had a part.
fn outcomes(paper: &Paper, range: &Range, all: &[Order]) {
    let within: Vec<&Order> = all.iter().filter(|it| range.has(it.event.day)).collect();
    let total = many(within.iter());
    let outcome = |it: &Order| match (&it.theirs, &it.touch) {
        (Some(a), Some(b)) if a == b => 1,
        (Some(_), Some(_)) => 2,
        (Some(_), None) => 3,
        (None, Some(_)) => 4,
        (None, None) => 5,
    };
    let overlap = |it: &Order| {
        let channels: BTreeSet<_> = it.touched.iter().map(|it| SHOP.account.channel(it)).collect();
        match (it.touched.len(), channels.len()) {
            (0, _) => 1,
            (1, _) => 2,
            (_, 1) => 3,
            _ => 4,
        }
    };
    for (table, last) in [("revenue-outcomes", 5), ("revenue-overlap", 4)] {
        let place = |it: &Order| if last == 5 { outcome(it) } else { overlap(it) };
        let mut expected = BTreeMap::new();
        for position in 1..=last {
            let sums = Sums::of(within.iter().copied().filter(|it| place(it) == position));
            let numbers = Numbers::from([
                ("position", Some(f64::from(position))),
                ("orders", count(sums.orders)),
                ("shareOfOrders", share(sums.orders, total)),
                ("revenue", money(sums.revenue)),
            ]);
            expected.insert(position.to_string(), numbers);
        }
        paper.table(table, |it| it["position"].to_string(), &expected, |it| it["orders"] > Some(0.0));
    }
}

/// What is told beside the revenue.
fn lines(paper: &Paper, range: &Range, all: &[Order]) {
    let orders: Vec<&Event> = all.iter().map(|it| it.event).filter(|it| range.has(it.day)).collect();
    let of = |name: &str| -> (i64, i64) {
        let refunds = SHOP.account.of_metric(name).filter(|it| range.has(it.day));
        refunds.fold((0, 0), |sum, it| (sum.0 + 1, sum.1 + it.amount()))
    };
    let counted = |it: &dyn Fn(&Event) -> bool| many(orders.iter().filter(|event| it(event)));
    let gross = counted(&|it| it.value.is_some() && !it.is_foreign);
    let (refunded, cancelled) = (of("Refunded Order"), of("Cancelled Order"));
    let expected = [
        (gross, Some(orders.iter().map(|it| it.amount()).sum())),
        (refunded.0, Some(refunded.1)),
        (cancelled.0, Some(cancelled.1)),
        (counted(&|it| it.is_foreign), None),
        (counted(&|it| it.is_unreadable), None),
        (counted(&|it| it.value.is_none() && !it.is_unreadable), None),
    ];
    let numbers = |(position, (orders, amount)): (i32, (i64, Option<i64>))| {
        // Of nothing there is no amount.
        let amount = amount.filter(|_| orders > 0).and_then(money);
        let numbers = [("position", Some(f64::from(position))), ("orders", count(orders)), ("amount", amount)];
        (position.to_string(), Numbers::from(numbers))
    };
    let expected = (1..).zip(expected).map(numbers).collect();
    paper.table("revenue-lines", |it| it["position"].to_string(), &expected, |it| it["orders"] > Some(0.0));
}
