//! The overview as a page: what it shows of the answer, and the tables beside it.

use chrono::NaiveDateTime;
use serde_json::{Value as Json, json};

use super::moves::{self, EARNED, Factors, SUBMITTED};
use super::{
    BEST_FLOWS, BEST_FORMS, DAYS, EARNERS, ENGAGEMENT, Figure, GATHERERS, LARGEST_SEGMENTS, Overview, RECENT,
    RECENT_CAMPAIGNS, TOP, figure,
    subscribed::{self, Growth},
};
use crate::catalog;
use crate::pages::annotations;
use crate::pages::caption;
use crate::pages::frame::Frame;
use crate::pages::messages as measures;
use crate::pages::page::{Page, Switch, no_values};
use crate::pages::revenue;
use crate::pages::sheet::{Column, Head, Sheet, Table, Total, Unit};
use crate::pages::view::chart::Line;
use crate::pages::view::{
    Badge, Bar, Bars, Block, Card, Chart, Content, Fact, JUDGED_LEAST, Shape, View, Width, is_judged,
};
use crate::store::repository::Document;
use crate::store::runs::Status;
use crate::store::zone::local;
use crate::web::{Error, format};

pub static PAGE: Page = Page {
    path: "/",
    about: "How is it going? Revenue, subscribers, engagement, and what changed most",
    template: "overview.html",
    switches: &[Switch::Metric, Switch::Machine],
    takes: &[],
    sheets: &[
        &OVERVIEW_DAYS,
        &OVERVIEW_ENGAGEMENT,
        &OVERVIEW_EARNERS,
        &OVERVIEW_GATHERERS,
        &OVERVIEW_CAMPAIGNS,
        &OVERVIEW_FLOWS,
        &OVERVIEW_FORMS,
        &OVERVIEW_SEGMENTS,
    ],
    load,
    values: no_values,
};

/// Rows of what changed most.
const MOVES: usize = 6;

/// What the freshness of the page is told by.
const KINDS: &[&str] =
    &["events", "profiles", "campaigns", "flows", "forms", "segments", "lists", "campaign_values_reports"];

static OVERVIEW_DAYS: Sheet = Sheet {
    name: "overview-days",
    title: "Revenue and form submissions a day",
    query: DAYS,
    by_event: None,
    columns: &[
        Column::new("date", "Day", Unit::Day),
        Column::count("orders", "Orders"),
        Column::money("revenue", "Revenue"),
        Column::money("campaigns", "Campaigns"),
        Column::money("flows", "Flows"),
        Column::money("other", "Not attributed"),
        Column::count("form_submissions", "Form submissions"),
    ],
    order: "date",
    search: &[],
    link: None,
    sample: None,
    nothing: "No orders in these days.",
};

static OVERVIEW_ENGAGEMENT: Sheet = Sheet {
    name: "overview-engagement",
    title: "Engagement by channel",
    query: ENGAGEMENT,
    by_event: None,
    columns: &[
        Column::text("name", "Channel"),
        measures::RECIPIENTS,
        measures::DELIVERED,
        measures::OPENABLE,
        measures::OPENED,
        measures::OPEN_RATE,
        measures::CLICKED,
        measures::CLICK_RATE,
        measures::CONVERTED,
        measures::CONVERSION_RATE,
        measures::BOUNCED,
        measures::BOUNCE_RATE,
        measures::FAILED,
        measures::FAILURE_RATE,
        measures::UNSUBSCRIBED,
        measures::UNSUBSCRIBE_RATE,
        measures::COMPLAINED,
        measures::COMPLAINT_RATE,
        Column::money("revenue", "Revenue"),
        measures::REVENUE_PER_RECIPIENT,
    ],
    order: "-recipients",
    search: &[],
    link: None,
    sample: Some(("recipients", JUDGED_LEAST)),
    nothing: "No message went out in these days.",
};

static OVERVIEW_EARNERS: Sheet = Sheet {
    name: "overview-changes",
    title: "What changed most in attributed revenue",
    query: EARNERS,
    by_event: None,
    columns: &[
        Column::text("name", "Campaign or flow"),
        Column::new("sender", "Kind", Unit::Badge),
        Column::money("revenue", "Revenue"),
        Column::money("revenue_before", "Before"),
        Column::money("difference", "Change"),
        Column::count("recipients", "Recipients").hidden(),
        Column::count("recipients_before", "Recipients before").hidden(),
        Column::count("orders", "Orders").hidden(),
        Column::count("orders_before", "Orders before").hidden(),
        Column { total: Total::Nothing, ..Column::money("moved", "Moved") }.hidden(),
    ],
    order: "-moved",
    search: &[],
    link: Some("/"),
    sample: None,
    nothing: "No campaign and no flow earned more or less than on the days compared with.",
};

static OVERVIEW_GATHERERS: Sheet = Sheet {
    name: "overview-growth-changes",
    title: "Forms and segments that changed most",
    query: GATHERERS,
    by_event: None,
    columns: &[
        Column::text("name", "Form or segment"),
        Column::new("gatherer", "Kind", Unit::Badge),
        Column { total: Total::Nothing, ..Column::count("gained", "Gained") },
        Column { total: Total::Nothing, ..Column::count("gained_before", "Before") },
        Column { total: Total::Nothing, ..Column::count("difference", "Change") },
        Column::count("views", "Views").hidden(),
        Column::count("views_before", "Views before").hidden(),
        Column::count("added", "Joined").hidden(),
        Column::count("removed", "Left").hidden(),
        Column { total: Total::Nothing, ..Column::count("moved", "Moved") }.hidden(),
    ],
    order: "-moved",
    search: &[],
    link: Some("/"),
    sample: None,
    nothing: "No form and no segment gained more or less than on the days compared with.",
};

static OVERVIEW_CAMPAIGNS: Sheet = Sheet {
    name: "overview-campaigns",
    title: "Recent campaigns",
    query: RECENT_CAMPAIGNS,
    by_event: None,
    columns: &[
        Column::text("name", "Campaign"),
        Column::new("channel", "Channel", Unit::Badge),
        Column::new("sent_at", "Sent", Unit::Moment),
        measures::RECIPIENTS,
        measures::DELIVERED,
        measures::OPENABLE,
        measures::OPENED,
        measures::OPEN_RATE,
        measures::CLICKED,
        measures::CLICK_RATE,
        measures::CONVERTED,
        measures::CONVERSION_RATE,
        measures::REVENUE,
        measures::REVENUE_PER_RECIPIENT,
        Column::new("last_on", "Last sent on", Unit::Day).hidden(),
    ],
    order: "-last_on",
    search: &[],
    link: Some("/campaigns/"),
    sample: Some(("recipients", JUDGED_LEAST)),
    nothing: "No campaign was sent in these days.",
};

static OVERVIEW_FLOWS: Sheet = Sheet {
    name: "overview-flows",
    title: "Top flows",
    query: BEST_FLOWS,
    by_event: None,
    columns: &[
        Column::text("name", "Flow"),
        Column::new("status", "Status", Unit::Badge),
        measures::RECIPIENTS,
        measures::DELIVERED,
        measures::CONVERTED,
        measures::CONVERSION_RATE,
        measures::REVENUE,
    ],
    order: "-revenue",
    search: &[],
    link: Some("/flows/"),
    sample: Some(("recipients", JUDGED_LEAST)),
    nothing: "No flow reached anyone in these days.",
};

static OVERVIEW_FORMS: Sheet = Sheet {
    name: "overview-forms",
    title: "Top forms",
    query: BEST_FORMS,
    by_event: None,
    columns: &[
        Column::text("name", "Form"),
        Column::count("views", "Views"),
        Column::count("submissions", "Submitted").with_bar(),
        Column::share("submission_rate", "Rate", "submissions", "views"),
    ],
    order: "-submissions",
    search: &[],
    link: Some("/forms/"),
    sample: Some(("views", JUDGED_LEAST)),
    nothing: "No form was shown in these days.",
};

static OVERVIEW_SEGMENTS: Sheet = Sheet {
    name: "overview-segments",
    title: "Largest segments",
    query: LARGEST_SEGMENTS,
    by_event: None,
    columns: &[
        Column::text("name", "Segment"),
        // Whoever is in two segments counts in both.
        Column::count("members", "Members").without_total().with_bar(),
        Column::count("added", "Joined").without_total(),
        Column::count("removed", "Left").without_total(),
    ],
    order: "-members",
    search: &[],
    link: Some("/segments/"),
    sample: None,
    nothing: "The account has no segments, or they were not copied yet.",
};

fn load(frame: &Frame<'_>) -> Result<View, Error> {
    let overview = Overview::load(frame.db, frame.ask, frame.period)?;
    let growth = subscribed::growth(frame.db, frame.period)?;
    let mut more = serde_json::Map::new();
    let notes: Vec<Json> = annotations::own(frame)?
        .into_iter()
        .map(|it| json!({ "id": it.id, "day": it.day.to_string(), "words": it.words }))
        .collect();
    more.insert("ownNotes".to_owned(), notes.into());
    // Who notes something while looking at other days means those.
    let day = frame.today().min(frame.period.range.end());
    more.insert("noteDay".to_owned(), day.to_string().into());
    let is_unattributed = overview.attributed_revenue.current == Some(0.0) && !revenue::attributes(frame)?;
    Ok(View {
        title: "Overview".to_owned(),
        cards: cards(&overview, growth.as_ref(), is_unattributed),
        blocks: blocks(frame, &overview, growth)?,
        notes: small_print(&overview),
        more,
        ..View::default()
    })
}

/// `is_unattributed` is whether Klaviyo attributes no conversion at all.
fn cards(overview: &Overview, growth: Option<&Growth>, is_unattributed: bool) -> Vec<Card> {
    let sum = |of: fn(&super::RevenueDay) -> f64| overview.daily.iter().map(of).sum::<f64>();
    let attributed = overview.attributed_revenue.current.filter(|it| *it > 0.0);
    let part = |value: f64| attributed.map_or_else(|| format::UNKNOWN.to_owned(), |all| format::percent(value / all));
    let share = overview.attributed_revenue.current.zip(overview.revenue.current.filter(|it| *it > 0.0));
    let share = share
        .map_or_else(|| "of no revenue".to_owned(), |(part, all)| format!("{} of all", format::percent(part / all)));
    let moved = growth.map_or_else(
        || "can receive e-mail marketing now".to_owned(),
        |it| moved(it).unwrap_or_else(|| format!("joined and left are only known {}", when(it))),
    );
    let submissions = overview.form_submissions.current.unwrap_or_default();
    let (campaigns, flows) = (part(sum(|it| it.campaigns)), part(sum(|it| it.flows)));
    let orders = match overview.left_out.foreign_orders {
        0 => "of all orders, gross".to_owned(),
        foreign => format!("gross, without {foreign} in another currency"),
    };
    vec![
        Card::new("revenue", Unit::Money, overview.revenue.clone()).with(orders),
        Card::new("attributed_revenue", Unit::Money, overview.attributed_revenue.clone()).with(if is_unattributed {
            "Klaviyo attributes no conversion of any day; Revenue goes by the last touch".to_owned()
        } else {
            format!("{share}: campaigns {campaigns}, flows {flows}")
        }),
        Card::new("subscribers", Unit::Count, overview.subscribers.clone()).with(moved),
        Card::new("form_submissions", Unit::Count, overview.form_submissions.clone()).with(if submissions == 0.0 {
            "no form was submitted"
        } else {
            "of Klaviyo's sign-up forms"
        }),
    ]
}

/// Rates of the e-mails that were sent, each with the verdict of its bands where enough were.
fn engagement(overview: &Overview) -> Vec<Card> {
    let card = |name: &'static str, figure: &Figure| {
        let badge = Badge::by_bands(name, figure.current).filter(|_| is_judged(figure::number(overview.recipients)));
        Card::new(name, Unit::Share, figure.clone()).judged(badge)
    };
    vec![
        card("open_rate", &overview.open_rate),
        card("click_rate", &overview.click_rate),
        card("conversion_rate", &overview.conversion_rate),
        card("bounce_rate", &overview.bounce_rate),
        card("unsubscribe_rate", &overview.unsubscribe_rate),
        card("complaint_rate", &overview.complaint_rate),
    ]
}

fn blocks(frame: &Frame<'_>, overview: &Overview, growth: Option<Growth>) -> Result<Vec<Block>, Error> {
    let mut blocks = vec![
        Block::new("engagement", "E-mails sent in these days", Content::Strip { cards: engagement(overview) })
            .hinting("Of the e-mails sent in these days; other channels stand in “Engagement by channel”."),
        Block::new("revenue-over-time", "Revenue over time", revenue_chart(frame, overview)?)
            .wide(Width::TwoThirds)
            .filed(OVERVIEW_DAYS.name)
            .defined("revenue"),
        Block::new("revenue-by-channel", "Revenue by channel", channels(overview))
            .wide(Width::Third)
            .hinting("By the channel of the message that Klaviyo attributes an order to."),
    ];
    blocks.extend(changed(frame)?);
    blocks.extend([
        Block::table("Recent campaigns", OVERVIEW_CAMPAIGNS.top(frame, Some(RECENT))?)
            .with("by send date; revenue is what Klaviyo attributes to them so far")
            .leading_to("All campaigns", "/campaigns"),
        Block::table("Top flows", OVERVIEW_FLOWS.top(frame, Some(TOP))?)
            .wide(Width::Half)
            .with("by revenue of what was sent in these days")
            .leading_to("All flows", "/flows"),
        Block::table("Top forms", OVERVIEW_FORMS.top(frame, Some(TOP))?)
            .wide(Width::Half)
            .with("by submissions")
            .leading_to("All forms", "/forms"),
        Block::new("subscriber-growth", "Subscribers in and out", growth_chart(frame, overview, growth)?)
            .wide(Width::Half)
            .defined("subscribers"),
        Block::table("Largest segments", OVERVIEW_SEGMENTS.top(frame, Some(TOP))?)
            .wide(Width::Half)
            .with("members now; joined and left by Klaviyo's reports")
            .leading_to("All segments and lists", "/segments"),
        Block::table("Engagement by channel", OVERVIEW_ENGAGEMENT.top(frame, None)?)
            .with("messages sent in these days"),
        Block::new("freshness", "How fresh it is", Content::Facts { facts: freshness(frame)? })
            .with("when each kind was last read to its end"),
    ]);
    Ok(blocks)
}

fn revenue_chart(frame: &Frame<'_>, overview: &Overview) -> Result<Content, Error> {
    let days: Vec<Document> = overview.daily.iter().filter_map(|it| document(&json!(it))).collect();
    let mut lines =
        vec![Line::sum("Campaigns", "campaigns"), Line::sum("Flows", "flows"), Line::sum("Not attributed", "other")];
    if frame.period.compared.is_some() {
        lines.push(Line::sum("Compared", "previous").compared());
    }
    let notes = annotations::notes(frame)?;
    let chart = Chart::over_time(Shape::Stacks, Unit::Money, frame.period, &days, &lines, &notes);
    if !chart.has_values() {
        let words = "Nothing was earned in these days: there are no orders, or the conversion metric carries no amounts. Try a longer range, or see on the sync page whether events were copied.";
        return Ok(Content::Nothing { words: words.to_owned() });
    }
    let words = caption(frame, overview, &chart);
    Ok(Content::Chart(chart.saying(words)))
}

/// Range, sum, change and peak, in words.
fn caption(frame: &Frame<'_>, overview: &Overview, chart: &Chart) -> String {
    let money = |value: f64| format::money_short(value, &frame.currency);
    let range = frame.period.range;
    let total = overview.revenue.current.unwrap_or_default();
    let mut said = vec![format!("{}: {}", format::span(range.start(), range.end()), money(total))];
    if let Some(change) = overview.revenue.change {
        let way = if change < 0.0 { "down" } else { "up" };
        said.push(format!("{} {way} on the days compared with", format::change(change)));
    }
    said.extend(caption::peak(frame, chart));
    said.extend(caption::unfinished(frame.period));
    said.join("; ")
}

fn channels(overview: &Overview) -> Content {
    if overview.channels.is_empty() {
        return Content::Nothing { words: "Nothing was earned in these days.".to_owned() };
    }
    let bars = overview.channels.iter().map(|it| Bar {
        name: it.name.clone(),
        value: Some(it.value),
        share: it.share,
        tick_words: it.share.map_or_else(String::new, |share| format!("{} of all", format::percent(share))),
        path: Some("/revenue".to_owned()),
        ..Bar::default()
    });
    Content::Bars(Bars { unit: Unit::Money, bars: bars.collect() })
}

/// What changed most against the comparison, with reasons.
fn changed(frame: &Frame<'_>) -> Result<Vec<Block>, Error> {
    if frame.period.compared.is_none() {
        let words =
            "Nothing is compared, so nothing can be said to have changed. Choose what to compare with.".to_owned();
        return Ok(vec![Block::new("overview-changes", "What changed most", Content::Nothing { words })]);
    }
    let earners = OVERVIEW_EARNERS.top(frame, Some(MOVES))?;
    let money = |value: f64| format::money_short(value, &frame.currency);
    let are_few = frame.period.range.day_count() < moves::DAYS_LEAST;
    let earned = |row: &Document| {
        let side = |reached, done, worth| Factors {
            reached: number(row, reached),
            done: number(row, done),
            worth: number(row, worth),
        };
        let before = side("recipientsBefore", "ordersBefore", "revenueBefore");
        let now = side("recipients", "orders", "revenue");
        if are_few {
            moves::reason_of_few_days(before, now, EARNED, money)
        } else {
            moves::reason(before, now, EARNED, money)
        }
    };
    let gatherers = OVERVIEW_GATHERERS.top(frame, Some(MOVES))?;
    Ok(vec![
        Block::table("What changed most", with_reasons(earners, earned))
            .with("attributed revenue by the day of the order, against the days compared with")
            .defined("change_reason"),
        Block::table("Forms and segments that changed most", with_reasons(gatherers, gathered))
            .with("submissions, and members gained")
            .defined("change_reason"),
    ])
}

fn gathered(row: &Document) -> String {
    if row.get("gatherer").and_then(Json::as_str) == Some("segment") {
        let count = |name: &str| format::grouped(number(row, name), 0);
        return format!("{} joined, {} left", count("added"), count("removed"));
    }
    let (before, now) = (number(row, "gainedBefore"), number(row, "gained"));
    moves::reason(
        Factors { reached: number(row, "viewsBefore"), done: before, worth: before },
        Factors { reached: number(row, "views"), done: now, worth: now },
        SUBMITTED,
        |it| format::grouped(it, 0),
    )
}

/// With a last column that says why.
fn with_reasons(mut table: Table, reason: impl Fn(&Document) -> String) -> Table {
    table.columns.push(Head {
        name: "reason".to_owned(),
        title: "Why",
        unit: Unit::Text,
        has_bar: false,
        is_hidden: false,
        definition: Some("change_reason"),
        good: "",
        bands: None,
    });
    for row in &mut table.rows {
        let words = reason(row);
        row.insert("reason".to_owned(), words.into());
    }
    table
}

/// "in these days", or "since 21 Nov 2026, 20:55" where the history of consent begins later.
fn when(growth: &Growth) -> String {
    growth.since.map_or_else(|| "in these days".to_owned(), |it| format!("since {}", format::wall_clock(it)))
}

/// "8 joined, 2 left in these days"; nothing where none of the days is known.
fn moved(growth: &Growth) -> Option<String> {
    let (joined, gone) = growth.moved()?;
    Some(format!("{} joined, {} left {}", format::grouped(joined, 0), format::grouped(gone, 0), when(growth)))
}

fn growth_chart(frame: &Frame<'_>, overview: &Overview, growth: Option<Growth>) -> Result<Content, Error> {
    let Some(growth) = growth else {
        let words = "How the number of subscribers changed is not known yet: its history begins with the first copy of the profiles.";
        return Ok(Content::Nothing { words: words.to_owned() });
    };
    let Some(said) = moved(&growth) else {
        let words = format!("Who joined and left is only known {}, when the history of consent begins.", when(&growth));
        return Ok(Content::Nothing { words });
    };
    let lines = [Line::sum("Joined", "joined"), Line::sum("Left", "gone")];
    let notes = annotations::notes(frame)?;
    let chart = Chart::over_time(Shape::Columns, Unit::Count, frame.period, &growth.days, &lines, &notes);
    if !chart.has_values() {
        return Ok(Content::Nothing { words: format!("Nobody joined and nobody left {}.", when(&growth)) });
    }
    let now = overview.subscribers.current.map_or_else(|| format::UNKNOWN.to_owned(), |it| format::grouped(it, 0));
    Ok(Content::Chart(chart.saying(format!("{said}; {now} can receive e-mail marketing now"))))
}

fn freshness(frame: &Frame<'_>) -> Result<Vec<Fact>, Error> {
    let statuses = frame.db.statuses()?;
    let known = KINDS.iter().filter_map(|name| statuses.iter().find(|it| it.name == *name));
    let fact = |it: &crate::store::runs::EntityStatus| Fact {
        name: catalog::find(&it.name).map_or_else(|| it.name.clone(), catalog::Entity::title),
        unit: Unit::Clock,
        value: it.last_synced_at.map_or(Json::Null, |at| clock(local(at, frame.zone)).into()),
        path: Some("/sync".to_owned()),
        detail: match it.status {
            Status::Completed => String::new(),
            other => other.name().to_owned(),
        },
    };
    Ok(known.map(fact).collect())
}

fn clock(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%dT%H:%M:%S").to_string()
}

fn small_print(overview: &Overview) -> Vec<String> {
    let left = &overview.left_out;
    let count = |it: i64| format::grouped(figure::number(it), 0);
    vec![
        format!(
            "Revenue and form submissions count by the day of the event; rates, engagement and the tables of campaigns and flows by the day a message was sent, with all that came of it since. Bounds are of e-mail, so no other channel is judged, nor are fewer than {JUDGED_LEAST} recipients. Attribution is Klaviyo's own."
        ),
        format!(
            "Left out: machine opens ({}), bot clicks ({}), orders in another currency ({}) and without a readable value ({}).",
            count(left.machine_opens),
            count(left.bot_clicks),
            count(left.foreign_orders),
            count(left.unreadable_values)
        ),
    ]
}

fn document(value: &Json) -> Option<Document> {
    value.as_object().cloned()
}

fn number(row: &Document, name: &str) -> f64 {
    row.get(name).and_then(Json::as_f64).unwrap_or_default()
}
