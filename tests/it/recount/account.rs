//! The account as it lies in its tables, read once: events with their documents, and the things that they name. What the
//! documents say is read here a second time, so that neither columns nor views of ours have a part in it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::America::New_York;
use klytics::params;
use klytics::store::{FromRow, Query, Row, RowResult, Store};
use serde_json::Value;

use super::facts::{KINDS, What};
use crate::support::lines;

/// An event as it is stored.
pub(super) struct Event {
    pub(super) id: String,
    pub(super) metric: String,
    pub(super) profile: String,
    pub(super) at: NaiveDateTime,
    /// The same on the account's clock.
    pub(super) local: NaiveDateTime,
    pub(super) day: NaiveDate,
    pub(super) document: Value,
    /// Ten-thousandths; nothing where there is no amount.
    pub(super) value: Option<i64>,
    /// Whether the document has a value that is no amount.
    pub(super) is_unreadable: bool,
    pub(super) is_foreign: bool,
    pub(super) message: Option<String>,
    pub(super) flow: Option<String>,
    pub(super) form: Option<String>,
    pub(super) by_machine: bool,
    pub(super) credit: Credit,
}

/// What Klaviyo attributes an event to.
#[derive(Default)]
pub(super) struct Credit {
    pub(super) event: Option<String>,
    pub(super) campaign: Option<String>,
    pub(super) campaign_message: Option<String>,
    pub(super) flow: Option<String>,
    pub(super) flow_message: Option<String>,
}

/// A person.
pub(super) struct Profile {
    pub(super) email: Option<String>,
    pub(super) created_at: Option<NaiveDateTime>,
    pub(super) country: Option<String>,
    /// By channel.
    pub(super) can_receive: BTreeSet<&'static str>,
    pub(super) suppression: Option<String>,
    pub(super) suppressed_at: Option<NaiveDateTime>,
}

pub(super) struct FormVersion {
    pub(super) form: String,
    pub(super) name: String,
}

/// Who sent something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Sender {
    Campaign(String),
    Flow(String),
}

impl Sender {
    /// As pages name it: `campaigns/01H…`.
    pub(super) fn path(&self) -> String {
        match self {
            Sender::Campaign(id) => format!("campaigns/{id}"),
            Sender::Flow(id) => format!("flows/{id}"),
        }
    }
}

pub(super) struct Account {
    pub(super) events: Vec<Event>,
    /// Places of the events of a metric.
    of_metric: HashMap<String, Vec<usize>>,
    /// Ids of metrics by their names, which differ in this account.
    pub(super) metrics: HashMap<String, String>,
    pub(super) profiles: BTreeMap<String, Profile>,
    /// Campaign and channel of a message.
    pub(super) campaign_messages: HashMap<String, (String, String)>,
    /// Flow and channel of a message.
    pub(super) flow_messages: HashMap<String, (String, String)>,
    /// Names of flows' messages.
    pub(super) message_names: HashMap<String, String>,
    pub(super) form_versions: HashMap<String, FormVersion>,
    /// Subjects of campaigns' messages.
    pub(super) subjects: HashMap<String, String>,
    /// Names of campaigns and flows, which differ in this account.
    pub(super) names: HashMap<Sender, String>,
    sent_through: HashMap<String, &'static str>,
    /// Campaigns of one message, which older events name in its place, and messages of campaigns of several that older
    /// events name, which say of none which of them it was.
    aliases: HashMap<String, String>,
    /// The day of the first event.
    pub(super) first_on: NaiveDate,
    pub(super) today: NaiveDate,
}

const EVENTS: Query = Query {
    name: "raw events",
    text: "select
               id, coalesce(metric_id, '') as metric_id, coalesce(profile_id, '') as profile_id, timestamp, properties,
               attributed_event_id, attributed_campaign_id, attributed_campaign_message_id, attributed_flow_id,
               attributed_flow_message_id
           from klaviyo_events",
};

const PROFILES: Query = Query {
    name: "raw profiles",
    text: "select
               id, email, created_at, country, email_suppression, email_suppressed_at, can_receive_email, can_receive_sms,
               can_receive_push, can_receive_whatsapp
           from klaviyo_profiles where deleted_at is null",
};

/// The clock of the account.
pub(super) fn local(at: NaiveDateTime) -> NaiveDateTime {
    New_York.from_utc_datetime(&at).naive_local()
}

impl Account {
    pub(super) fn of(store: &Store) -> Account {
        let currency = lines(store, "select upper(currency) from klaviyo_accounts").remove(0);
        let mut events: Vec<Event> = store.read(|db| db.rows(EVENTS, params! {})).expect("events");
        for event in &mut events {
            let named = event.document["$value_currency"].as_str().map(str::to_uppercase);
            event.is_foreign = named.is_some_and(|it| it != currency);
        }
        let campaign_messages =
            messages(store, "select id, campaign_id, coalesce(channel, '') from klaviyo_campaign_messages");
        let mut of_campaign: HashMap<String, Vec<String>> = HashMap::new();
        for (message, (campaign, _)) in &campaign_messages {
            of_campaign.entry(campaign.clone()).or_default().push(message.clone());
        }
        let named: HashSet<&str> = events.iter().filter_map(|it| it.message.as_deref()).collect();
        let stands_for = |(campaign, mut messages): (String, Vec<String>)| -> Vec<(String, String)> {
            if messages.len() == 1 {
                vec![(campaign, messages.remove(0))]
            } else if named.contains(campaign.as_str()) {
                messages.into_iter().map(|it| (it, campaign.clone())).collect()
            } else {
                Vec::new()
            }
        };
        let profiles: Vec<(String, Profile)> = store
            .read(|db| db.rows(PROFILES, params! {}))
            .expect("profiles")
            .into_iter()
            .map(|Named(id, it)| (id, it))
            .collect();
        let mut of_metric: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, event) in events.iter().enumerate() {
            of_metric.entry(event.metric.clone()).or_default().push(place);
        }
        let named = |table: &str, of: fn(String) -> Sender| {
            fields(store, &format!("select id, name from {table}"))
                .into_iter()
                .map(move |it| (of(it[0].clone()), it[1].clone()))
        };
        let aliases: HashMap<String, String> = of_campaign.into_iter().flat_map(stands_for).collect();
        let pair = |it: Vec<String>| (it[0].clone(), it[1].clone());
        let mut account = Account {
            first_on: events.iter().map(|it| it.day).min().expect("an event"),
            today: local(Utc::now().naive_utc()).date(),
            events,
            of_metric,
            metrics: fields(store, "select name, id from klaviyo_metrics").into_iter().map(pair).collect(),
            profiles: profiles.into_iter().collect(),
            sent_through: HashMap::new(),
            aliases,
            campaign_messages,
            flow_messages: messages(
                store,
                "select messages.id, flow_id, coalesce(channel, '') from klaviyo_flow_messages as messages
                 join klaviyo_flow_actions as actions on actions.id = flow_action_id",
            ),
            message_names: fields(store, "select id, name from klaviyo_flow_messages").into_iter().map(pair).collect(),
            form_versions: fields(store, "select id, form_id, variation_name from klaviyo_form_versions")
                .into_iter()
                .map(|it| (it[0].clone(), FormVersion { form: it[1].clone(), name: it[2].clone() }))
                .collect(),
            subjects: fields(store, "select id, subject from klaviyo_campaign_messages where subject is not null")
                .into_iter()
                .map(pair)
                .collect(),
            names: named("klaviyo_campaigns", Sender::Campaign).chain(named("klaviyo_flows", Sender::Flow)).collect(),
        };
        for (name, what, via) in KINDS {
            let is_send = matches!(what, What::Delivered | What::Bounced | What::Failed);
            let named = account.of_metric(name).filter_map(|it| it.message.as_ref().filter(|_| is_send));
            let sent: Vec<String> = named.map(|it| account.message(it)).collect();
            account.sent_through.extend(sent.into_iter().map(|it| (it, *via)));
        }
        account
    }

    /// The metric of that name.
    pub(super) fn metric(&self, name: &str) -> &str {
        self.metrics.get(name).unwrap_or_else(|| panic!("no metric {name}"))
    }

    /// Events of the metric of that name.
    pub(super) fn of_metric(&self, name: &str) -> impl Iterator<Item = &Event> {
        let places = self.metrics.get(name).and_then(|it| self.of_metric.get(it));
        places.into_iter().flatten().map(|it| &self.events[*it])
    }

    /// The message that an event names: older ones name the campaign, which stands for its only message.
    pub(super) fn message(&self, named: &str) -> String {
        self.aliases.get(named).map_or(named, |it| it.as_str()).to_owned()
    }

    /// Whose message it is; `flow` is what its events say, where the message is not copied.
    pub(super) fn sender(&self, message: &str, flow: Option<&String>) -> Option<Sender> {
        if let Some((campaign, _)) = self.campaign_messages.get(message) {
            return Some(Sender::Campaign(campaign.clone()));
        }
        let campaign = Sender::Campaign(message.to_owned());
        if self.names.contains_key(&campaign) {
            return Some(campaign);
        }
        self.flow_messages.get(message).map(|it| &it.0).or(flow).cloned().map(Sender::Flow)
    }

    /// What pages call the message: several of one campaign are told apart by their subjects, and those of one
    /// subject by their ids.
    pub(super) fn called(&self, message: &str, sender: &Sender) -> Option<String> {
        if let Some(name) = self.message_names.get(message) {
            return Some(name.clone());
        }
        let name = self.names.get(sender)?;
        let messages = self.campaign_messages.iter().filter(|it| Sender::Campaign(it.1.0.clone()) == *sender);
        let others: Vec<&String> = messages.map(|it| it.0).filter(|it| *it != message).collect();
        if others.is_empty() || !self.campaign_messages.contains_key(message) {
            return Some(name.clone());
        }
        let subject = self.subjects.get(message);
        let is_told_apart = others.iter().all(|it| self.subjects.get(*it) != subject);
        Some(format!("{name}: {}", subject.filter(|_| is_told_apart).map_or(message, String::as_str)))
    }

    /// Through what the message goes, as it says itself or, where it is not copied, as its sends say.
    pub(super) fn channel(&self, message: &str) -> Option<&str> {
        let of = self.campaign_messages.get(message).or_else(|| self.flow_messages.get(message));
        let said = of.map(|it| it.1.as_str()).filter(|it| !it.is_empty());
        said.or_else(|| self.sent_through.get(message).copied())
    }
}

impl Event {
    /// Ten-thousandths of the account's currency: of another one, and of what is no amount, nothing.
    pub(super) fn amount(&self) -> i64 {
        self.value.filter(|_| !self.is_foreign).unwrap_or_default()
    }

    /// A text of its document.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.document[name].as_str().filter(|it| !it.is_empty())
    }
}

/// Rows as texts, column by column.
pub(super) fn fields(store: &Store, sql: &str) -> Vec<Vec<String>> {
    lines(store, &format!("select concat_ws(chr(9), *columns(*)) from ({sql})"))
        .iter()
        .map(|it| it.split('\t').map(ToOwned::to_owned).collect())
        .collect()
}

fn messages(store: &Store, sql: &str) -> HashMap<String, (String, String)> {
    let channel = |it: &str| match it {
        "mobile_push" | "push-notification" => "push".to_owned(),
        it => it.to_owned(),
    };
    let message = |it: Vec<String>| (it[0].clone(), (it[1].clone(), channel(&it[2].to_lowercase())));
    fields(store, sql).into_iter().map(message).collect()
}

/// "$1,234.50", "12.00 USD", "-5.00" in ten-thousandths.
fn amount(value: &Value) -> Option<i64> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => {
            let is_amount = |it: &char| it.is_ascii_digit() || matches!(it, '.' | '-' | ',');
            let (kept, rest): (String, String) = text.chars().partition(is_amount);
            let words = rest.trim();
            let is_code = words.len() == 3 && words.chars().all(|it| it.is_ascii_uppercase());
            if !(words.is_empty() || is_code || matches!(words, "$" | "€" | "£")) {
                return None;
            }
            kept.replace(',', "")
        }
        _ => return None,
    };
    let number: f64 = text.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "amounts of a shop")]
    Some((number * 10_000.0).round() as i64)
}

impl FromRow for Event {
    fn from_row(row: &Row<'_>) -> RowResult<Event> {
        let at: NaiveDateTime = row.get("timestamp")?;
        let properties: Option<String> = row.get("properties")?;
        let document: Value = serde_json::from_str(properties.as_deref().unwrap_or("{}")).expect("a document");
        let text = |name: &str| document[name].as_str().map(ToOwned::to_owned).filter(|it| !it.is_empty());
        let is = |name: &str| document[name].as_bool().unwrap_or(false);
        let value = amount(&document["$value"]);
        Ok(Event {
            id: row.get("id")?,
            metric: row.get("metric_id")?,
            profile: row.get("profile_id")?,
            at,
            local: local(at),
            day: local(at).date(),
            value,
            is_unreadable: value.is_none() && !document["$value"].is_null(),
            is_foreign: false,
            message: text("$message"),
            flow: text("$flow"),
            form: text("form_id"),
            by_machine: is("Apple Privacy Open") || is("machine_open") || is("Bot Click"),
            credit: Credit {
                event: row.get("attributed_event_id")?,
                campaign: row.get("attributed_campaign_id")?,
                campaign_message: row.get("attributed_campaign_message_id")?,
                flow: row.get("attributed_flow_id")?,
                flow_message: row.get("attributed_flow_message_id")?,
            },
            document,
        })
    }
}

struct Named(String, Profile);

impl FromRow for Named {
    fn from_row(row: &Row<'_>) -> RowResult<Named> {
        let can = |name: &str| row.get::<Option<bool>>(name).map(|it| it.unwrap_or(false));
        let mut can_receive = BTreeSet::new();
        for (channel, column) in [
            ("email", "can_receive_email"),
            ("sms", "can_receive_sms"),
            ("push", "can_receive_push"),
            ("whatsapp", "can_receive_whatsapp"),
        ] {
            if can(column)? {
                can_receive.insert(channel);
            }
        }
        Ok(Named(
            row.get("id")?,
            Profile {
                email: row.get("email")?,
                created_at: row.get("created_at")?,
                country: row.get("country")?,
                can_receive,
                suppression: row.get("email_suppression")?,
                suppressed_at: row.get("email_suppressed_at")?,
            },
        ))
    }
}
