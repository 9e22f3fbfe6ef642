//! What was sent to whom and what they did about it, by the rules of the dictionary: a reaction belongs to the latest
//! delivery of the message to the person at or before it, and "unique" counts deliveries that were answered.

use std::collections::{BTreeMap, HashMap};

use chrono::{NaiveDate, NaiveDateTime};

use super::account::{Account, Event, Sender};
use super::paper::{Figure, Numbers, Range};

/// What an event is to a message, and through which channel: names as Klaviyo has them.
pub(super) const KINDS: &[(&str, What, &str)] = &[
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum What {
    Delivered,
    Bounced,
    Failed,
    Open,
    Click,
    Complaint,
    Unsubscribe,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Deed {
    Delivered,
    Bounced,
    Failed,
    /// Once a delivery, when it was first so.
    Opened,
    /// Whoever opened it, and by a person, whether or not machines count.
    OpenedAtAll,
    OpenedByPeople,
    Clicked,
    Complained,
    Unsubscribed,
    Converted,
    /// Each of them.
    MachineOpen,
    BotClick,
    Open,
    Click,
    Conversion,
}

/// One of them, with all that a page may group it by.
#[derive(Clone)]
pub(super) struct Fact<'a> {
    pub(super) deed: Deed,
    pub(super) message: String,
    pub(super) sender: Option<Sender>,
    pub(super) channel: String,
    pub(super) person: &'a str,
    /// Of the delivery or, of what did not arrive, of itself; nothing where no delivery is known.
    pub(super) sent_at: Option<NaiveDateTime>,
    pub(super) sent_on: Option<NaiveDate>,
    pub(super) on: NaiveDate,
    pub(super) event: &'a Event,
    /// Ten-thousandths.
    pub(super) value: i64,
}

/// How a page is asked to count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) first: NaiveDate,
    pub(super) last: NaiveDate,
    pub(super) by_event: bool,
}

impl Way {
    pub(super) fn by_send_day(first: NaiveDate, last: NaiveDate) -> Way {
        Way { first, last, by_event: false }
    }
}

/// Everything that is known of messages, counted towards conversions of one metric.
pub(super) struct Facts<'a>(pub(super) Vec<Fact<'a>>);

/// A delivery: its time, its local day, and through which channel.
type Received = (NaiveDateTime, NaiveDate);

impl<'a> Facts<'a> {
    pub(super) fn of(account: &'a Account, metric: &str, with_machines: bool) -> Facts<'a> {
        let kinds: HashMap<&str, (What, &str)> = KINDS
            .iter()
            .filter_map(|(name, what, via)| Some((account.metrics.get(*name)?.as_str(), (*what, *via))))
            .collect();
        let mut facts = Vec::new();
        let mut got: HashMap<(&str, String), Vec<Received>> = HashMap::new();
        // Flows of messages, as their sends name them.
        let mut flows: HashMap<String, String> = HashMap::new();
        for event in &account.events {
            let (Some((what, via)), Some(named)) = (kinds.get(event.metric.as_str()), &event.message) else { continue };
            let deed = match what {
                What::Delivered => Deed::Delivered,
                What::Bounced => Deed::Bounced,
                What::Failed => Deed::Failed,
                _ => continue,
            };
            let message = account.message(named);
            if let Some(flow) = &event.flow {
                flows.insert(message.clone(), flow.clone());
            }
            if deed == Deed::Delivered {
                got.entry((&event.profile, message.clone())).or_default().push((event.at, event.day));
            }
            facts.push(Fact {
                deed,
                sender: account.sender(&message, event.flow.as_ref()),
                channel: account.channel(&message).unwrap_or(via).to_owned(),
                message,
                person: &event.profile,
                sent_at: Some(event.at),
                sent_on: Some(event.day),
                on: event.day,
                event,
                value: 0,
            });
        }
        // The first answer of each kind to each delivery; two deliveries of one second are one.
        let mut firsts: HashMap<(&str, String, Option<NaiveDateTime>, Deed), Fact<'a>> = HashMap::new();
        for (message, event, what, via) in answers(account, &kinds, metric) {
            let before = got.get(&(event.profile.as_str(), message.clone()));
            let delivery = before.and_then(|it| it.iter().filter(|it| it.0 <= event.at).max());
            let flow = flows.get(&message).or(event.credit.flow.as_ref()).or(event.flow.as_ref());
            let channel = account.channel(&message).unwrap_or(via);
            let fact = |deed| Fact {
                deed,
                sender: account.sender(&message, flow),
                channel: channel.to_owned(),
                message: message.clone(),
                person: &event.profile,
                sent_at: delivery.map(|it| it.0),
                sent_on: delivery.map(|it| it.1),
                on: event.day,
                event,
                value: if what.is_none() { event.amount() } else { 0 },
            };
            let by_machine = matches!(what, Some(What::Open | What::Click)) && event.by_machine;
            let mut first = |deed| {
                let first = Fact { value: 0, ..fact(deed) };
                let key = (event.profile.as_str(), message.clone(), first.sent_at, deed);
                match firsts.get(&key) {
                    Some(it) if it.event.at <= event.at => {}
                    _ => drop(firsts.insert(key, first)),
                }
            };
            if what == Some(What::Open) {
                first(Deed::OpenedAtAll);
                if !by_machine {
                    first(Deed::OpenedByPeople);
                }
            }
            match what {
                Some(What::Open) if by_machine => facts.push(fact(Deed::MachineOpen)),
                Some(What::Click) if by_machine => facts.push(fact(Deed::BotClick)),
                None => facts.push(fact(Deed::Conversion)),
                _ => {}
            }
            if by_machine && !with_machines {
                continue;
            }
            let deed = match what {
                Some(What::Open) => {
                    facts.push(fact(Deed::Open));
                    Deed::Opened
                }
                Some(What::Click) => {
                    facts.push(fact(Deed::Click));
                    Deed::Clicked
                }
                Some(What::Complaint) => Deed::Complained,
                Some(_) => Deed::Unsubscribed,
                None => Deed::Converted,
            };
            first(deed);
        }
        // Of texts opens are not told.
        let is_open = |it: &Fact<'_>| matches!(it.deed, Deed::Opened | Deed::OpenedAtAll | Deed::OpenedByPeople);
        facts.extend(firsts.into_values().filter(|it| !is_open(it) || it.channel != "sms"));
        Facts(facts)
    }

    /// What there is of each `key`, on the days of `way`.
    pub(super) fn counts<K: Ord>(&self, way: Way, key: impl Fn(&Fact<'_>) -> Option<K>) -> BTreeMap<K, Counts> {
        let mut all: BTreeMap<K, Counts> = BTreeMap::new();
        for fact in self.within(way) {
            if let Some(key) = key(fact) {
                all.entry(key).or_default().add(fact);
            }
        }
        all
    }

    /// All of it together.
    pub(super) fn sum(&self, way: Way, of: impl Fn(&Fact<'_>) -> bool) -> Counts {
        self.counts(way, |it| of(it).then_some(())).remove(&()).unwrap_or_default()
    }

    /// Day by day, those that `range` is compared with and those that curves reach back to among them.
    pub(super) fn days(&self, range: &Range, by_event: bool, of: impl Fn(&Fact<'_>) -> bool) -> Days {
        let first = range.compared.map_or(range.first, |it| it.0.min(range.first));
        let way = Way { first: first - chrono::Days::new(6), last: range.last, by_event };
        Days(self.counts(way, |it| of(it).then_some(if by_event { Some(it.on) } else { it.sent_on }).flatten()))
    }

    /// By the send day an answer needs a delivery; by the event day it counts all the same.
    pub(super) fn within(&self, way: Way) -> impl Iterator<Item = &Fact<'a>> {
        let day = move |it: &Fact<'_>| if way.by_event { Some(it.on) } else { it.sent_on };
        self.0.iter().filter(move |it| day(it).is_some_and(|it| way.first <= it && it <= way.last))
    }
}

/// What is counted of each day; uniques add up over days.
pub(super) struct Days(BTreeMap<NaiveDate, Counts>);

impl Days {
    pub(super) fn sum(&self, first: NaiveDate, last: NaiveDate) -> Counts {
        let mut sum = Counts::default();
        self.0.range(first..=last).for_each(|it| sum.take_in(it.1));
        sum
    }

    pub(super) fn on(&self, day: NaiveDate) -> Counts {
        self.0.get(&day).cloned().unwrap_or_default()
    }

    /// What a card shows of a measure.
    pub(super) fn figure(&self, range: &Range, measure: &str) -> Figure {
        self.figure_over(range, measure, 1)
    }

    /// The same, with each point of its curve over the `width` days up to it.
    pub(super) fn figure_over(&self, range: &Range, measure: &str, width: u64) -> Figure {
        let of = |first, last| self.sum(first, last).measures()[measure];
        Figure {
            current: of(range.first, range.last),
            previous: range.compared.and_then(|it| of(it.0, it.1)),
            daily: Some(range.days().map(|it| of(it - chrono::Days::new(width - 1), it)).collect()),
        }
    }
}

/// Everything that answers a message: opens, clicks, complaints, unsubscribes, and conversions of `metric` that Klaviyo
/// attributes to it.
fn answers<'a>(
    account: &'a Account,
    kinds: &HashMap<&str, (What, &'static str)>,
    metric: &str,
) -> Vec<(String, &'a Event, Option<What>, &'static str)> {
    let mut answers = Vec::new();
    for event in &account.events {
        if let Some((what, via)) = kinds.get(event.metric.as_str())
            && !matches!(what, What::Delivered | What::Bounced | What::Failed)
            && let Some(message) = &event.message
        {
            answers.push((account.message(message), event, Some(*what), *via));
        }
        if event.metric == metric
            && let Some(message) = credited(account, event)
        {
            answers.push((message, event, None, "unknown"));
        }
    }
    answers
}

/// The message that Klaviyo attributes an event to.
pub(super) fn credited(account: &Account, event: &Event) -> Option<String> {
    let credit = &event.credit;
    let of_campaign = credit.campaign_message.as_ref().or(credit.campaign.as_ref());
    credit.flow_message.clone().or_else(|| of_campaign.map(|it| account.message(it)))
}

/// What is counted of messages.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Counts {
    pub(super) delivered: i64,
    pub(super) openable: i64,
    /// What each channel was sent: deliveries, and recipients.
    sent: BTreeMap<String, (i64, i64)>,
    pub(super) bounced: i64,
    pub(super) failed: i64,
    pub(super) opened: i64,
    opened_at_all: i64,
    opened_by_people: i64,
    pub(super) clicked: i64,
    pub(super) complained: i64,
    pub(super) unsubscribed: i64,
    pub(super) converted: i64,
    pub(super) conversions: i64,
    /// Ten-thousandths.
    pub(super) revenue: i64,
    pub(super) machine_opens: i64,
    pub(super) bot_clicks: i64,
}

impl Counts {
    fn add(&mut self, fact: &Fact<'_>) {
        let sent = self.sent.entry(fact.channel.clone()).or_default();
        sent.0 += i64::from(fact.deed == Deed::Delivered);
        sent.1 += i64::from(matches!(fact.deed, Deed::Delivered | Deed::Bounced | Deed::Failed));
        match fact.deed {
            Deed::Delivered => {
                self.delivered += 1;
                // Of texts opens are not told.
                self.openable += i64::from(fact.channel != "sms");
            }
            Deed::Bounced => self.bounced += 1,
            Deed::Failed => self.failed += 1,
            Deed::Opened => self.opened += 1,
            Deed::OpenedAtAll => self.opened_at_all += 1,
            Deed::OpenedByPeople => self.opened_by_people += 1,
            Deed::Clicked => self.clicked += 1,
            Deed::Complained => self.complained += 1,
            Deed::Unsubscribed => self.unsubscribed += 1,
            Deed::Converted => self.converted += 1,
            Deed::MachineOpen => self.machine_opens += 1,
            Deed::BotClick => self.bot_clicks += 1,
            Deed::Open | Deed::Click => {}
            Deed::Conversion => {
                self.conversions += 1;
                self.revenue += fact.value;
            }
        }
    }

    /// Adds what was counted elsewhere.
    pub(super) fn take_in(&mut self, other: &Counts) {
        self.delivered += other.delivered;
        self.openable += other.openable;
        for (channel, sent) in &other.sent {
            let own = self.sent.entry(channel.clone()).or_default();
            *own = (own.0 + sent.0, own.1 + sent.1);
        }
        self.bounced += other.bounced;
        self.failed += other.failed;
        self.opened += other.opened;
        self.opened_at_all += other.opened_at_all;
        self.opened_by_people += other.opened_by_people;
        self.clicked += other.clicked;
        self.complained += other.complained;
        self.unsubscribed += other.unsubscribed;
        self.converted += other.converted;
        self.conversions += other.conversions;
        self.revenue += other.revenue;
        self.machine_opens += other.machine_opens;
        self.bot_clicks += other.bot_clicks;
    }

    pub(super) fn recipients(&self) -> i64 {
        self.delivered + self.bounced + self.failed
    }

    /// Deliveries and recipients of the channels whose events tell of such an answer. Of none it is unknown.
    fn told(&self, answer: &str) -> Option<(i64, i64)> {
        let channels: &[&str] = match answer {
            "bounced" => &["email", "push"],
            "failed" => &["sms"],
            // A tap on a push message is an open.
            "opened" => &["email", "push", "unknown"],
            "clicked" => &["email", "sms", "unknown"],
            "complained" => &["email"],
            _ => &["email", "sms"],
        };
        let told = self.sent.iter().filter(|it| channels.contains(&it.0.as_str())).map(|it| *it.1);
        told.reduce(|sum, it| (sum.0 + it.0, sum.1 + it.1))
    }

    /// The same by the day of the event, on which the first open of a delivery by a machine says nothing of the later ones.
    pub(super) fn measures_on(&self, by_event: bool) -> Numbers {
        let mut numbers = self.measures();
        if by_event {
            numbers.extend(["openedAtAll", "openedByMachines", "machineOpenShare"].map(|it| (it, None)));
        }
        numbers
    }

    /// Every measure by its name on pages; of nothing there is no share.
    pub(super) fn measures(&self) -> Numbers {
        let recipients = self.recipients();
        let part = |answer: &str, it: i64| count(it).filter(|_| self.told(answer).is_some());
        let delivered = |answer: &str| self.told(answer).map(|it| it.0);
        let reached = |answer: &str| self.told(answer).map(|it| it.1);
        let rate = |it: i64, whole: Option<i64>| whole.and_then(|whole| share(it, whole));
        let by_machines = self.opened_at_all - self.opened_by_people;
        let whole = |it: Option<i64>| it.and_then(count);
        Numbers::from([
            ("clickable", whole(delivered("clicked"))),
            ("bounceable", whole(reached("bounced"))),
            ("failable", whole(reached("failed"))),
            ("unsubscribable", whole(delivered("unsubscribed"))),
            ("complainable", whole(delivered("complained"))),
            ("openedAtAll", count(self.opened_at_all).filter(|_| self.told("opened").is_some())),
            ("openedByMachines", count(by_machines).filter(|_| self.told("opened").is_some())),
            ("machineOpenShare", share(by_machines, self.opened_at_all)),
            ("revenuePerDelivered", each(self.revenue, self.delivered)),
            ("recipients", count(recipients)),
            ("delivered", count(self.delivered)),
            ("deliveryRate", share(self.delivered, recipients)),
            ("openable", count(self.openable)),
            ("opened", part("opened", self.opened)),
            ("openRate", share(self.opened, self.openable)),
            ("clicked", part("clicked", self.clicked)),
            ("clickRate", rate(self.clicked, delivered("clicked"))),
            ("clickToOpenRate", share(self.clicked, self.opened).filter(|_| self.told("clicked").is_some())),
            ("converted", count(self.converted)),
            ("conversionRate", share(self.converted, self.delivered)),
            ("conversions", count(self.conversions)),
            ("revenue", money(self.revenue)),
            ("revenuePerRecipient", each(self.revenue, recipients)),
            ("averageOrderValue", each(self.revenue, self.conversions)),
            ("unsubscribed", part("unsubscribed", self.unsubscribed)),
            ("unsubscribeRate", rate(self.unsubscribed, delivered("unsubscribed"))),
            ("complained", part("complained", self.complained)),
            ("complaintRate", rate(self.complained, delivered("complained"))),
            ("bounced", part("bounced", self.bounced)),
            ("bounceRate", rate(self.bounced, reached("bounced"))),
            ("failed", part("failed", self.failed)),
            ("failureRate", rate(self.failed, reached("failed"))),
            ("undelivered", count(self.bounced + self.failed)),
            ("undeliveredRate", share(self.bounced + self.failed, recipients)),
            ("machineOpens", count(self.machine_opens)),
            ("botClicks", count(self.bot_clicks)),
        ])
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::unnecessary_wraps,
    reason = "numbers of a small shop; shares may be none"
)]
pub(super) fn count(it: i64) -> Option<f64> {
    Some(it as f64)
}

#[expect(clippy::cast_precision_loss, reason = "numbers of a small shop")]
pub(super) fn share(part: i64, whole: i64) -> Option<f64> {
    (whole != 0).then(|| part as f64 / whole as f64)
}

/// How many there are.
pub(super) fn many<T>(of: impl Iterator<Item = T>) -> i64 {
    i64::try_from(of.count()).expect("a count")
}

/// Of ten-thousandths.
#[expect(
    clippy::cast_precision_loss,
    clippy::unnecessary_wraps,
    reason = "numbers of a small shop; shares may be none"
)]
pub(super) fn money(it: i64) -> Option<f64> {
    Some(it as f64 / 10_000.0)
}

pub(super) fn each(amount: i64, whole: i64) -> Option<f64> {
    share(amount, whole).map(|it| it / 10_000.0)
}
