//! What every number means: formula, denominator, what is left out, where it comes from, and the SQL that says so.
//!
//! Cards, columns and panels are named after these; `/definitions` shows them all with the SQL of their views.

use chrono::Utc;
use rocket::fairing::AdHoc;
use rocket::{State, get, routes};
use serde::Serialize;
use utoipa::ToSchema;

use super::Desk;
use crate::store::VIEWS;
use crate::web::{self, Error, Html, Shell, Visit};

/// One number.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Definition {
    /// As columns and cards are named.
    pub name: &'static str,
    pub title: &'static str,
    pub formula: &'static str,
    /// What it is a share of; empty where nothing is divided.
    pub over: &'static str,
    /// What is filtered out.
    pub without: &'static str,
    /// Whose definition it is, and which stored rows it rests on.
    pub source: &'static str,
    /// The view that defines it; empty where it is a plain count.
    pub view: &'static str,
    pub good: Good,
    pub bands: Option<Bands>,
}

/// The direction that is welcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Good {
    Up,
    Down,
    Neither,
}

impl Good {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Good::Up => "up",
            Good::Down => "down",
            Good::Neither => "",
        }
    }
}

/// Thresholds: beyond `healthy` all is well, beyond `attention` it is not, between them there is room for improvement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Bands {
    pub healthy: f64,
    pub attention: f64,
}

/// The definition of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Definition> {
    DEFINITIONS.iter().find(|it| it.name == name)
}

/// The SQL of its view.
#[must_use]
pub fn sql(definition: &Definition) -> Option<&'static str> {
    VIEWS.iter().find(|(name, _)| *name == definition.view).map(|(_, sql)| *sql)
}

/// A definition with its SQL.
#[derive(Serialize)]
struct Explained {
    #[serde(flatten)]
    definition: &'static Definition,
    sql: Option<&'static str>,
}

/// Those that a search left.
#[derive(Serialize)]
struct Found {
    searched: String,
    definitions: Vec<Explained>,
    /// How many there are in all.
    of: usize,
}

impl Definition {
    /// Whether its words hold the searched ones, which are small letters.
    fn says(&self, searched: &str) -> bool {
        let all = [self.name, self.title, self.formula, self.over, self.without, self.source, self.view];
        all.iter().any(|it| it.to_lowercase().contains(searched))
    }
}

pub(super) fn stage() -> AdHoc {
    AdHoc::on_ignite("definitions", |rocket| async { rocket.mount("/", routes![show]) })
}

#[get("/definitions?<q>")]
async fn show(desk: &State<Desk>, visit: Visit, q: Option<String>) -> Result<Html, Error> {
    let desk = desk.inner().clone();
    let searched = q.unwrap_or_default().trim().to_lowercase();
    web::blocking(move || {
        let standing = desk.store.read(|db| super::standing(db, &desk.handle, Utc::now()))?;
        let found = DEFINITIONS.iter().filter(|it| it.says(&searched));
        let all: Vec<Explained> = found.map(|definition| Explained { definition, sql: sql(definition) }).collect();
        let page = Found { searched, definitions: all, of: DEFINITIONS.len() };
        web::draw("definitions.html", &Shell::new(visit, standing), &page)
    })
    .await
}

const DELIVERIES: &str = "Stored Received, Bounced and Failed events and what answered them";
const SENDS: &str = "Automated text answers and dropped e-mails, which were not sent";
const MACHINES: &str = "Opens by machines (Apple Privacy Open, machine_open), unless the page is set to count them; opens of text messages, which are not told";
const BOTS: &str = "Clicks by bots (Bot Click), unless the page is set to count them";

/// A share of deliveries, which most of them are.
const fn rate(
    name: &'static str,
    title: &'static str,
    formula: &'static str,
    without: &'static str,
    good: Good,
    bands: Option<Bands>,
) -> Definition {
    let over = "Deliveries: Received events of the messages. Nothing delivered: no rate";
    Definition { name, title, formula, over, without, source: DELIVERIES, view: "message_stats", good, bands }
}

const fn count(
    name: &'static str,
    title: &'static str,
    formula: &'static str,
    without: &'static str,
    good: Good,
) -> Definition {
    let view = "message_stats";
    Definition { name, title, formula, over: "", without, source: DELIVERIES, view, good, bands: None }
}

const fn money(name: &'static str, title: &'static str, formula: &'static str, over: &'static str) -> Definition {
    Definition {
        name,
        title,
        formula,
        over,
        without: "Orders in another currency and values that are no amount, both counted beside it. Refunds and cancellations are not taken off",
        source: "Stored events of the conversion metric, with Klaviyo's attribution",
        view: "conversions",
        good: Good::Up,
        bands: None,
    }
}

const fn published(
    name: &'static str,
    title: &'static str,
    formula: &'static str,
    without: &'static str,
) -> Definition {
    Definition {
        name,
        title,
        formula,
        over: "",
        without,
        source: "Editions as they are cited on the page, or benchmarks.toml in the data directory, beside stored events",
        view: "message_stats",
        good: Good::Up,
        bands: None,
    }
}

const fn audited(
    name: &'static str,
    title: &'static str,
    formula: &'static str,
    without: &'static str,
    view: &'static str,
) -> Definition {
    let source = "What is stored, by the bounds on the rule's page";
    Definition { name, title, formula, over: "", without, source, view, good: Good::Neither, bands: None }
}

/// A number of people.
#[expect(clippy::too_many_arguments, reason = "each is a part of a definition")]
const fn of_profiles(
    name: &'static str,
    title: &'static str,
    formula: &'static str,
    over: &'static str,
    without: &'static str,
    view: &'static str,
    good: Good,
    bands: Option<Bands>,
) -> Definition {
    let source = "Stored profiles with their consent, and what they received and did";
    Definition { name, title, formula, over, without, source, view, good, bands }
}

/// Bounds of Klaviyo's deliverability tab, help article 12695416712219.
const BOUNCE: Option<Bands> = Some(Bands { healthy: 0.01, attention: 0.02 });
const SPAM: Option<Bands> = Some(Bands { healthy: 0.0001, attention: 0.0005 });
const UNSUBSCRIBE: Option<Bands> = Some(Bands { healthy: 0.003, attention: 0.01 });
const OPEN: Option<Bands> = Some(Bands { healthy: 0.33, attention: 0.27 });
const CLICK: Option<Bands> = Some(Bands { healthy: 0.012, attention: 0.008 });

/// Bands of form submit rates, of which 3% is the baseline of Klaviyo's strategists.
const SUBMIT: Option<Bands> = Some(Bands { healthy: 0.05, attention: 0.03 });

const FORM_EVENTS: &str = "Stored events of Klaviyo's sign-up forms";

/// Of a segment or list.
const fn group(
    name: &'static str,
    title: &'static str,
    formula: &'static str,
    over: &'static str,
    without: &'static str,
    view: &'static str,
) -> Definition {
    let source = "Klaviyo's reports of segments, and copied members of lists and segments";
    Definition { name, title, formula, over, without, source, view, good: Good::Up, bands: None }
}

/// Every number that a page shows under a name of its own. Order: messages, money, people, forms, lists.
pub const DEFINITIONS: &[Definition] = &[
    count(
        "recipients",
        "Recipients",
        "Deliveries plus bounces (e-mail, push) or failures (text).",
        SENDS,
        Good::Neither,
    ),
    count("delivered", "Delivered", "Received events: messages that arrived.", SENDS, Good::Neither),
    count("bounced", "Bounced", "Bounced events.", SENDS, Good::Down),
    count("failed", "Failed", "Text messages that could not be delivered.", SENDS, Good::Down),
    count("opened", "Opened", "Deliveries that were opened at least once.", MACHINES, Good::Up),
    count("clicked", "Clicked", "Deliveries that were clicked at least once.", BOTS, Good::Up),
    count(
        "converted",
        "Converted",
        "Deliveries that Klaviyo attributes at least one conversion to.",
        "Conversions that are not attributed",
        Good::Up,
    ),
    count(
        "conversions",
        "Conversions",
        "Events of the conversion metric that Klaviyo attributes to the message.",
        "Conversions that are not attributed",
        Good::Up,
    ),
    rate(
        "open_rate",
        "Open rate",
        "Deliveries with at least one counted open, divided by deliveries whose opens are told.",
        MACHINES,
        Good::Up,
        OPEN,
    ),
    rate(
        "click_rate",
        "Click rate",
        "Deliveries with at least one counted click, divided by deliveries.",
        BOTS,
        Good::Up,
        CLICK,
    ),
    Definition {
        over: "Deliveries with at least one counted open",
        ..rate(
            "click_to_open_rate",
            "Click-to-open rate",
            "Deliveries that were clicked, divided by deliveries that were opened.",
            MACHINES,
            Good::Up,
            None,
        )
    },
    rate(
        "conversion_rate",
        "Conversion rate",
        "Deliveries with at least one attributed conversion, divided by deliveries.",
        "Conversions that Klaviyo does not attribute to the message",
        Good::Up,
        None,
    ),
    Definition {
        over: "Recipients",
        ..rate("bounce_rate", "Bounce rate", "Bounces divided by recipients.", SENDS, Good::Down, BOUNCE)
    },
    Definition {
        over: "Recipients",
        ..rate("delivery_rate", "Delivery rate", "Deliveries divided by recipients.", SENDS, Good::Up, None)
    },
    rate(
        "unsubscribe_rate",
        "Unsubscribe rate",
        "Deliveries with at least one unsubscribe, divided by deliveries.",
        "Unsubscribes that followed no known delivery",
        Good::Down,
        UNSUBSCRIBE,
    ),
    rate(
        "complaint_rate",
        "Spam complaint rate",
        "Deliveries that were marked as spam, divided by deliveries. Mail providers count it among inbox deliveries, which no sender is told.",
        "Complaints that followed no known delivery",
        Good::Down,
        SPAM,
    ),
    money("revenue", "Revenue", "Sum of the values of conversion events, gross.", ""),
    money(
        "attributed_revenue",
        "Attributed revenue",
        "Sum of the values of conversion events that Klaviyo attributes to a message.",
        "",
    ),
    Definition {
        view: "message_stats",
        ..money(
            "revenue_per_recipient",
            "Revenue per recipient",
            "Attributed revenue divided by recipients, as Klaviyo's reports divide it.",
            "Recipients: deliveries, bounces and failures",
        )
    },
    money("average_order_value", "Average order value", "Revenue divided by conversions.", "Conversions, not people"),
    money(
        "attributed_share",
        "Attributed share",
        "Attributed revenue divided by all revenue.",
        "All revenue of the conversion metric",
    ),
    Definition {
        name: "subscribers",
        title: "Active subscribers",
        formula: "Profiles that can receive e-mail marketing now.",
        over: "",
        without: "Suppressed and unsubscribed profiles, and profiles without consent. Their past is unknown before consent history exists",
        source: "Stored profiles and their subscriptions",
        view: "subscribers",
        good: Good::Up,
        bands: None,
    },
    Definition {
        name: "form_submissions",
        title: "Form submissions",
        formula: "Submitted Form events, by the day of the event.",
        over: "",
        without: "Forms that were only viewed or closed",
        source: "Stored events of Klaviyo's sign-up forms",
        view: "form_events",
        good: Good::Up,
        bands: None,
    },
    // Campaigns.
    Definition {
        name: "hours_since_send",
        title: "Hours since the first delivery",
        formula: "Events by the hour in which they happened, counted from the campaign's first delivery to anybody: the first hour is 0.",
        over: "",
        without: "What happened before the first known delivery, and after the hours shown",
        source: "Stored events that name a message of the campaign, and conversions that Klaviyo attributes to it",
        view: "message_reactions",
        good: Good::Neither,
        bands: None,
    },
    Definition {
        name: "campaign_funnel",
        title: "From recipients to conversions",
        formula: "Recipients, deliveries, and deliveries with at least one counted open, click and attributed conversion.",
        over: "Recipients, and the step before",
        without: "Opens by machines and clicks by bots, unless the page is set to count them; opens of text messages, which are not told",
        source: DELIVERIES,
        view: "message_results",
        good: Good::Neither,
        bands: None,
    },
    Definition {
        name: "link_clicks",
        title: "Clicks of a link",
        formula: "Clicked events by the address that the event names.",
        over: "",
        without: BOTS,
        source: "The documents of stored Clicked events",
        view: "message_reactions",
        good: Good::Up,
        bands: None,
    },
    Definition {
        name: "link_clickers",
        title: "People who clicked a link",
        formula: "People with at least one counted click of the link.",
        over: "",
        without: BOTS,
        source: "The documents of stored Clicked events",
        view: "message_reactions",
        good: Good::Up,
        bands: None,
    },
    Definition {
        name: "clicks_per_recipient",
        title: "Clicks per recipient",
        formula: "Clicks of the link divided by recipients of the campaign, as Klaviyo's link activity divides them.",
        over: "Recipients: deliveries, bounces and failures",
        without: BOTS,
        source: "The documents of stored Clicked events",
        view: "message_reactions",
        good: Good::Up,
        bands: None,
    },
    Definition {
        name: "client_people",
        title: "People by program",
        formula: "People who opened or clicked with the program at least once. Whoever used two counts in both, so rows do not add up.",
        over: "",
        without: "Machines and bots, unless the page is set to count them",
        source: "The documents of stored Opened and Clicked events",
        view: "message_reactions",
        good: Good::Neither,
        bands: None,
    },
    Definition {
        name: "campaign_providers",
        title: "Mailbox providers",
        formula: "Deliveries by who keeps the recipient's mailbox, told from the domain of the profile's e-mail address now.",
        over: "Rates: deliveries; of bounces recipients",
        without: "Domains of their own that a provider hosts, which nothing tells: they stand by themselves",
        source: DELIVERIES,
        view: "mailbox_providers",
        good: Good::Neither,
        bands: None,
    },
    Definition {
        name: "order_value",
        title: "Value of a conversion",
        formula: "The value of the event, gross, in the account's currency.",
        over: "",
        without: "Values in another currency or that are no amount",
        source: "Stored events of the conversion metric, with Klaviyo's attribution",
        view: "conversions",
        good: Good::Up,
        bands: None,
    },
    Definition {
        name: "hours_since_touch",
        title: "Time since the touch",
        formula: "From the open or click that Klaviyo attributes the conversion to, to the conversion.",
        over: "",
        without: "Conversions whose open or click is not stored",
        source: "Stored events with Klaviyo's attribution",
        view: "message_reactions",
        good: Good::Neither,
        bands: None,
    },
    Definition {
        name: "reported_difference",
        title: "Klaviyo's report beside ours",
        formula: "Klaviyo's own campaign report, summed over the months that were read, less what we count.",
        over: "",
        without: "Nothing: the report counts opens by machines, and conversions in any currency",
        source: "Klaviyo's campaign values report, and stored events",
        view: "reported_messages",
        good: Good::Neither,
        bands: None,
    },
    Definition {
        name: "variation_verdict",
        title: "What a test shows",
        formula: "Rates with 95 % Wilson intervals; the best less the next with Newcombe's interval of a difference. Better means that the interval of the best against each of the others lies above zero, at 95 % for all of these comparisons together (Bonferroni).",
        over: "Deliveries of each variation",
        without: "Verdicts where a variation has fewer than 1,000 recipients",
        source: DELIVERIES,
        view: "message_results",
        good: Good::Neither,
        bands: None,
    },
    // Benchmarks and audit.
    published(
        "benchmark",
        "Benchmark",
        "A published average beside the account's own rate. Badges: poor below 60 % of the average, fair up to the average, good up to what the best tenth reaches, excellent from there on.",
        "Editions of other years, which count differently; amounts in another currency; channels without published figures",
    ),
    published(
        "own_rate",
        "Own rate",
        "The account's open, click or conversion rate of all that campaigns, or flows, sent through a channel in the range.",
        "Machines and bots, unless the page is set to count them",
    ),
    published("average_rate", "Published average", "The average that the edition states.", "Other editions"),
    published(
        "top_rate",
        "Best tenth",
        "What the best tenth of senders reach, as the edition states it.",
        "Other editions",
    ),
    published(
        "own_amount",
        "Own revenue per recipient",
        "Attributed revenue divided by recipients, of all that campaigns, or flows, sent through a channel in the range.",
        "Orders in another currency and values that are no amount",
    ),
    published(
        "average_amount",
        "Published average",
        "The average amount that the edition states.",
        "Amounts in another currency than the account's",
    ),
    published(
        "top_amount",
        "Best tenth",
        "The amount that the best tenth of senders reach, as the edition states it.",
        "Amounts in another currency than the account's",
    ),
    audited(
        "verdict",
        "Verdict",
        "The worst of what was judged: act, look, or passes. Without anything to judge by: cannot tell.",
        "What is too small a sample to be judged, as the rule's page says",
        "",
    ),
    audited(
        "judged_share",
        "Judged share",
        "What the rule counts, divided by all of it: the columns before it.",
        "What the rule's page says",
        "",
    ),
    audited(
        "judged_rate",
        "Judged rate",
        "Counted bounces, complaints, unsubscribes, failures or clicks, divided by recipients (bounces, failures) or by deliveries.",
        "Bots, unless the page is set to count them",
        "message_stats",
    ),
    audited(
        "sibling_rate",
        "Siblings' click rate",
        "Deliveries of the flow's other messages of the same channel that were clicked, divided by their deliveries.",
        "Bots, unless the page is set to count them; messages with few deliveries",
        "message_stats",
    ),
    audited(
        "per_person",
        "E-mails a person",
        "Campaign e-mails delivered in a week, divided by the people who got at least one.",
        "People who got none",
        "message_sends",
    ),
    audited(
        "dormant",
        "Dormant",
        "Profiles that for 180 days neither opened nor clicked, ordered or were active on the site.",
        "Opens by machines and clicks by bots",
        "last_deeds",
    ),
    audited(
        "suppressed",
        "Suppressed",
        "Profiles that Klaviyo does not send e-mail to, by the first reason it gives.",
        "Unsubscribed profiles that are not suppressed",
        "suppressions",
    ),
    audited(
        "without_consent",
        "Without consent",
        "Texts delivered to profiles of which no consent to texts was ever seen.",
        "Profiles that there are not any more; whoever unsubscribed since had consented",
        "consent_changes",
    ),
    audited(
        "left_out",
        "Left out of sums",
        "Conversions in another currency, or with a value that is no amount.",
        "",
        "events_by_day",
    ),
    audited(
        "differing",
        "Days that differ",
        "Local days on which Klaviyo's own count or sum of a metric is not that of the stored events.",
        "Days that were not compared",
        "",
    ),
    // Deliverability
    Definition {
        over: "Recipients",
        ..rate(
            "failure_rate",
            "Failure rate",
            "Text messages that could not be delivered, divided by recipients.",
            SENDS,
            Good::Down,
            None,
        )
    },
    Definition {
        name: "sender_health",
        title: "Sender health",
        formula: "Our own formula, from 0 to 100; not a score of Klaviyo's, whose formula is not public. Of the e-mail sent in the thirty days up to the end of the range, each rate scores from 0, where it needs attention, in a straight line to 1, where it is healthy. The score is the sum of weight times that: spam complaints 30, clicks 25, bounces 20, unsubscribes 15, opens 10. Up to 49 poor, from 50 fair, from 75 good, from 90 excellent.",
        over: "At least 1,000 e-mails; below that there is no score",
        without: "Opens by machines and clicks by bots, always; channels other than e-mail",
        source: DELIVERIES,
        view: "daily_messages",
        good: Good::Up,
        bands: None,
    },
    Definition {
        name: "times_limit",
        title: "Times the limit",
        formula: "The largest of three: bounce rate, spam complaint rate and unsubscribe rate, each divided by the bound from which on it needs attention. From 1 on the message is beyond one of them.",
        over: "Bounds of Klaviyo's deliverability tab: 2 %, 0.05 % and 1 %",
        without: "Channels other than e-mail, for which no bounds are published",
        source: DELIVERIES,
        view: "daily_messages",
        good: Good::Down,
        bands: Some(Bands { healthy: 0.5, attention: 1.0 }),
    },
    Definition {
        name: "failures",
        title: "Messages that did not arrive",
        formula: "Bounced and Failed to Deliver events by what Klaviyo says of them: Bounce Type (hard: there is no such mailbox; soft: it did not take the message now) or Failure Type.",
        over: "",
        without: "Dropped messages, which were never sent",
        source: "Stored Bounced and Failed events with their properties",
        view: "send_failures",
        good: Good::Down,
        bands: None,
    },
    // Audience
    of_profiles(
        "growth_rate",
        "List growth rate",
        "Who became able to receive marketing through the channel in the range, less who ceased to, divided by how many could at its start.",
        "Subscribers at the start of the range",
        "Days before the history of consent begins: then it is unknown",
        "consent_changes",
        Good::Up,
        None,
    ),
    of_profiles(
        "churn_rate",
        "Churn rate",
        "Who ceased to be able to receive marketing through the channel in the range (unsubscribed, suppressed for a bounce, a complaint or by hand, or deleted), divided by how many could at its start.",
        "Subscribers at the start of the range",
        "Days before the history of consent begins: then it is unknown",
        "consent_changes",
        Good::Down,
        None,
    ),
    of_profiles(
        "joined",
        "Joined",
        "Who came in during the range: of a channel, from not being able to receive marketing to being able to; of a segment or list, into it.",
        "",
        "Days before the history of consent begins",
        "consent_changes",
        Good::Up,
        None,
    ),
    of_profiles(
        "lost",
        "Left",
        "Changes from being able to receive marketing to not being able to.",
        "",
        "Days before the history of consent begins",
        "consent_changes",
        Good::Down,
        None,
    ),
    of_profiles(
        "net_change",
        "Net change",
        "Joined less left.",
        "",
        "Days before the history of consent begins",
        "consent_changes",
        Good::Up,
        None,
    ),
    Definition {
        name: "sign_ups",
        title: "Sign-ups and losses",
        formula: "Subscribed and Unsubscribed events of e-mail and text marketing and complaints by the day of the event; bounces for good by the day Klaviyo suppressed the profile.",
        over: "",
        without: "Push and WhatsApp, whose consent has no events; lists, which are not consent",
        source: "Stored events, summed by day, and suppressions of stored profiles",
        view: "subscription_events",
        good: Good::Up,
        bands: None,
    },
    of_profiles(
        "engaged_30_share",
        "Engaged in 30 days",
        "E-mail subscribers who opened, clicked, ordered, visited the shop or subscribed in the last thirty days, divided by e-mail subscribers. Below 5 % poor, from 5 % fair, from 15 % good, above 30 % excellent.",
        "Profiles that can receive e-mail marketing now",
        "Opens by machines and clicks by bots, always",
        "engagement",
        Good::Up,
        None,
    ),
    of_profiles(
        "engaged_90_share",
        "Engaged in 90 days",
        "The same in ninety days. Below 10 % poor, from 10 % fair, from 30 % good, above 50 % excellent.",
        "Profiles that can receive e-mail marketing now",
        "Opens by machines and clicks by bots, always",
        "engagement",
        Good::Up,
        None,
    ),
    of_profiles(
        "dormant_share",
        "Dormant",
        "E-mail subscribers who are known for 180 days or longer and were not engaged in them, divided by e-mail subscribers.",
        "Profiles that can receive e-mail marketing now",
        "Whoever was created less than 180 days ago",
        "engagement",
        Good::Down,
        Some(Bands { healthy: 0.30, attention: 0.50 }),
    ),
    of_profiles(
        "suppression_rate",
        "Suppression rate",
        "Profiles that Klaviyo suppresses from e-mail marketing, for a bounce, a complaint, an unsubscribe or by hand, divided by all profiles.",
        "All profiles",
        "Suppressions from single lists",
        "engagement",
        Good::Down,
        Some(Bands { healthy: 0.10, attention: 0.20 }),
    ),
    of_profiles(
        "sunset_candidates",
        "Sunset candidates",
        "Who can receive e-mail, received at least so many of them, the first so many days ago or longer, and was not engaged since. Both numbers are the reader's.",
        "",
        "Opens by machines and clicks by bots, always",
        "audience",
        Good::Down,
        None,
    ),
    of_profiles(
        "engaged_at",
        "Last engaged",
        "When somebody last opened, clicked, ordered, visited the shop or subscribed.",
        "",
        "Opens by machines and clicks by bots, always",
        "profile_activity",
        Good::Neither,
        None,
    ),
    // Profiles
    of_profiles(
        "profile_orders",
        "Orders",
        "Events of the account's conversion metric.",
        "",
        "",
        "profile_activity",
        Good::Up,
        None,
    ),
    of_profiles(
        "profile_revenue",
        "Revenue",
        "The sum of their values, gross.",
        "",
        "Orders in another currency and values that are no amount",
        "profile_activity",
        Good::Up,
        None,
    ),
    of_profiles(
        "profile_received",
        "Messages received",
        "Received events of all channels.",
        "",
        "Automated text answers",
        "profile_activity",
        Good::Neither,
        None,
    ),
    of_profiles(
        "profile_opens",
        "Opens",
        "Opened events of all channels; one message may be opened several times.",
        "",
        "Opens by machines, always",
        "profile_activity",
        Good::Up,
        None,
    ),
    of_profiles(
        "profile_clicks",
        "Clicks",
        "Clicked events of all channels; one message may be clicked several times.",
        "",
        "Clicks by bots, always",
        "profile_activity",
        Good::Up,
        None,
    ),
    // Content
    Definition {
        name: "clicks",
        title: "Clicks",
        formula: "Click events of messages, each counted, in the local hour in which they happened.",
        over: "",
        without: BOTS,
        source: "Stored Clicked events; a tap on a push message is told as an open",
        view: "reactions",
        good: Good::Up,
        bands: None,
    },
    Definition {
        name: "click_difference",
        title: "Difference to e-mails without it",
        formula: "Click rate of e-mails whose subject has the feature, less that of all others; likewise of revenue per recipient. The interval holds the difference in 95 of 100 such samples: Student's t, with the variance of a quotient of sums over e-mails.",
        over: "Deliveries (click rate) and recipients (revenue), of e-mails of campaigns by send date",
        without: "E-mails of flows, and e-mails whose subject is not known. With fewer than five e-mails, or twenty clicks, on either side nothing is said",
        source: "Stored subjects of campaign messages, and what became of the messages",
        view: "message_texts",
        good: Good::Up,
        bands: None,
    },
    Definition {
        name: "human_open_rate",
        title: "Opened by people",
        formula: "Deliveries with at least one open that no machine made, divided by deliveries.",
        over: "Deliveries of e-mails",
        without: "Opens by machines, whatever the page is set to",
        source: DELIVERIES,
        view: "message_stats",
        good: Good::Up,
        bands: None,
    },
    Definition {
        name: "messages_received",
        title: "Messages received",
        formula: "Deliveries to the same person in the 7 or 30 days that end with the day of the delivery, itself included.",
        over: "Rates are of the deliveries in the row",
        without: "Bounces and failures, and deliveries to nobody known",
        source: DELIVERIES,
        view: "deliveries",
        good: Good::Neither,
        bands: None,
    },
    rate(
        "answer_rate",
        "Clicked or tapped",
        "Deliveries of a text message that were clicked, or of a push message that were opened by a tap, divided by deliveries.",
        BOTS,
        Good::Up,
        None,
    ),
    Definition {
        name: "segments",
        title: "Segments",
        formula: "Sum of the segments of text messages, which carriers count by.",
        over: "",
        without: "Messages whose events do not tell",
        source: "Segment Count of stored Received and Failed to Deliver events of text messages",
        view: "text_segments",
        good: Good::Neither,
        bands: None,
    },
    Definition {
        name: "text_cost",
        title: "Usage",
        formula: "Sum of what Klaviyo says that text messages used up, in the unit that it bills by.",
        over: "",
        without: "Messages whose events do not tell",
        source: "$usage_amount of stored Received and Failed to Deliver events of text messages",
        view: "text_segments",
        good: Good::Neither,
        bands: None,
    },
    // Explore
    Definition {
        name: "explored_events",
        title: "Events of a metric",
        formula: "Events of the metric on the local days of the range: counted, counted by their different profiles, or with their values summed or averaged.",
        over: "Averages: events with a value",
        without: "Events that the filters leave out, and values in another currency. Bots and machines are not left out here",
        source: "Stored events, or the sums that are kept up with them where nothing is filtered or grouped",
        view: "explored_events",
        good: Good::Neither,
        bands: None,
    },
    // Flows.
    Definition {
        name: "health",
        title: "Health of a flow",
        formula: "Conversion rate and revenue per recipient of what was sent in the range, against what the flow sent in the 90 days before. Better or worse is said where one of them differs so much that chance makes as large a difference in fewer than 5 of 100 cases; mixed where they point in both directions.",
        over: "Deliveries for the conversion rate, recipients for the revenue. Either side needs 100 deliveries and 5 expected conversions, for the revenue 10 conversions",
        without: "Sends of the last five days, which have not had the time to convert. The values of orders are taken to vary as much as their mean is large",
        source: DELIVERIES,
        view: "flow_health",
        good: Good::Up,
        bands: None,
    },
    Definition {
        name: "conversion_hours",
        title: "Time to convert",
        formula: "Hours from the latest delivery of the message to a conversion that Klaviyo attributes to it; their median, and how many fall into each span.",
        over: "",
        without: "Conversions before any known delivery of the message",
        source: DELIVERIES,
        view: "conversion_delays",
        good: Good::Down,
        bands: None,
    },
    // Forms.
    Definition {
        name: "views",
        title: "Form views",
        formula: "Viewed Form events, by the day of the event.",
        over: "",
        without: "People whom Klaviyo does not know, of whom there are no events",
        source: FORM_EVENTS,
        view: "form_events",
        good: Good::Up,
        bands: None,
    },
    Definition {
        name: "submissions",
        title: "Submissions",
        formula: "Submitted Form events, by the day of the event.",
        over: "",
        without: "Forms that were only viewed or closed",
        source: FORM_EVENTS,
        view: "form_events",
        good: Good::Up,
        bands: None,
    },
    Definition {
        name: "submit_rate",
        title: "Submit rate",
        formula: "Submissions divided by views: below 3% poor, to 5% fair, to 7% good, to 10% very good, above excellent.",
        over: "Views of the form. No views: no rate",
        without: "People whom Klaviyo does not know, of whom there are no events",
        source: FORM_EVENTS,
        view: "form_events",
        good: Good::Up,
        bands: SUBMIT,
    },
    Definition {
        name: "form_converted",
        title: "Bought after signing up",
        formula: "Profiles that submitted the form in the range and had a conversion within five days after it.",
        over: "",
        without: "Conversions later than five days; who submitted in the last five days may still buy",
        source: FORM_EVENTS,
        view: "form_conversions",
        good: Good::Up,
        bands: None,
    },
    Definition {
        name: "form_conversion_rate",
        title: "Bought within 5 days",
        formula: "Profiles with a conversion within five days after their submission, divided by profiles that submitted.",
        over: "Profiles with a submission in the range, each once",
        without: "Conversions later than five days; who submitted in the last five days may still buy",
        source: FORM_EVENTS,
        view: "form_conversions",
        good: Good::Up,
        bands: None,
    },
    Definition {
        source: FORM_EVENTS,
        view: "form_conversions",
        ..money(
            "form_revenue",
            "Revenue after signing up",
            "Sum of the values of conversions within five days after a submission of the form, each conversion once.",
            "",
        )
    },
    // Segments and lists.
    Definition {
        good: Good::Neither,
        ..group(
            "groups",
            "Segments and lists",
            "Segments and lists that there are in Klaviyo now.",
            "",
            "What was deleted there",
            "member_groups",
        )
    },
    group(
        "members",
        "Members",
        "Profiles in the segment or on the list, as Klaviyo last counted them.",
        "",
        "Its size by day is Klaviyo's report for segments, and counted back from present members for lists",
        "group_days",
    ),
    Definition {
        good: Good::Down,
        ..group(
            "gone",
            "Left",
            "Profiles that went out of the segment or off the list in the range. Of lists it is dated when it was noticed.",
            "",
            "On lists, whoever left before the members were first read",
            "group_days",
        )
    },
    group(
        "net_members",
        "Net change",
        "Profiles that joined, less those that left.",
        "",
        "As for those two",
        "group_days",
    ),
    group(
        "group_growth",
        "Growth",
        "Joined less left, divided by the size before the first day of the range that is known.",
        "Members at the beginning",
        "Days of which nothing is known",
        "group_days",
    ),
    group(
        "member_conversion_rate",
        "Members who bought",
        "Members with at least one conversion in the range, divided by members.",
        "Members that are copied",
        "Groups whose members are not copied; who has left meanwhile",
        "member_results",
    ),
    group(
        "member_revenue",
        "Revenue of members",
        "Sum of the values of conversions in the range by who is a member now, attributed or not.",
        "",
        "Groups whose members are not copied; orders in another currency and values that are no amount",
        "member_results",
    ),
    group(
        "revenue_per_member",
        "Revenue per member",
        "Revenue of members divided by members.",
        "Members that are copied",
        "Groups whose members are not copied",
        "member_results",
    ),
    Definition {
        good: Good::Neither,
        ..group(
            "shared",
            "Shared members",
            "Profiles that are in both, as a count and as a share of either.",
            "Members of this group, and of the other",
            "Groups whose members are not copied",
            "memberships",
        )
    },
    // Overview.
    Definition {
        name: "change_reason",
        title: "Why it changed",
        formula: "Revenue is recipients × orders a recipient × value an order, and submissions are views × submissions a view. The change is taken apart into one effect a factor by the logarithmic mean, or, where a factor was nothing, by changing one after the other: the effects add up to the change. Effects below a tenth of the largest are not named.",
        over: "",
        without: "Changes of what was sent earlier, of which nobody was reached on these days; segments whose reports were not read for both spans of days",
        source: "Stored events by the day on which they happened, and Klaviyo's segment reports",
        view: "message_activity",
        good: Good::Neither,
        bands: None,
    },
    // Revenue and attribution.
    money("other", "Not attributed", "Revenue of conversions that no message is credited with.", ""),
    Definition {
        view: "bought",
        good: Good::Up,
        ..money("orders", "Orders", "Events of the conversion metric, by the day of the order.", "")
    },
    Definition {
        over: "Revenue of all orders of these days",
        good: Good::Neither,
        ..money("share_of_revenue", "Share of all revenue", "Revenue credited to it, divided by all revenue.", "")
    },
    Definition {
        good: Good::Neither,
        ..money(
            "share_of_orders",
            "Share of all orders",
            "Its orders divided by all orders of these days.",
            "All orders of these days",
        )
    },
    Definition {
        view: "credited_channels",
        ..money("their_revenue", "Revenue by Klaviyo", "Revenue of the orders that Klaviyo attributes to it.", "")
    },
    Definition {
        view: "last_touches",
        source: "Stored opens, clicks and text deliveries before every conversion",
        ..money(
            "touch_revenue",
            "Revenue by last touch",
            "Revenue of the orders whose last touch within the windows was of it.",
            "",
        )
    },
    Definition {
        view: "last_touches",
        good: Good::Neither,
        source: "Stored opens, clicks and text deliveries before every conversion",
        without: "Opens by machines and clicks by bots, unless the page is set to count them; touches outside of the windows; orders of nobody known",
        ..money(
            "last_touch",
            "Last touch",
            "An order is credited to the message that its person touched last before it: opened, clicked or, of a text, received, within the window of that kind of touch. In the same second a click goes before an open, and an open before a delivery. Windows are Klaviyo's defaults for new accounts unless the page says others.",
            "",
        )
    },
    Definition {
        view: "credits",
        good: Good::Neither,
        ..money(
            "attribution_agreement",
            "Agreement of both attributions",
            "Every order once: by whether Klaviyo and the last touch name the same message, each another, or only one of them any.",
            "All orders of these days",
        )
    },
    Definition {
        view: "last_touches",
        good: Good::Neither,
        source: "Stored opens, clicks and text deliveries before every conversion",
        ..money(
            "attribution_overlap",
            "Overlap",
            "Every order once: by how many messages, of how many channels, its person touched within the windows before it.",
            "All orders of these days",
        )
    },
    Definition {
        view: "refunds",
        good: Good::Down,
        without: "Those in another currency or with a value that is no amount. They are never taken off revenue",
        source: "Stored Refunded Order and Cancelled Order events",
        ..money(
            "refunds",
            "Refunds and cancellations",
            "Refunded and cancelled orders, by the day that this happened.",
            "",
        )
    },
    Definition {
        view: "",
        good: Good::Neither,
        without: "Days that are not over or not copied in full",
        source: "Klaviyo's metric aggregates, read daily, and stored events",
        ..money(
            "metric_agreement",
            "Agreement with Klaviyo's count",
            "Klaviyo's count and sum of the conversion metric a day beside those of the stored events, whatever their currency.",
            "",
        )
    },
    Definition {
        view: "reported_messages",
        good: Good::Neither,
        without: "",
        source: "Klaviyo's campaign and flow reports, read daily, and stored events",
        ..money(
            "report_agreement",
            "Klaviyo's reports",
            "What Klaviyo reports of messages sent in a month beside what the stored events say of the same sends. Reports add up all currencies and are restated while orders come in.",
            "",
        )
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_name_is_defined_once_and_its_view_exists() {
        let names: BTreeSet<_> = DEFINITIONS.iter().map(|it| it.name).collect();
        assert_eq!(names.len(), DEFINITIONS.len());
        for it in DEFINITIONS {
            assert!(it.view.is_empty() || sql(it).is_some(), "{} rests on an unknown view {}", it.name, it.view);
            assert!(!it.formula.is_empty() && !it.source.is_empty(), "{} says too little", it.name);
        }
    }

    #[test]
    fn bands_lie_on_the_side_that_is_welcome() {
        for it in DEFINITIONS {
            let Some(bands) = it.bands else { continue };
            assert_eq!(it.good == Good::Up, bands.healthy > bands.attention, "{}", it.name);
        }
    }
}
