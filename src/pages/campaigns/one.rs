//! `/campaigns/<id>`: what did this campaign say, to whom, and what came of it?

pub(super) mod reported;
pub(super) mod sheets;
mod variations;

use chrono::{DateTime, Days, NaiveDateTime, Utc};
use serde_json::{Value as Json, json};

use super::counts::{Counts, FIGURES_OF_ONE, Measure, OTHERS_OF_ONE};
use super::names::{self, Names};
use super::{ARMS, AUDIENCES, FACTS, USUAL, curve};
use crate::pages::frame::{Frame, Value};
use crate::pages::overview::Figure;
use crate::pages::page::{Page, Switch};
use crate::pages::sheet::Unit;
use crate::pages::view::{Block, Card, Content, Fact, Funnel, Link, View, Width};
use crate::pages::{notes, preview};
use crate::range::Channel;
use crate::store::{self, FromRow, Row, RowResult};
use crate::web::Error;
use sheets::{CLIENTS, LINKS, MAILBOXES, ORDERS, PROVIDERS, VARIATIONS};
use variations::Arm;

/// What is usual is that of so many days before.
const USUAL_DAYS: Days = Days::new(90);

/// Rows of the tables that are not paged.
const ROWS: usize = 10;

pub static ONE: Page = Page {
    path: "/campaigns/<id>",
    about: "One campaign: what it said, to whom, and all that came of it",
    template: "view.html",
    switches: &[Switch::Machine, Switch::Metric],
    takes: &[],
    sheets: &[&ORDERS, &curve::SHEET, &LINKS, &PROVIDERS, &MAILBOXES, &CLIENTS, &VARIATIONS, &reported::SHEET],
    load,
    values: own_values,
};

/// What is known of the campaign itself.
#[derive(Debug)]
struct Facts {
    name: String,
    status: Option<String>,
    channel: Option<String>,
    sent_at: Option<NaiveDateTime>,
    is_archived: bool,
    is_deleted: bool,
    tags: Option<String>,
}

/// A campaign that reached people, and when.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    names: Names,
    now: DateTime<Utc>,
}

/// A list or segment that it was to reach, or to spare.
struct Audience {
    name: String,
    kind: Option<String>,
    is_excluded: bool,
}

/// All measures of the campaign; of the others only those that are known.
struct Figures {
    cards: Vec<Card>,
    others: Vec<Card>,
    /// What they are compared with, in words.
    against: String,
}

/// What campaigns of the channel did before, and how many they were.
struct Usual {
    campaigns: i64,
    counts: Counts,
}

impl Sent {
    /// What every query about its deliveries and events names: all that happened to the present.
    fn values(&self) -> Vec<Value> {
        self.names.values(self.now + Days::new(1))
    }
}

fn facts(frame: &Frame<'_>) -> Result<Facts, Error> {
    frame.rows::<Facts>(FACTS)?.into_iter().next().ok_or(Error::NotFound("campaign"))
}

fn sent(frame: &Frame<'_>) -> Result<Option<Sent>, store::Error> {
    let names = names::load(frame, frame.id.unwrap_or_default())?;
    Ok(names.map(|names| Sent { names, now: frame.now }))
}

/// For files; of what was not sent, nothing.
fn own_values(frame: &Frame<'_>) -> Result<Vec<Value>, Error> {
    facts(frame)?;
    let sent = sent(frame)?.unwrap_or(Sent { names: Names::none(frame.today()), now: frame.now });
    let mut values = sent.values();
    values.push(curve::hours());
    Ok(values)
}

fn load(frame: &Frame<'_>) -> Result<View, Error> {
    let facts = facts(frame)?;
    let id = frame.id.unwrap_or_default();
    let messages = preview::load(frame)?;
    let mut view = View {
        title: facts.name.clone(),
        lead: "All that happened since it was sent.".to_owned(),
        parent: Some(Link { title: "Campaigns".to_owned(), path: "/campaigns".to_owned() }),
        is_of_all_days: true,
        notes: vec!["Attribution is Klaviyo's own.".to_owned(), notes::left_out_of_campaigns(frame, id)?],
        ..View::default()
    };
    view.more.insert("id".to_owned(), json!(id));
    let about = about(frame, &facts, &messages)?;
    let previews = preview::blocks(&format!("/campaigns/{id}"), &messages);
    let Some(sent) = sent(frame)? else {
        "It reached nobody yet.".clone_into(&mut view.lead);
        view.blocks = vec![about];
        view.blocks.extend(previews);
        return Ok(view);
    };
    let arms: Vec<Arm> = frame.rows_with(ARMS, sent.values())?;
    let counts = Counts::of_all(arms.iter().map(|it| &it.counts), frame.metric.is_some());
    let Figures { cards, others, against } = figures(frame, &facts, &sent, &counts)?;
    view.cards = cards;
    view.lead = format!("All that happened since it was sent, {against}.");
    view.blocks =
        vec![Block::new("measures", "More measures", Content::Strip { cards: others }), funnel(frame, &counts), about];
    view.blocks.extend(curve::blocks(frame, &curve::load(frame, &sent.names)?, counts.openable > 0));
    view.blocks.extend(previews);
    if arms.len() > 1 {
        view.blocks.extend(tried(frame, &sent, &arms)?);
    }
    view.blocks.push(orders(frame, &sent, &counts)?);
    view.blocks.push(
        Block::table("Links", LINKS.top_with(frame, Some(ROWS), sent.values())?)
            .wide(Width::Half)
            .with("that people clicked"),
    );
    let clients = CLIENTS.top_with(frame, Some(ROWS), sent.values())?;
    view.blocks.push(Block::table("Programs and devices", clients).wide(Width::Half).with("as far as the events tell"));
    if facts.channel.as_deref() == Some("email") {
        let providers = PROVIDERS.top_with(frame, Some(ROWS), sent.values())?;
        view.blocks.push(Block::table("Mailbox providers", providers).wide(Width::Half));
        let domains = MAILBOXES.top_with(frame, Some(ROWS), sent.values())?;
        view.blocks.push(Block::table("Mailbox domains", domains).wide(Width::Half));
    }
    view.blocks.push(reported::block(frame, &sent)?);
    Ok(view)
}

/// The key figures and what else is known, each against what is usual, and what that is.
fn figures(frame: &Frame<'_>, facts: &Facts, sent: &Sent, counts: &Counts) -> Result<Figures, store::Error> {
    let mut values = sent.values();
    values.push(("of", Box::new(facts.channel.clone())));
    values.push(("earlier", Box::new(sent.names.first_on - USUAL_DAYS)));
    let usual: Option<Usual> = frame.rows_with(USUAL, values)?.into_iter().next();
    let usual = usual.filter(|it| it.campaigns > 0);
    let channel = facts.channel.as_deref().map_or("", Channel::title_of);
    let against = match &usual {
        Some(it) if it.campaigns == 1 => format!("against the one {channel} campaign of the 90 days before"),
        Some(it) => format!("against {} {channel} campaigns of the 90 days before", it.campaigns),
        None => format!("with no {channel} campaign in the 90 days before to compare with"),
    };
    let card = |it: &Measure| {
        let before = usual.as_ref().and_then(|usual| usual.of(it));
        let figure = Figure::new((it.of)(counts), before, Vec::new());
        Card::new(it.name, it.unit, figure).titled(it.title)
    };
    let others = OTHERS_OF_ONE.iter().filter(|it| (it.of)(counts).is_some());
    Ok(Figures { cards: FIGURES_OF_ONE.iter().map(card).collect(), others: others.map(card).collect(), against })
}

impl Usual {
    /// Of what adds up the average a campaign.
    #[expect(clippy::cast_precision_loss, reason = "there are fewer campaigns than 2^53")]
    fn of(&self, measure: &Measure) -> Option<f64> {
        let value = (measure.of)(&self.counts)?;
        Some(if measure.adds_up { value / self.campaigns as f64 } else { value })
    }
}

fn funnel(frame: &Frame<'_>, counts: &Counts) -> Block {
    let mut steps = vec![("Recipients", counts.recipients), ("Delivered", counts.delivered)];
    if counts.openable > 0 {
        steps.push(("Opened", counts.opened));
    }
    steps.push(("Clicked", counts.clicked));
    if let Some(converted) = counts.converted.filter(|_| frame.metric.is_some()) {
        steps.push(("Converted", converted));
    }
    Block::new("funnel", "From recipients to conversions", Content::Funnel(Funnel::of(&steps)))
        .wide(Width::Half)
        .defined("campaign_funnel")
        .hinting("A step is not always a part of the one before: some click without an open that is told, and some buy after an open alone.")
}

fn about(frame: &Frame<'_>, facts: &Facts, messages: &[preview::Message]) -> Result<Block, store::Error> {
    let audiences: Vec<Audience> = frame.rows(AUDIENCES)?;
    let text = |name: &str, value: Option<String>| Fact {
        name: name.to_owned(),
        unit: Unit::Text,
        value: json!(value.unwrap_or_default()),
        path: None,
        detail: String::new(),
    };
    let badge = |name: &str, value: Option<String>| Fact { unit: Unit::Badge, ..text(name, value) };
    let subjects: Vec<String> = messages.iter().filter_map(|it| it.subject.clone()).collect();
    let mut senders: Vec<String> = messages.iter().filter_map(preview::Message::sender).collect();
    senders.dedup();
    let sent_at = facts.sent_at.map(|it| it.and_utc().with_timezone(&frame.zone).naive_local());
    let state = match (facts.is_deleted, facts.is_archived) {
        (true, _) => "deleted at Klaviyo",
        (_, true) => "archived",
        _ => "",
    };
    let joined = |list: Vec<String>, by: &str| (!list.is_empty()).then(|| list.join(by));
    let mut all = vec![
        text("Subject", joined(subjects, " · ")),
        text("Sender", joined(senders, " · ")),
        Fact {
            value: sent_at.map_or(Json::String(String::new()), |it| json!(it.format("%Y-%m-%dT%H:%M:%S").to_string())),
            unit: Unit::Clock,
            ..text("Sent", None)
        },
        Fact { detail: state.to_owned(), ..badge("Status", facts.status.clone()) },
        badge("Channel", facts.channel.as_deref().map(|it| Channel::title_of(it).to_owned())),
        text("Tags", facts.tags.clone()),
    ];
    for (is_excluded, name) in [(false, "Sent to"), (true, "Spared")] {
        let groups: Vec<&Audience> = audiences.iter().filter(|it| it.is_excluded == is_excluded).collect();
        if groups.is_empty() {
            all.push(text(name, None));
        }
        all.extend(
            groups
                .into_iter()
                .map(|it| Fact { detail: it.kind.clone().unwrap_or_default(), ..text(name, Some(it.name.clone())) }),
        );
    }
    Ok(Block::new("facts", "About it", Content::Facts { facts: all }).wide(Width::Half))
}

/// The table of variations and what it means.
fn tried(frame: &Frame<'_>, sent: &Sent, arms: &[Arm]) -> Result<Vec<Block>, store::Error> {
    let table = VARIATIONS.top_with(frame, None, sent.values())?;
    let badge = variations::badge(arms);
    let mut words = variations::words(arms);
    words.insert(0, format!("{}. {}.", badge.word, badge.why));
    let words = Block::new("verdict", "What the test shows", Content::Words { words }).defined("variation_verdict").hinting(
        "In brackets: 95 % intervals (Wilson for rates, Newcombe for differences; of more than two the difference is held to a \
         stricter bound). Where Klaviyo sent the winner to the rest, its row holds both.",
    );
    Ok(vec![Block::table("Variations", table), words])
}

fn orders(frame: &Frame<'_>, sent: &Sent, counts: &Counts) -> Result<Block, Error> {
    let title = "Conversions";
    if frame.metric.is_none() {
        let words = "No metric stands for conversions. Choose one on the settings page.";
        return Ok(Block::new("campaign_orders", title, Content::Nothing { words: words.to_owned() }));
    }
    let table = ORDERS.table_with(frame, sent.values())?;
    let known = usize::try_from(counts.conversions.unwrap_or_default()).unwrap_or_default();
    let is_searched = frame.ask.search.is_some();
    let hint = if table.row_count > known && !is_searched {
        format!(
            "{} of them followed no delivery that is stored, so the figures above leave them out.",
            table.row_count - known
        )
    } else {
        String::new()
    };
    Ok(Block::table(title, table).with("that Klaviyo attributes to it").hinting(hint))
}

impl FromRow for Facts {
    fn from_row(row: &Row<'_>) -> RowResult<Facts> {
        Ok(Facts {
            name: row.get("name")?,
            status: row.get("status")?,
            channel: row.get("channel")?,
            sent_at: row.get("sent_at")?,
            is_archived: row.get::<Option<bool>>("archived")?.unwrap_or_default(),
            is_deleted: row.get("deleted")?,
            tags: row.get("tags")?,
        })
    }
}

impl FromRow for Audience {
    fn from_row(row: &Row<'_>) -> RowResult<Audience> {
        Ok(Audience { name: row.get("name")?, kind: row.get("kind")?, is_excluded: row.get("is_excluded")? })
    }
}

impl FromRow for Usual {
    fn from_row(row: &Row<'_>) -> RowResult<Usual> {
        Ok(Usual { campaigns: row.get("campaigns")?, counts: Counts::from_row(row)? })
    }
}

impl FromRow for Arm {
    fn from_row(row: &Row<'_>) -> RowResult<Arm> {
        Ok(Arm { name: row.get("name")?, counts: Counts::from_row(row)? })
    }
}
