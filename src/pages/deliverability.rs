//! `/deliverability`: do messages arrive, and are they welcome? Rates against the bounds from which on mail providers and
//! Klaviyo mind, by day, channel and mailbox, and the messages that did worst.

mod health;
mod tables;

use chrono::Days;
use serde_json::Value as Json;

pub use health::{Factor, Health, Sent, interpolated};

use super::definitions::{self, Good};
use super::frame::{Frame, Value};
use super::overview::Figure;
use super::page::{Page, Switch};
use super::sheet::Unit;
use super::view::chart::{BY_WEEKS, Line, by_weeks, is_drawn_by_weeks};
use super::view::{Badge, Block, Card, Chart, Content, JUDGED_LEAST, Shape, View, Width, is_judged};
use super::{annotations, notes};
use crate::query;
use crate::range::{Basis, Channel};
use crate::store::Query;
use crate::store::repository::{Document, field};
use crate::web::{Error, format};
use tables::{BY_CHANNEL, BY_DAY, BY_DOMAIN, BY_FAILURE, BY_PROVIDER, WORST_SENDS};

const DAYS: Query = query!("deliverability/days");
const COMPARED: Query = query!("deliverability/compared");
const HEALTH: Query = query!("deliverability/health");
const CHANNELS: Query = query!("deliverability/channels");
const PROVIDERS: Query = query!("deliverability/providers");
const DOMAINS: Query = query!("deliverability/domains");
const FAILURES: Query = query!("deliverability/failures");
const WORST: Query = query!("deliverability/worst");

pub(super) const QUERIES: &[Query] = &[DAYS, COMPARED, HEALTH, CHANNELS, PROVIDERS, DOMAINS, FAILURES, WORST];

pub static PAGE: Page = Page {
    path: "/deliverability",
    about: "Bounces, spam complaints, unsubscribes, opens and clicks against their bounds; sender health",
    template: "view.html",
    switches: &[Switch::Basis, Switch::Machine, Switch::Channel],
    takes: &[],
    sheets: &[&WORST_SENDS, &BY_DAY, &BY_CHANNEL, &BY_PROVIDER, &BY_DOMAIN, &BY_FAILURE],
    load,
    values: own_values,
};

/// Rows of tables beside others.
const TOP: usize = 10;

/// A rate that has a card and a curve: its definition, and what is divided by what.
struct Rate {
    name: &'static str,
    part: &'static str,
    whole: &'static str,
}

const BOUNCES: Rate = Rate { name: "bounce_rate", part: "bounced", whole: "recipients" };
const FAILED: Rate = Rate { name: "failure_rate", part: "failed", whole: "recipients" };
const COMPLAINTS: Rate = Rate { name: "complaint_rate", part: "complained", whole: "delivered" };
const UNSUBSCRIBES: Rate = Rate { name: "unsubscribe_rate", part: "unsubscribed", whole: "delivered" };
const OPENS: Rate = Rate { name: "open_rate", part: "opened", whole: "openable" };
const CLICKS: Rate = Rate { name: "click_rate", part: "clicked", whole: "delivered" };

/// What rates are drawn of.
const DRAWN: [&str; 9] =
    ["recipients", "delivered", "openable", "bounced", "failed", "complained", "unsubscribed", "opened", "clicked"];

/// What a channel tells of itself.
fn rates(channel: Channel) -> &'static [Rate] {
    match channel {
        Channel::Email => &[BOUNCES, COMPLAINTS, UNSUBSCRIBES, OPENS, CLICKS],
        Channel::Sms => &[FAILED, UNSUBSCRIBES, CLICKS],
        Channel::Push => &[BOUNCES, OPENS],
        Channel::Whatsapp => &[OPENS, CLICKS],
    }
}

/// Figures and curves are of one channel, because bounds hold for one: e-mail unless the address names another.
fn of(frame: &Frame<'_>) -> Channel {
    frame.ask.channel.unwrap_or(Channel::Email)
}

fn limit(name: &str) -> f64 {
    definitions::find(name).and_then(|it| it.bands).map_or(1.0, |it| it.attention)
}

#[expect(clippy::unnecessary_wraps, reason = "values of other pages can be unclear")]
fn own_values(frame: &Frame<'_>) -> Result<Vec<Value>, Error> {
    Ok(vec![
        ("of", Box::new(of(frame).name())),
        ("health_start", Box::new(frame.period.range.before() - Days::new(health::DAYS))),
        ("bounce_limit", Box::new(limit("bounce_rate"))),
        ("complaint_limit", Box::new(limit("complaint_rate"))),
        ("unsubscribe_limit", Box::new(limit("unsubscribe_rate"))),
    ])
}

fn load(frame: &Frame<'_>) -> Result<View, Error> {
    let one = |query| -> Result<Document, Error> {
        Ok(frame.documents_with(query, own_values(frame)?)?.into_iter().next().unwrap_or_default())
    };
    let channel = of(frame);
    let days = frame.documents_with(DAYS, own_values(frame)?)?;
    let compared = frame.period.compared.map(|_| one(COMPARED)).transpose()?.unwrap_or_default();
    let drawn = by_weeks(&days, &DRAWN);
    let failures = BY_FAILURE.top(frame, Some(TOP))?;
    let mut cards = Vec::new();
    let mut blocks = Vec::new();
    for rate in rates(channel) {
        let card = rate.card(channel, &days, &drawn, &compared);
        cards.push(if rate.name == "bounce_rate" && channel == Channel::Email {
            card.with(by_hardness(&failures.rows, sum(&days, "recipients")))
        } else {
            card
        });
        blocks.push(rate.curve(frame, channel, &days, &drawn)?);
    }
    if channel == Channel::Email {
        let health = Health::of(&Sent::of(&one(HEALTH)?));
        cards.insert(0, health_card(&health));
        blocks.push(health_block(frame, &health));
    }
    let others = [
        Block::table("Messages that fared worst", WORST_SENDS.table_with(frame, own_values(frame)?)?)
            .hinting(format!("“Times the limit” is how many times the bound of what needs attention is reached. Messages of at least {JUDGED_LEAST} recipients are listed, unless you ask for others.")),
        Block::table("By channel", BY_CHANNEL.top_with(frame, None, own_values(frame)?)?),
        Block::table("By mailbox provider", BY_PROVIDER.top_with(frame, Some(TOP), own_values(frame)?)?)
            .with(by_sending(frame)),
        Block::table("By mailbox domain", BY_DOMAIN.top_with(frame, Some(TOP), own_values(frame)?)?)
            .with(by_sending(frame)),
        Block::table("Why messages did not arrive", failures).with("by the day of the bounce or failure"),
    ];
    blocks.extend(others);
    Ok(View {
        title: "Deliverability".to_owned(),
        lead: format!("Whether messages arrive, and are welcome. Figures and curves are of {}.", noun(channel)),
        cards,
        blocks,
        notes: vec![
            match frame.period.basis {
                Basis::Sent => "Messages count by the day they were sent, with all that happened to them since.",
                Basis::Event => "Messages count by the day on which something happened, whenever they were sent.",
            }
            .to_owned(),
            notes::left_out(frame, notes::Of::Deliveries)?,
            format!(
                "Bounds are those of Klaviyo's deliverability tab (help article 12695416712219), which are of e-mail. Fewer than {JUDGED_LEAST} recipients are not judged."
            ),
        ],
        ..View::default()
    })
}

impl Rate {
    fn of(&self, row: &Document) -> Option<f64> {
        let count = |name: &str| row.get(name).and_then(Json::as_f64);
        let whole = count(self.whole).filter(|it| *it > 0.0)?;
        Some(count(self.part).unwrap_or(0.0) / whole)
    }

    /// Sums are divided; rates are never averaged.
    fn over(&self, days: &[Document]) -> Option<f64> {
        Some(sum(days, self.whole)).filter(|it| *it > 0.0).map(|it| sum(days, self.part) / it)
    }

    fn card(&self, channel: Channel, days: &[Document], drawn: &[Document], compared: &Document) -> Card {
        let daily = drawn.iter().map(|it| self.of(it)).collect();
        let figure = Figure::new(self.over(days), self.of(compared), daily);
        let current = figure.current;
        let words = format!("{} of {}", whole(sum(days, self.part)), whole(sum(days, self.whole)));
        Card::new(self.name, Unit::Share, figure).with(words).judged(judged(self.name, current, channel, days))
    }

    fn curve(
        &self,
        frame: &Frame<'_>,
        channel: Channel,
        days: &[Document],
        drawn: &[Document],
    ) -> Result<Block, Error> {
        let definition = definitions::find(self.name);
        let title = definition.map_or(self.name, |it| it.title);
        let bands = definition.and_then(|it| it.bands).filter(|_| channel == Channel::Email);
        let mut drawn = drawn.to_vec();
        let mut lines = vec![Line::share("Rate", self.part, self.whole)];
        if let Some(bands) = bands {
            for day in &mut drawn {
                day.insert("healthy".to_owned(), bands.healthy.into());
                day.insert("attention".to_owned(), bands.attention.into());
            }
            lines.push(Line::last("Healthy", "healthy").compared());
            lines.push(Line::last("Needs attention", "attention").compared());
        }
        let notes: Vec<_> = annotations::own(frame)?.into_iter().map(|it| (it.day, it.kind, it.words)).collect();
        let chart = Chart::over_time(Shape::Lines, Unit::Share, frame.period, &drawn, &lines, &notes);
        let content = match self.over(days) {
            Some(rate) => {
                let caption = self.caption(frame, channel, rate, days, &chart);
                Content::Chart(chart.saying(caption))
            }
            None => Content::Nothing {
                words: format!(
                    "Nothing was {} in these days.",
                    if self.whole == "recipients" { "sent" } else { "delivered" }
                ),
            },
        };
        let judged = verdict(self.name, Some(0.0)).filter(|_| channel == Channel::Email);
        let bounds = judged.map_or_else(String::new, |it| it.why.to_lowercase());
        let block = Block::new(self.name, title, content).with(bounds).wide(Width::Third).filed("deliverability_days");
        Ok(if is_drawn_by_weeks(days.len()) { block.hinting(BY_WEEKS) } else { block })
    }

    /// Range, rate, verdict and the worst of what is drawn.
    fn caption(&self, frame: &Frame<'_>, channel: Channel, rate: f64, days: &[Document], chart: &Chart) -> String {
        let range = frame.period.range;
        let judged = judged(self.name, Some(rate), channel, days);
        let words = judged.map_or_else(String::new, |it| format!(", {}", it.word.to_lowercase()));
        let key = format!("{}/{}", self.part, self.whole);
        let drawn = chart.rows.iter().filter_map(|it| Some((it.label.as_str(), (*it.values.get(&key)?)?)));
        let is_up = definitions::find(self.name).is_some_and(|it| it.good == Good::Up);
        let worst = drawn.reduce(|a, b| if (is_up && b.1 < a.1) || (!is_up && b.1 > a.1) { b } else { a });
        let worst = worst.map_or_else(String::new, |(label, it)| {
            let time = if is_drawn_by_weeks(days.len()) { "in the 7 days to " } else { "" };
            format!("; {} {time}{label}, {}", if is_up { "lowest" } else { "highest" }, format::percent(it))
        });
        format!("{}: {}{words}{worst}.", format::span(range.start(), range.end()), format::percent(rate))
    }
}

/// The verdict on a rate of `days`: bounds hold for e-mail, and a rate of few is mostly chance.
fn judged(name: &str, rate: Option<f64>, channel: Channel, days: &[Document]) -> Option<Badge> {
    verdict(name, rate).filter(|_| channel == Channel::Email && is_judged(sum(days, "recipients")))
}

/// What a value is called by the bounds of its definition; nothing where it is unknown or has none.
#[must_use]
pub fn verdict(name: &str, value: Option<f64>) -> Option<Badge> {
    Badge::by_bands(name, value)
}

fn health_card(health: &Health) -> Card {
    let detail = match health.score {
        Some(_) => health.advice().unwrap_or_else(|| "All of its factors are healthy.".to_owned()),
        None => format!(
            "Needs {} e-mails in {} days; there were {}.",
            format::grouped(1_000.0, 0),
            health::DAYS,
            whole(as_number(health.recipients))
        ),
    };
    let score = health.score.map(f64::round);
    Card::new("sender_health", Unit::Count, Figure::of_now(score)).with(detail).judged(health.badge())
}

fn health_block(frame: &Frame<'_>, health: &Health) -> Block {
    let end = frame.period.range.end();
    let start = frame.period.range.before() - Days::new(health::DAYS);
    let content = if health.score.is_some() {
        Content::Bars(health.bars())
    } else {
        let words = format!(
            "Too little was sent to tell: fewer than {} e-mails in {} days.",
            health::SENDS_LEAST,
            health::DAYS
        );
        Content::Nothing { words }
    };
    Block::new("sender_health", "Sender health (own formula)", content)
        .with(format!("e-mail sent {}, without machines and bots", format::span(start, end)))
        .wide(Width::Third)
}

/// How much of the bounce rate is for good, and how much may pass.
fn by_hardness(failures: &[Document], recipients: f64) -> String {
    let of = |kind: &str| -> f64 {
        let is = |it: &&Document| it.get("kind").and_then(Json::as_str).is_some_and(|it| it.eq_ignore_ascii_case(kind));
        let count = |it: &Document| it.get("failures").and_then(Json::as_f64);
        failures.iter().filter(is).filter_map(count).sum()
    };
    let rate = |count: f64| if recipients > 0.0 { format::percent(count / recipients) } else { "–".to_owned() };
    format!("hard {}, soft {}", rate(of("hard")), rate(of("soft")))
}

fn by_sending(frame: &Frame<'_>) -> &'static str {
    match frame.period.basis {
        Basis::Sent => "",
        Basis::Event => "by the day of sending",
    }
}

fn noun(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "e-mail",
        Channel::Sms => "text messages",
        Channel::Push => "push messages",
        Channel::Whatsapp => "WhatsApp messages",
    }
}

fn sum(days: &[Document], column: &str) -> f64 {
    let name = field(column);
    days.iter().filter_map(|it| it.get(&name)?.as_f64()).sum()
}

fn whole(count: f64) -> String {
    format::grouped(count, 0)
}

#[expect(clippy::cast_precision_loss, reason = "no account counts to 2^53")]
fn as_number(count: i64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::verdict;

    #[test]
    fn a_rate_is_judged_by_the_bounds_of_its_definition() {
        for (name, value, word) in [
            ("bounce_rate", 0.009, "Healthy"),
            ("bounce_rate", 0.015, "Room for improvement"),
            ("bounce_rate", 0.021, "Needs attention"),
            ("complaint_rate", 0.0001, "Healthy"),
            ("complaint_rate", 0.0003, "Room for improvement"),
            ("complaint_rate", 0.0006, "Needs attention"),
            ("unsubscribe_rate", 0.011, "Needs attention"),
            ("open_rate", 0.34, "Healthy"),
            ("open_rate", 0.30, "Room for improvement"),
            ("open_rate", 0.26, "Needs attention"),
            ("click_rate", 0.0079, "Needs attention"),
        ] {
            assert_eq!(verdict(name, Some(value)).expect("a verdict").word, word, "{name} {value}");
        }
        assert!(verdict("bounce_rate", None).is_none() && verdict("delivered", Some(1.0)).is_none());
    }
}
