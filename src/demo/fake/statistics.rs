//! What reports say, computed from the shop's own memory: by send day, as Klaviyo defines its statistics.

use crate::demo::shop::{Channel, Event, Group, Kind, Mark, NO_MESSAGE, NOBODY, Oddity, Owner, Shop};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone, Utc};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Local days of the account, both included; none where the last is before the first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) first: NaiveDate,
    pub(super) last: NaiveDate,
}

/// One thing that is reported, with its statistics in each span.
pub(super) struct Row {
    groupings: Vec<(&'static str, String)>,
    pub(super) values: Vec<Values>,
}

/// Statistics by name; `None` where there is nothing to say.
pub(super) type Values = BTreeMap<&'static str, Option<f64>>;

impl Row {
    pub(super) fn grouping(&self, name: &str) -> Option<String> {
        self.groupings.iter().find(|it| it.0 == name).map(|it| it.1.clone())
    }
}

/// What is reported of.
pub(super) enum About {
    /// Messages by send day, with what they led to of that kind.
    Messages {
        of_campaigns: bool,
        conversion: Kind,
    },
    Forms {
        by_version: bool,
    },
    Segments,
}

/// Everything that there is something to report of in these spans.
pub(super) fn rows(shop: &Shop, about: &About, spans: &[Span], now: DateTime<Utc>) -> Vec<Row> {
    match *about {
        About::Messages { of_campaigns, conversion } => messages(shop, of_campaigns, spans, conversion, now),
        About::Forms { by_version } => forms(shop, by_version, spans, now),
        About::Segments => segments(shop, spans, now),
    }
}

/// Which of the spans a time is in.
fn place(shop: &Shop, spans: &[Span], at: i64) -> Option<usize> {
    let day = DateTime::from_timestamp(at, 0)?.with_timezone(&shop.plan.zone).date_naive();
    spans.iter().position(|it| it.first <= day && day <= it.last)
}

/// What became of what one message's sends in one span.
#[derive(Default, Clone)]
struct Sent {
    delivered: u32,
    bounced: u32,
    failed: u32,
    texts: u32,
    /// How often each delivery was answered, by kind of answer.
    answers: HashMap<(Answer, i64, u32), u32>,
    cents: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Answer {
    Open,
    Click,
    Unsubscribe,
    Complaint,
    Conversion,
}

impl Sent {
    fn total(&self, answer: Answer) -> f64 {
        self.answers.iter().filter(|it| it.0.0 == answer).map(|it| f64::from(*it.1)).sum()
    }

    /// Deliveries that were answered at least once.
    fn unique(&self, answer: Answer) -> f64 {
        self.answers.iter().filter(|it| it.0.0 == answer).map(|_| 1.0).sum()
    }

    fn values(&self) -> Values {
        let [delivered, bounced, failed] = [self.delivered, self.bounced, self.failed].map(f64::from);
        let recipients = delivered + bounced + failed;
        let part = |some: f64, of: f64| if of > 0.0 { some / of } else { 0.0 };
        let opened = self.unique(Answer::Open);
        let clicked = self.unique(Answer::Click);
        let converted = self.unique(Answer::Conversion);
        let left = self.unique(Answer::Unsubscribe);
        let conversions = self.total(Answer::Conversion);
        #[expect(clippy::cast_precision_loss, reason = "less than a shop could earn")]
        let value = self.cents as f64 / 100.0;
        let texts = (self.texts > 0).then(|| f64::from(self.texts));
        [
            ("recipients", Some(recipients)),
            ("delivered", Some(delivered)),
            ("bounced", Some(bounced)),
            ("failed", Some(failed)),
            ("bounced_or_failed", Some(bounced + failed)),
            ("opens", Some(self.total(Answer::Open))),
            ("opens_unique", Some(opened)),
            ("clicks", Some(self.total(Answer::Click))),
            ("clicks_unique", Some(clicked)),
            ("unsubscribes", Some(self.total(Answer::Unsubscribe))),
            ("unsubscribe_uniques", Some(left)),
            ("spam_complaints", Some(self.total(Answer::Complaint))),
            ("conversions", Some(conversions)),
            ("conversion_uniques", Some(converted)),
            ("conversion_value", Some(value)),
            ("average_order_value", Some(part(value, conversions))),
            ("revenue_per_recipient", Some(part(value, recipients))),
            ("delivery_rate", Some(part(delivered, recipients))),
            ("bounce_rate", Some(part(bounced, recipients))),
            ("failed_rate", Some(part(failed, recipients))),
            ("bounced_or_failed_rate", Some(part(bounced + failed, recipients))),
            ("open_rate", Some(part(opened, delivered))),
            ("click_rate", Some(part(clicked, delivered))),
            ("click_to_open_rate", Some(part(clicked, opened))),
            ("conversion_rate", Some(part(converted, delivered))),
            ("unsubscribe_rate", Some(part(left, delivered))),
            ("spam_complaint_rate", Some(part(self.total(Answer::Complaint), delivered))),
            // Of what is no text message nothing is said.
            ("message_segment_count_sum", texts),
            ("text_message_credit_usage_amount", texts),
            ("text_message_spend", texts.map(|it| it / 100.0)),
            ("text_message_roi", texts.map(|it| part(value, it / 100.0))),
        ]
        .into()
    }
}

/// Messages of campaigns or of flows, by when they were sent. A reaction belongs to the last delivery of its message
/// to its profile at or before it.
fn messages(shop: &Shop, of_campaigns: bool, spans: &[Span], conversion: Kind, now: DateTime<Utc>) -> Vec<Row> {
    let is_wanted = |message: u16| {
        message != NO_MESSAGE && matches!(shop.messages[usize::from(message)].owner, Owner::Campaign(_)) == of_campaigns
    };
    let mut delivered: HashMap<(u32, u16), Vec<i64>> = HashMap::new();
    let mut sent: BTreeMap<u16, Vec<Sent>> = BTreeMap::new();
    let mut of_message = |message: u16, place: usize, change: &dyn Fn(&mut Sent)| {
        change(&mut sent.entry(message).or_insert_with(|| vec![Sent::default(); spans.len()])[place]);
    };
    let past = shop.events.iter().filter(|it| it.at <= now.timestamp() && it.profile != NOBODY);
    for event in past {
        let (message, answer) = told(event, conversion);
        if !is_wanted(message) {
            continue;
        }
        let Some(answer) = answer else {
            if event.kind.is_delivery() {
                delivered.entry((event.profile, message)).or_default().push(event.at);
            }
            let Some(place) = place(shop, spans, event.at) else { continue };
            match event.kind {
                Kind::BouncedEmail | Kind::BouncedPush => of_message(message, place, &|it| it.bounced += 1),
                Kind::FailedText => of_message(message, place, &|it| it.failed += 1),
                Kind::ReceivedText => {
                    of_message(message, place, &|it| (it.delivered, it.texts) = (it.delivered + 1, it.texts + 1));
                }
                kind if kind.is_delivery() => of_message(message, place, &|it| it.delivered += 1),
                _ => {}
            }
            continue;
        };
        let deliveries = delivered.get(&(event.profile, message));
        let Some(&at) = deliveries.and_then(|it| it.iter().rev().find(|at| **at <= event.at)) else { continue };
        let Some(place) = place(shop, spans, at) else { continue };
        let cents = if answer == Answer::Conversion { shop.value_cents(event).unwrap_or(0) } else { 0 };
        of_message(message, place, &|it| {
            *it.answers.entry((answer, at, event.profile)).or_default() += 1;
            it.cents += i64::from(cents);
        });
    }
    sent.into_iter().map(|(message, sent)| message_row(shop, message, &sent)).collect()
}

/// The message that an event is about, and what kind of answer to it the event is, if it is one.
fn told(event: &Event, conversion: Kind) -> (u16, Option<Answer>) {
    let answer = match event.kind {
        Kind::OpenedEmail | Kind::OpenedPush => Some(Answer::Open),
        Kind::ClickedEmail | Kind::ClickedText if event.mark != Mark::Bot => Some(Answer::Click),
        Kind::MarkedSpam => Some(Answer::Complaint),
        Kind::UnsubscribedEmail | Kind::UnsubscribedText => Some(Answer::Unsubscribe),
        kind if kind == conversion && event.oddity != Oddity::NoMetric => {
            return (event.attributed_message, Some(Answer::Conversion));
        }
        _ => None,
    };
    (event.message, answer)
}

fn message_row(shop: &Shop, message: u16, sent: &[Sent]) -> Row {
    let said = &shop.messages[usize::from(message)];
    let channel = match said.channel {
        Channel::Email => "email",
        Channel::Text => "sms",
        Channel::Push => "push-notification",
    };
    let mut groupings = vec![("send_channel", channel.to_owned())];
    match said.owner {
        Owner::Campaign(campaign) => groupings.extend([
            ("campaign_id", shop.campaigns[usize::from(campaign)].id.clone()),
            ("campaign_message_id", said.id.clone()),
            ("campaign_message_name", said.name.clone()),
        ]),
        Owner::Flow { flow, .. } => groupings.extend([
            ("flow_id", shop.flows[usize::from(flow)].id.clone()),
            ("flow_name", shop.flows[usize::from(flow)].name.to_owned()),
            ("flow_message_id", said.id.clone()),
            ("flow_message_name", said.name.clone()),
        ]),
    }
    Row { groupings, values: sent.iter().map(Sent::values).collect() }
}

/// What happened with one version of a form in one span: events, and profiles with at least one.
#[derive(Default, Clone)]
struct Shown {
    counts: [u32; 3],
    people: [HashSet<u32>; 3],
}

fn forms(shop: &Shop, by_version: bool, spans: &[Span], now: DateTime<Utc>) -> Vec<Row> {
    let mut shown: BTreeMap<(u32, usize), Vec<Shown>> = BTreeMap::new();
    for event in shop.events.iter().filter(|it| it.at <= now.timestamp()) {
        let what = match event.kind {
            Kind::ViewedForm => 0,
            Kind::SubmittedForm => 1,
            Kind::ClosedForm => 2,
            _ => continue,
        };
        let Some(place) = place(shop, spans, event.at) else { continue };
        let versions = shop.forms[event.detail as usize].versions.len();
        let key = (event.detail, if by_version { event.serial as usize % versions } else { 0 });
        let it = &mut shown.entry(key).or_insert_with(|| vec![Shown::default(); spans.len()])[place];
        it.counts[what] += 1;
        it.people[what].insert(event.profile);
    }
    let row = |((form, version), shown): ((u32, usize), Vec<Shown>)| {
        let form = &shop.forms[form as usize];
        let groupings = vec![("form_id", form.id.clone()), ("form_version_id", form.versions[version].clone())];
        Row { groupings, values: shown.iter().map(Shown::values).collect() }
    };
    shown.into_iter().map(row).collect()
}

impl Shown {
    fn values(&self) -> Values {
        let [views, submits, closes] = self.counts.map(f64::from);
        let unique = |what: usize| self.people[what].iter().map(|_| 1.0).sum::<f64>();
        let rate = if views > 0.0 { submits / views } else { 0.0 };
        [
            ("viewed_form", views),
            ("viewed_form_uniques", unique(0)),
            ("viewed_form_step", views),
            ("viewed_form_step_uniques", unique(0)),
            ("submits", submits),
            ("submitted_form_step", submits),
            ("submitted_form_step_uniques", unique(1)),
            ("closed_form", closes),
            ("closed_form_uniques", unique(2)),
            ("qualified_form", 0.0),
            ("qualified_form_uniques", 0.0),
            ("submit_rate", rate),
        ]
        .map(|(name, value)| (name, Some(value)))
        .into()
    }
}

fn segments(shop: &Shop, spans: &[Span], now: DateTime<Utc>) -> Vec<Row> {
    let row = |segment: &Group| {
        let values = spans.iter().map(|span| members(shop, segment, *span, now)).collect();
        Row { groupings: vec![("segment_id", segment.id.clone())], values }
    };
    shop.segments.iter().filter(|it| !it.gone).map(row).collect()
}

fn members(shop: &Shop, segment: &Group, span: Span, now: DateTime<Utc>) -> Values {
    let size = |before: NaiveDate| {
        let midnight = shop.plan.zone.from_local_datetime(&before.and_time(NaiveTime::MIN)).earliest();
        let until = midnight.map_or(now.timestamp(), |it| it.timestamp() - 1).min(now.timestamp());
        #[expect(clippy::cast_precision_loss, reason = "a number of profiles")]
        let size = shop.members(segment, until).count() as f64;
        size
    };
    let (before, after) = (size(span.first), size(span.last.succ_opt().unwrap_or(span.last)));
    [
        ("total_members", after),
        ("members_added", (after - before).max(0.0)),
        ("members_removed", (before - after).max(0.0)),
        ("net_members_changed", after - before),
    ]
    .map(|(name, value)| (name, Some(value)))
    .into()
}
