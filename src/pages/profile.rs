//! `/audience/<id>`: who is this, what may they be sent, and what happened with them, newest first?

mod line;

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use serde_json::Value as Json;

use super::frame::{Frame, Value};
use super::overview::Figure;
use super::page::Page;
use super::sheet::{Column, Sheet, Unit};
use super::view::{Block, Card, Content, Fact, Link, View, Width};
use crate::query;
use crate::range::{Channel, Unclear};
use crate::store::Query;
use crate::store::repository::Document;
use crate::store::zone::local;
use crate::web::{Error, format};

const PERSON: Query = query!("profile/person");
const TOTALS: Query = query!("profile/totals");
const PREDICTED: Query = query!("profile/predicted");
const GROUPS: Query = query!("profile/groups");
const CONSENT: Query = query!("profile/consent");
const EVENTS: Query = query!("profile/events");

pub(super) const QUERIES: &[Query] = &[PERSON, TOTALS, PREDICTED, GROUPS, CONSENT, EVENTS];

/// What the timeline can be narrowed to, and what that is called.
const KINDS: &[(&str, &str)] = &[
    ("orders", "Orders"),
    ("messages", "Messages"),
    ("forms", "Forms"),
    ("consent", "Consent"),
    ("site", "Shop visits"),
    ("other", "Other"),
];

pub static PAGE: Page = Page {
    path: "/audience/<id>",
    about: "One profile: consent, totals, predictions, lists and segments, and everything that happened, newest first",
    template: "profile.html",
    switches: &[],
    takes: &[("kind", "What the timeline shows: orders, messages, forms, consent, site or other; all unless named")],
    sheets: &[&TIMELINE, &CONSENT_HISTORY],
    load,
    values: own_values,
};

static TIMELINE: Sheet = Sheet {
    name: "profile_events",
    title: "Timeline",
    query: EVENTS,
    by_event: None,
    columns: &[
        Column::new("happened_at", "When", Unit::Moment),
        Column::text("metric", "What"),
        Column::text("subject_name", "Message or form"),
        Column::new("amount", "Amount", Unit::Number),
        Column::text("currency", "Currency"),
        Column::text("kind", "Kind"),
        Column::new("by_machine", "By a machine", Unit::Flag),
        Column::text("message_id", "Message id"),
        Column::text("campaign_id", "Campaign id"),
        Column::text("flow_id", "Flow id"),
        Column::text("form_id", "Form id"),
        Column::text("event_id", "Event id"),
        Column::text("properties", "Document"),
    ],
    order: "-happened_at",
    search: &[],
    link: None,
    sample: None,
    nothing: "Nothing happened, as far as events are copied.",
};

static CONSENT_HISTORY: Sheet = Sheet {
    name: "profile_consent",
    title: "Consent history",
    query: CONSENT,
    by_event: None,
    columns: &[
        Column::new("changed_at", "When", Unit::Moment),
        Column::text("channel", "Channel"),
        Column::text("consent", "Consent"),
        Column::text("reason", "Suppressed because"),
        Column::new("seen_at", "Seen", Unit::Moment).hidden(),
    ],
    order: "-changed_at",
    search: &[],
    link: None,
    sample: None,
    nothing: "This person never gave consent, as far as is known.",
};

fn kind(frame: &Frame<'_>) -> Result<Option<String>, Unclear> {
    let Some(asked) = frame.ask.own("kind").filter(|it| *it != "all") else { return Ok(None) };
    if KINDS.iter().any(|it| it.0 == asked) {
        return Ok(Some(asked.to_owned()));
    }
    let names: Vec<&str> = KINDS.iter().map(|it| it.0).collect();
    Err(Unclear { parameter: "kind", problem: format!("“{asked}” is none of {}", names.join(", ")) })
}

fn own_values(frame: &Frame<'_>) -> Result<Vec<Value>, Error> {
    Ok(vec![("kind", Box::new(kind(frame)?))])
}

fn load(frame: &Frame<'_>) -> Result<View, Error> {
    let person = Facts { document: frame.document(PERSON)?, zone: frame.zone };
    if person.document.is_empty() {
        return Err(Error::NotFound("profile"));
    }
    let id = person.text("id").unwrap_or_default();
    let totals = Facts { document: frame.document(TOTALS)?, zone: frame.zone };
    let predicted = Facts { document: frame.document(PREDICTED)?, zone: frame.zone };
    let mut blocks = vec![
        Block::new("consent", "Consent", Content::Facts { facts: consents(&person) }).wide(Width::Third),
        Block::new("facts", "Who this is", Content::Facts { facts: facts(&person) }).wide(Width::Third),
        expected(&predicted),
        groups(frame)?,
        Block::table("Consent history", CONSENT_HISTORY.top(frame, Some(10))?).wide(Width::TwoThirds),
    ];
    blocks.retain(|it| !matches!(&it.content, Content::Facts { facts } if facts.is_empty()));
    let table = TIMELINE.table_with(frame, own_values(frame)?)?;
    let mut more = serde_json::Map::new();
    more.insert("id".to_owned(), id.clone().into());
    more.insert("kind".to_owned(), kind(frame)?.into());
    more.insert(
        "kinds".to_owned(),
        KINDS.iter().map(|it| serde_json::json!({ "name": it.0, "title": it.1 })).collect(),
    );
    more.insert("events".to_owned(), table.rows.iter().map(|it| line::of(it, &frame.currency)).collect());
    more.insert("rowCount".to_owned(), table.row_count.into());
    more.insert("offset".to_owned(), table.offset.into());
    more.insert("limit".to_owned(), table.limit.into());
    more.insert("document".to_owned(), line::pretty(person.text("properties").as_deref()).into());
    Ok(View {
        title: person.name().unwrap_or(id),
        lead: "What is known of one person, over all days that are copied.".to_owned(),
        parent: Some(Link { title: "Audience".to_owned(), path: "/audience".to_owned() }),
        cards: cards(&totals),
        blocks,
        notes: vec![
            "Opens by machines and clicks by bots are not counted; the timeline shows and marks them.".to_owned(),
            "Orders and revenue are of the account's conversion metric, gross.".to_owned(),
        ],
        more,
        ..View::default()
    })
}

/// What is known, by its columns.
struct Facts {
    document: Document,
    zone: Tz,
}

impl Facts {
    fn text(&self, name: &str) -> Option<String> {
        self.document.get(name)?.as_str().filter(|it| !it.is_empty()).map(ToOwned::to_owned)
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.document.get(name)?.as_f64()
    }

    fn flag(&self, name: &str) -> bool {
        self.document.get(name).and_then(Json::as_bool).unwrap_or_default()
    }

    /// An instant on the account's wall clock.
    fn clock(&self, name: &str) -> Option<NaiveDateTime> {
        let instant: NaiveDateTime = self.text(name)?.replacen(' ', "T", 1).parse().ok()?;
        Some(local(instant.and_utc(), self.zone))
    }

    fn day(&self, name: &str) -> Option<String> {
        self.clock(name).map(|it| format::date(it.date()))
    }

    fn name(&self) -> Option<String> {
        let names: Vec<String> = ["firstName", "lastName"].iter().filter_map(|it| self.text(it)).collect();
        let whole = Some(names.join(" ")).filter(|it| !it.trim().is_empty());
        whole.or_else(|| self.text("email")).or_else(|| self.text("phoneNumber"))
    }

    /// A line where it is known, none where it is not.
    fn fact(&self, title: &str, name: &str, unit: Unit) -> Option<Fact> {
        let value = self.document.get(name).filter(|it| !it.is_null()).cloned()?;
        let value = match unit {
            Unit::Clock => self.clock(name)?.format("%Y-%m-%dT%H:%M:%S").to_string().into(),
            Unit::Day => self.clock(name)?.format("%Y-%m-%d").to_string().into(),
            _ => value,
        };
        Some(fact(title, unit, value, ""))
    }
}

fn fact(name: &str, unit: Unit, value: Json, detail: impl Into<String>) -> Fact {
    Fact { name: name.to_owned(), unit, value, path: None, detail: detail.into() }
}

fn cards(totals: &Facts) -> Vec<Card> {
    let card = |name, unit, column: &str| Card::new(name, unit, Figure::of_now(totals.number(column)));
    let last = |words: &str, name: &str| totals.day(name).map_or_else(String::new, |it| format!("{words} {it}"));
    vec![
        card("profile_orders", Unit::Count, "orders"),
        card("profile_revenue", Unit::Money, "revenue"),
        card("profile_received", Unit::Count, "received").with(last("last", "lastReceivedAt")),
        card("profile_opens", Unit::Count, "opens"),
        card("profile_clicks", Unit::Count, "clicks").with(last("last engaged", "engagedAt")),
    ]
}

/// What may be sent through each channel, and why or why not.
fn consents(person: &Facts) -> Vec<Fact> {
    let channels = [
        ("email", "canReceiveEmail", "emailConsent", "emailConsentAt"),
        ("sms", "canReceiveSms", "smsConsent", "smsConsentAt"),
        ("push", "canReceivePush", "pushConsent", "pushConsentAt"),
        ("whatsapp", "canReceiveWhatsapp", "whatsappConsent", "whatsappConsentAt"),
    ];
    let mut facts: Vec<Fact> = channels
        .iter()
        .map(|(channel, can, consent, at)| {
            let words = person.text(consent).map(|it| plain(&it));
            let since = person.day(at).filter(|_| words.as_deref().is_some_and(|it| it != "never subscribed"));
            let by = if *channel == "email" { manner(person) } else { None };
            let detail = [words, since, by].into_iter().flatten().collect::<Vec<_>>().join(", ");
            let value = if person.flag(can) { "can receive" } else { "cannot receive" };
            fact(Channel::title_of(channel), Unit::Text, value.into(), detail)
        })
        .collect();
    if let Some(reason) = person.text("emailSuppression") {
        let when = person.day("emailSuppressedAt").unwrap_or_default();
        facts.push(fact("E-mail suppressed", Unit::Text, plain(&reason).into(), when));
    }
    facts
}

/// How consent to e-mail was given.
fn manner(person: &Facts) -> Option<String> {
    let method = person.text("emailConsentMethod")?;
    let detail = person.text("emailConsentDetail").map_or_else(String::new, |it| format!(" “{it}”"));
    Some(format!("by {}{detail}", plain(&method)))
}

/// Klaviyo's capitals as words.
fn plain(word: &str) -> String {
    word.to_lowercase().replace('_', " ")
}

fn facts(person: &Facts) -> Vec<Fact> {
    let known = [
        person.fact("E-mail", "email", Unit::Text),
        person.fact("Phone", "phoneNumber", Unit::Text),
        person.fact("Country", "country", Unit::Text),
        person.fact("Time zone", "timezone", Unit::Text),
        person.fact("External id", "externalId", Unit::Text),
        person.fact("Klaviyo's id", "id", Unit::Text),
        person.fact("Created", "createdAt", Unit::Clock),
        person.fact("Last event at Klaviyo", "lastEventAt", Unit::Clock),
    ];
    known.into_iter().flatten().collect()
}

fn expected(predicted: &Facts) -> Block {
    let known = [
        predicted.fact("Spent so far", "historicClv", Unit::Money),
        predicted.fact("Expected in the next year", "predictedClv", Unit::Money),
        predicted.fact("Orders expected", "predictedOrders", Unit::Number),
        predicted.fact("Days between orders", "daysBetweenOrders", Unit::Number),
        predicted.fact("Next order", "nextOrderAt", Unit::Day),
        predicted.fact("Risk of no further order", "churnProbability", Unit::Share),
        predicted.fact("Best channel", "bestChannel", Unit::Text),
    ];
    let facts: Vec<Fact> = known.into_iter().flatten().collect();
    let content = if facts.is_empty() {
        Content::Nothing {
            words: "Klaviyo predicts nothing for this person, or predictions are not copied.".to_owned(),
        }
    } else {
        Content::Facts { facts }
    };
    Block::new("predictions", "Klaviyo's predictions", content).wide(Width::Third)
}

fn groups(frame: &Frame<'_>) -> Result<Block, Error> {
    let groups = frame.documents(GROUPS)?;
    let facts: Vec<Fact> = groups
        .into_iter()
        .map(|document| {
            let group = Facts { document, zone: frame.zone };
            let is_list = group.text("kind").as_deref() == Some("list");
            let since = group.day("joinedAt").map_or_else(String::new, |it| format!("since {it}"));
            let name = group.text("name").unwrap_or_default();
            fact(if is_list { "List" } else { "Segment" }, Unit::Text, name.into(), since)
        })
        .collect();
    let content = if facts.is_empty() {
        Content::Nothing { words: "On no list and in no segment whose members are copied.".to_owned() }
    } else {
        Content::Facts { facts }
    };
    Ok(Block::new("groups", "Lists and segments", content).wide(Width::Third))
}
