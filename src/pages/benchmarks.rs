//! `/benchmarks`: how do the account's rates stand beside published ones, and what is wrong with the account, or may be?
//! `/benchmarks/<id>`: one rule of the audit with its evidence.

pub mod audit;
pub mod editions;
mod evidence;
mod limits;
mod rules;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::json;

use super::frame::{Frame, Value};
use super::notes;
use super::overview::Figure;
use super::page::{Page, Switch};
use super::sheet::{Column, Sheet, Unit};
use super::view::{Badge, Bar, Bars, Block, Card, Content, Fact, JUDGED_LEAST, Link, View, Width, is_judged};
use crate::query;
use crate::range::{Basis, RATE_DAYS, Unclear};
use crate::store::{self, Query};
use crate::web::Error;
use crate::web::format;
use audit::{Finding, Limit, Rule, Verdict};
use editions::{Edition, Kind, MEASURES, MONEY, Standing};

const SENT: Query = query!("benchmarks/sent");
const OWN_RATES: Query = query!("benchmarks/rates");
const OWN_AMOUNTS: Query = query!("benchmarks/amounts");
const FINDINGS: Query = query!("benchmarks/findings");

pub(super) const QUERIES: &[Query] = &[SENT, OWN_RATES, OWN_AMOUNTS, FINDINGS];
pub(super) const AUDIT_QUERIES: &[Query] = evidence::QUERIES;

const TAKES: &[(&str, &str)] = &[("edition", "Which benchmarks: the name of an edition, such as klaviyo-2025")];

pub static PAGE: Page = Page {
    path: "/benchmarks",
    about: "The account's rates beside published ones, and the audit's findings",
    template: "benchmarks.html",
    switches: &[Switch::Basis, Switch::Machine, Switch::Metric],
    takes: TAKES,
    sheets: &[&AUDIT, &RATES, &AMOUNTS],
    load: list,
    values: own_values,
};

pub static RULE: Page = Page {
    path: "/benchmarks/<id>",
    about: "One rule of the audit: why it matters, what was found, and the evidence",
    template: "view.html",
    switches: &[Switch::Machine, Switch::Metric],
    takes: &[],
    sheets: evidence::SHEETS,
    load: rule,
    values: rule_values,
};

static AUDIT: Sheet = Sheet {
    name: "audit",
    title: "Audit",
    query: FINDINGS,
    by_event: None,
    columns: &[
        Column::text("name", "Question"),
        Column::new("verdict", "Verdict", Unit::Badge),
        Column::text("found", "What was found"),
        Column::text("todo", "What to do"),
        Column::text("area", "Area"),
        Column::new("judged", "Judged", Unit::Count).hidden(),
        Column::new("beyond", "Beyond", Unit::Count).hidden(),
        Column::new("urgency", "Urgency", Unit::Count).hidden(),
    ],
    order: "urgency",
    search: &["name", "found", "todo", "area", "verdict"],
    link: Some("/benchmarks/"),
    sample: None,
    nothing: "There is no rule.",
};

static RATES: Sheet = Sheet {
    name: "benchmark_rates",
    title: "Rates beside the benchmarks",
    query: OWN_RATES,
    by_event: None,
    columns: &[
        Column::text("name", "Measure"),
        Column::text("kind", "Sent by"),
        Column::new("channel", "Channel", Unit::Badge),
        Column::new("counted", "Counted", Unit::Count).hidden(),
        Column::new("whole", "Out of", Unit::Count),
        Column::new("own_rate", "Own", Unit::Share),
        Column::new("average_rate", "Average", Unit::Share),
        Column::new("top_rate", "Best tenth", Unit::Share),
        Column::new("verdict", "Stands", Unit::Badge),
        Column::text("edition", "Edition"),
    ],
    order: "kind",
    search: &[],
    link: None,
    sample: None,
    nothing: "Nothing was sent in these days.",
};

static AMOUNTS: Sheet = Sheet {
    name: "benchmark_amounts",
    title: "Revenue per recipient beside the benchmarks",
    query: OWN_AMOUNTS,
    by_event: None,
    columns: &[
        Column::text("name", "Measure"),
        Column::text("kind", "Sent by"),
        Column::new("channel", "Channel", Unit::Badge),
        Column::new("counted", "Revenue", Unit::Money),
        Column::new("whole", "Recipients", Unit::Count),
        Column::new("own_amount", "Own", Unit::Money),
        Column::new("average_amount", "Average", Unit::Money),
        Column::new("top_amount", "Best tenth", Unit::Money),
        Column::new("verdict", "Stands", Unit::Badge),
        Column::text("edition", "Edition"),
    ],
    order: "kind",
    search: &[],
    link: None,
    sample: None,
    nothing: "Nothing was sent in these days.",
};

/// How a rate of e-mail stands beside the edition that the address names, or the usual one: for cards of any page.
///
/// `metric` is named as its definition is. Nothing where the edition states no such figure or there is no rate.
#[must_use]
pub fn badge(frame: &Frame<'_>, kind: Kind, metric: &str, value: Option<f64>) -> Option<Badge> {
    let edition = frame.benchmarks.edition(frame.ask.own("edition")).or_else(|| frame.benchmarks.edition(None))?;
    edition.badge(kind, metric, value, &frame.currency)
}

/// What was sent, summed.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    recipients: i64,
    delivered: i64,
    openable: i64,
    clickable: i64,
    opened: i64,
    clicked: i64,
    converted: i64,
    revenue: f64,
}

/// One measure of what campaigns or flows sent through one channel, beside the benchmark.
#[derive(Debug, Serialize)]
struct Row {
    #[serde(skip)]
    metric: &'static str,
    name: &'static str,
    kind: &'static str,
    channel: String,
    counted: Option<f64>,
    whole: i64,
    #[serde(flatten)]
    beside: BTreeMap<&'static str, Option<f64>>,
    verdict: Option<&'static str>,
    edition: String,
    #[serde(skip)]
    standing: Option<Standing>,
    #[serde(skip)]
    own: Option<f64>,
    #[serde(skip)]
    average: Option<f64>,
    #[serde(skip)]
    top: Option<f64>,
}

/// What was sent on each day, by kind and channel.
type Sent = BTreeMap<(&'static str, String), BTreeMap<NaiveDate, Counts>>;

const KINDS: [Kind; 2] = [Kind::Campaign, Kind::Flow];

fn list(frame: &Frame<'_>) -> Result<View, Error> {
    let edition = edition(frame)?;
    let sent = sent(frame)?;
    let rows = rows(frame, &sent, edition);
    let findings = audit::findings(frame)?;
    let values = || values(&rows, &findings);
    let mut blocks = vec![
        beside(frame, "campaign-benchmarks", Kind::Campaign, &rows, edition),
        beside(frame, "flow-benchmarks", Kind::Flow, &rows, edition),
    ];
    blocks.push(Block::table("Audit", AUDIT.table_with(frame, values())?).with(summary(&findings)).hinting(AUDIT_HINT));
    blocks.push(Block::table(RATES.title, RATES.top_with(frame, None, values())?).with(edition.title.clone()));
    blocks.push(Block::table(AMOUNTS.title, AMOUNTS.top_with(frame, None, values())?).with(edition.title.clone()));
    let mut more = serde_json::Map::new();
    more.insert("edition".to_owned(), json!(edition));
    more.insert("editions".to_owned(), json!(frame.benchmarks.editions));
    more.insert("problem".to_owned(), json!(frame.benchmarks.problem));
    Ok(View {
        title: "Benchmarks & audit".to_owned(),
        lead: "How the account stands beside others, and what to look at.".to_owned(),
        cards: cards(frame, &sent, edition),
        blocks,
        notes: small_print(frame, edition)?,
        more,
        ..View::default()
    })
}

const AUDIT_HINT: &str = "Every rule leads to its evidence, its bounds and where these come from. A rule that the data cannot answer says so.";

/// The edition that the address names, or the usual one.
fn edition<'a>(frame: &'a Frame<'_>) -> Result<&'a Edition, Error> {
    let name = frame.ask.own("edition");
    frame.benchmarks.edition(name).ok_or_else(|| {
        let names: Vec<&str> = frame.benchmarks.editions.iter().map(|it| it.name.as_str()).collect();
        let problem = format!("“{}” is not one of {}", name.unwrap_or_default(), names.join(", "));
        Error::BadRequest(Unclear { parameter: "edition", problem })
    })
}

fn sent(frame: &Frame<'_>) -> Result<Sent, store::Error> {
    let mut sent: Sent = BTreeMap::new();
    for day in frame.documents(SENT)? {
        let count = |name: &str| day.get(name).and_then(serde_json::Value::as_i64).unwrap_or_default();
        let text = |name: &str| day.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
        let Ok(date) = text("date").parse::<NaiveDate>() else { continue };
        let kind = KINDS.into_iter().map(Kind::name).find(|it| *it == text("kind")).unwrap_or_default();
        let counts = Counts {
            recipients: count("recipients"),
            delivered: count("delivered"),
            openable: count("openable"),
            clickable: count("clickable"),
            opened: count("opened"),
            clicked: count("clicked"),
            converted: count("converted"),
            revenue: day.get("revenue").and_then(serde_json::Value::as_f64).unwrap_or_default(),
        };
        sent.entry((kind, text("channel").to_owned())).or_default().insert(date, counts);
    }
    Ok(sent)
}

impl Counts {
    fn plus(self, other: Counts) -> Counts {
        Counts {
            recipients: self.recipients + other.recipients,
            delivered: self.delivered + other.delivered,
            openable: self.openable + other.openable,
            clickable: self.clickable + other.clickable,
            opened: self.opened + other.opened,
            clicked: self.clicked + other.clicked,
            converted: self.converted + other.converted,
            revenue: self.revenue + other.revenue,
        }
    }

    /// What a rate is divided from.
    fn parts(self, metric: &str) -> (i64, i64) {
        match metric {
            "open_rate" => (self.opened, self.openable),
            "click_rate" => (self.clicked, self.clickable),
            _ => (self.converted, self.delivered),
        }
    }
}

/// Every measure of every kind and channel that sent anything in the range.
fn rows(frame: &Frame<'_>, sent: &Sent, edition: &Edition) -> Vec<Row> {
    let mut rows = Vec::new();
    for ((kind, channel), days) in sent {
        let of = KINDS.into_iter().find(|it| it.name() == *kind).unwrap_or(Kind::Campaign);
        let within = days.iter().filter(|it| frame.period.range.contains(*it.0));
        let counts = within.fold(Counts::default(), |sum, it| sum.plus(*it.1));
        if counts.recipients == 0 {
            continue;
        }
        for metric in MEASURES {
            let is_money = *metric == MONEY;
            // Without a metric that stands for conversions nothing is known of them.
            let is_known = frame.metric.is_some() || !["conversion_rate", MONEY].contains(metric);
            let (part, whole) = if is_money { (0, counts.recipients) } else { counts.parts(metric) };
            let part = if is_money { counts.revenue } else { part as f64 };
            let own = (is_known && whole > 0).then(|| part / whole as f64);
            let stated = edition.stated(of, channel, metric, &frame.currency);
            let (average, top) = stated.map_or((None, None), |it| (it.average, it.top));
            let standing = stated.zip(own).filter(|_| is_judged(counts.recipients as f64));
            let standing = standing.and_then(|(it, own)| it.standing(own));
            let names = if is_money {
                ["own_amount", "average_amount", "top_amount"]
            } else {
                ["own_rate", "average_rate", "top_rate"]
            };
            rows.push(Row {
                metric,
                name: super::definitions::find(metric).map_or(*metric, |it| it.title),
                kind: if of == Kind::Campaign { "campaigns" } else { "flows" },
                channel: channel.clone(),
                counted: own.map(|_| part),
                whole,
                beside: names.into_iter().zip([own, average, top]).collect(),
                verdict: standing.map(Standing::word),
                standing,
                edition: stated.map(|_| edition.title.clone()).unwrap_or_default(),
                own,
                average,
                top,
            });
        }
    }
    rows
}

/// What the sheets of the page are made of.
fn values(rows: &[Row], findings: &[Finding]) -> Vec<Value> {
    let (amounts, rates): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|it| it.metric == MONEY);
    vec![
        ("rates", Box::new(json!(rates).to_string())),
        ("amounts", Box::new(json!(amounts).to_string())),
        ("findings", Box::new(json!(findings).to_string())),
    ]
}

fn own_values(frame: &Frame<'_>) -> Result<Vec<Value>, Error> {
    let edition = edition(frame)?;
    Ok(values(&rows(frame, &sent(frame)?, edition), &audit::findings(frame)?))
}

/// E-mail, which is what editions are about.
fn cards(frame: &Frame<'_>, sent: &Sent, edition: &Edition) -> Vec<Card> {
    let nothing = BTreeMap::new();
    let card = |kind: Kind, metric: &'static str, title: &str| {
        let days = sent.get(&(kind.name(), "email".to_owned())).unwrap_or(&nothing);
        let of = |day| days.get(&day).copied().unwrap_or_default().parts(metric);
        let figure = match &frame.metric {
            None if metric == "conversion_rate" => Figure::unknown(frame.period),
            _ => Figure::of_drawn_shares(frame.period, of),
        };
        let recipients = frame.period.range.days().filter_map(|it| days.get(&it)).map(|it| it.recipients).sum::<i64>();
        let badge =
            edition.badge(kind, metric, figure.current, &frame.currency).filter(|_| is_judged(recipients as f64));
        let stated = edition.stated(kind, "email", metric, &frame.currency);
        let detail = stated
            .map_or_else(|| format!("{} states none", edition.title), |it| words(it.average, it.top, Unit::Share, ""));
        Card::new(metric, Unit::Share, figure).titled(title).with(detail).judged(badge)
    };
    vec![
        card(Kind::Campaign, "click_rate", "Campaign click rate, e-mail"),
        card(Kind::Campaign, "conversion_rate", "Campaign conversion rate, e-mail"),
        card(Kind::Flow, "click_rate", "Flow click rate, e-mail"),
        card(Kind::Flow, "conversion_rate", "Flow conversion rate, e-mail"),
    ]
}

/// "average 1.69 %, best tenth 3.38 %"
fn words(average: Option<f64>, top: Option<f64>, unit: Unit, currency: &str) -> String {
    let written = |it| if unit == Unit::Money { format::money(it, currency) } else { format::percent(it) };
    let average = average.map(|it| format!("average {}", written(it)));
    let top = top.map(|it| format!("best tenth {}", written(it)));
    [average, top].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A bar for each measure of e-mail, each on a scale of its own, with the average and the best tenth as ticks.
fn beside(frame: &Frame<'_>, name: &'static str, kind: Kind, rows: &[Row], edition: &Edition) -> Block {
    let of = if kind == Kind::Campaign { "campaigns" } else { "flows" };
    let bars: Vec<Bar> = rows
        .iter()
        .filter(|it| it.kind == of && it.channel == "email")
        .map(|it| bar(it, edition, &frame.currency))
        .collect();
    let title = if kind == Kind::Campaign { "Campaigns, by e-mail" } else { "Flows, by e-mail" };
    let content = if bars.is_empty() {
        Content::Nothing { words: format!("No {of} sent e-mail in these days.") }
    } else {
        Content::Bars(Bars { unit: Unit::Share, bars })
    };
    Block::new(name, title, content)
        .with(edition.title.clone())
        .wide(Width::Half)
        .defined("benchmark")
        .filed(RATES.name)
}

fn bar(row: &Row, edition: &Edition, currency: &str) -> Bar {
    let unit = if row.metric == MONEY { Unit::Money } else { Unit::Share };
    // What is furthest out stands a little before the end.
    let scale = [row.own, row.average, row.top].into_iter().flatten().fold(0.0, f64::max) * 1.1;
    let place = |it: Option<f64>| it.filter(|_| scale > 0.0).map(|it| it / scale);
    let told = words(row.average, row.top, unit, currency);
    Bar {
        name: row.name.to_owned(),
        value: row.own,
        unit: Some(unit),
        // Beside nothing a bar would say nothing.
        share: place(row.own).filter(|_| row.average.or(row.top).is_some()),
        tick: place(row.average),
        top: place(row.top),
        tick_words: if told.is_empty() { "No published figure in this edition".to_owned() } else { told },
        badge: row.standing.map(|it| it.badge(edition)),
        ..Bar::default()
    }
}

/// "3 to act on, 4 to look at, 2 cannot be told, 23 pass"
fn summary(findings: &[Finding]) -> String {
    let count = |verdict| findings.iter().filter(|it| it.verdict == verdict).count();
    let words = [
        (Verdict::Act, "to act on"),
        (Verdict::Look, "to look at"),
        (Verdict::Unknown, "cannot be told"),
        (Verdict::Passes, "pass"),
    ];
    words.map(|(verdict, words)| format!("{} {words}", count(verdict))).join(", ")
}

fn small_print(frame: &Frame<'_>, edition: &Edition) -> Result<Vec<String>, store::Error> {
    let mut notes = vec![
        format!("Benchmarks: {} ({}). Editions count differently and are never mixed.", edition.source, edition.year),
        format!("A rate is {}; of fewer than {JUDGED_LEAST} recipients nothing is said.", editions::BANDS),
        match frame.period.basis {
            Basis::Sent => "Messages count by the day they were sent, with all that happened to them since.",
            Basis::Event => {
                "Rates count by the day on which something happened, whenever the message was sent; the audit counts by the day of sending."
            }
        }
        .to_owned(),
        notes::left_out(frame, notes::Of::Messages)?,
        format!("The little curves show, on each day, the rate of the {RATE_DAYS} days up to it."),
    ];
    if edition.is_foreign(&frame.currency) {
        notes.push("Its amounts are in another currency than the account's and are left out.".to_owned());
    }
    Ok(notes)
}

/// The rule that the address is about.
fn asked(frame: &Frame<'_>) -> Result<&'static Rule, Error> {
    frame.id.and_then(audit::find).ok_or(Error::NotFound("rule of the audit"))
}

/// Why a rate beyond a bound may pass.
const HOW_RATES_ARE_JUDGED: &str = "All campaigns and all flows together are judged by both bounds. One sender of them is worth a look where it is beyond the second; between the two it passes. One bounce, complaint or unsubscribe alone is chance.";

fn rule(frame: &Frame<'_>) -> Result<View, Error> {
    let rule = asked(frame)?;
    let finding = rule.finding(frame)?;
    let table = rule.evidence.table_with(frame, rule.values(frame))?;
    let fact = |name: &str, value: &str| Fact {
        name: name.to_owned(),
        unit: Unit::Text,
        value: json!(value),
        path: None,
        detail: String::new(),
    };
    let mut facts = vec![
        Fact { unit: Unit::Badge, ..fact("Verdict", finding.verdict.word()) },
        fact("What was found", &finding.found),
        fact("Why it matters", rule.why),
        fact("What to do", rule.todo),
    ];
    facts.extend(rule.limits().into_iter().map(bound));
    let mut evidence = Block::table("Evidence", table).with(format!("all {} that were judged", rule.of));
    if rule.evidence.name == evidence::BOUNDS.name {
        evidence = evidence.hinting(HOW_RATES_ARE_JUDGED);
    }
    let mut more = serde_json::Map::new();
    more.insert("id".to_owned(), json!(rule.id));
    more.insert("finding".to_owned(), json!(finding));
    Ok(View {
        title: rule.question.to_owned(),
        lead: format!("A rule of the audit, about {}.", rule.area.to_lowercase()),
        parent: Some(Link { title: "Benchmarks & audit".to_owned(), path: "/benchmarks".to_owned() }),
        blocks: vec![Block::new("rule", "The rule", Content::Facts { facts }).defined("verdict"), evidence],
        notes: vec![notes::left_out(frame, notes::Of::Messages)?],
        more,
        ..View::default()
    })
}

fn bound(limit: &Limit) -> Fact {
    Fact {
        name: limit.about.to_owned(),
        unit: limit.unit,
        value: json!(limit.value),
        path: None,
        detail: limit.source.to_owned(),
    }
}

fn rule_values(frame: &Frame<'_>) -> Result<Vec<Value>, Error> {
    Ok(asked(frame)?.values(frame))
}
