//! `/explore`: any metric by any property over time.

mod console;
mod finding;
mod question;
mod saved;

use std::fmt::Write as _;

use chrono::Datelike;
use rocket::fairing::AdHoc;
use serde_json::json;

use super::caption;
use super::frame::{Frame, Value};
use super::overview::Figure;
use super::page::Page;
use super::sheet::{Column, Sheet, Unit};
use super::view::chart::{Bucket, Series};
use super::view::{Block, Chart, Content, View};
use crate::query;
use crate::range::Unclear;
use crate::store::repository::field;
use crate::store::{FromRow, Query, Row, RowResult};
use crate::web::{Error, format};
use finding::{Found, Numbers};
use question::{By, CHARTS, DIMENSIONS, FILTERS, INTERVALS, MEASURES, Measure, Question, TESTS};

const METRICS: Query = query!("explore/metrics");
const PROPERTIES: Query = query!("explore/properties");
const HAS_PROPERTY: Query = query!("explore/has_property");
const ROWS: Query = query!("explore/rows");
const SERIES: Query = query!("explore/series");
const SAVED: Query = query!("explore/saved");
const SAVE: Query = query!("explore/save");
const FORGET: Query = query!("explore/forget");

pub(super) const QUERIES: &[Query] = &[METRICS, PROPERTIES, HAS_PROPERTY, ROWS, SERIES, SAVED, SAVE, FORGET];

pub static PAGE: Page = Page {
    path: "/explore",
    about: "Any metric by any property over time",
    template: "explore.html",
    switches: &[],
    takes: &[
        ("metric_id", "The metric whose events are counted, by its id"),
        ("measure", "count, unique (profiles), sum or average (of values)"),
        (
            "by",
            "What groups are made by: a property of the events, or @message, @campaign, @flow, @channel, @variation, @form, @country, @weekday, @hour. A list is called by the names of what is in it",
        ),
        ("interval", "hour, day, week or month"),
        ("chart", "stacks, lines or columns"),
        ("top", "How many groups are shown by themselves, from 1 to 1000"),
        ("f1", "A filter: the property, or one of the same words with @, that it is about"),
        ("o1", "is, is-not, contains, lacks, starts, more, less, known or unknown"),
        ("v1", "What it is compared with"),
        ("f2", "The property that a second filter is about"),
        ("o2", "How the second filter compares: as o1"),
        ("v2", "What the second filter compares with"),
        ("f3", "The property that a third filter is about"),
        ("o3", "How the third filter compares: as o1"),
        ("v3", "What the third filter compares with"),
        ("f4", "The property that a fourth filter is about"),
        ("o4", "How the fourth filter compares: as o1"),
        ("v4", "What the fourth filter compares with"),
        ("f5", "The property that a fifth filter is about"),
        ("o5", "How the fifth filter compares: as o1"),
        ("v5", "What the fifth filter compares with"),
    ],
    sheets: &[&GROUPS, &OVER_TIME],
    load,
    values: own_values,
};

/// The key of the line of the days compared with.
const COMPARED: &str = "compared";

const NOTHING: &str = "No event of this metric fits in these days.";

const EVENTS_BEFORE: Column = Column::count("events_before", "Compared events").hidden();
const PROFILES_BEFORE: Column = Column::new("profiles_before", "Compared profiles", Unit::Count).hidden();
const TOTAL_BEFORE: Column = Column::money("total_before", "Compared sum").hidden();
const AVERAGE_BEFORE: Column = Column::new("average_before", "Compared average", Unit::Money).hidden();

static GROUPS: Sheet = Sheet {
    name: "explore",
    title: "Explore",
    query: ROWS,
    by_event: None,
    columns: &[
        Column::text("label", "Group"),
        Column { has_bar: true, ..Column::count("events", "Events") },
        Column::new("profiles", "Unique profiles", Unit::Count),
        Column::count("valued", "With a value").hidden(),
        Column::money("total", "Sum of value"),
        Column { unit: Unit::Money, ..Column::share("average", "Average value", "total", "valued") },
        EVENTS_BEFORE,
        PROFILES_BEFORE,
        TOTAL_BEFORE,
        AVERAGE_BEFORE,
        Column::new("ordinal", "Place", Unit::Count).hidden(),
    ],
    order: "ordinal",
    search: &["label"],
    link: None,
    sample: None,
    nothing: NOTHING,
};

static OVER_TIME: Sheet = Sheet {
    name: "explore_series",
    title: "Explore over time",
    query: SERIES,
    by_event: None,
    columns: &[
        Column::new("bucket", "From", Unit::Clock),
        Column::text("label", "Group"),
        Column::new("ordinal", "Place", Unit::Count),
        Column::count("events", "Events"),
        Column::new("profiles", "Unique profiles", Unit::Count),
        Column::count("valued", "With a value"),
        Column::money("total", "Sum of value"),
        Column { unit: Unit::Money, ..Column::share("average", "Average value", "total", "valued") },
        EVENTS_BEFORE,
        PROFILES_BEFORE,
        TOTAL_BEFORE,
        AVERAGE_BEFORE,
    ],
    order: "bucket",
    search: &["label"],
    link: None,
    sample: None,
    nothing: NOTHING,
};

pub(super) fn stage() -> AdHoc {
    AdHoc::on_ignite("explore", |rocket| async { rocket.attach(saved::stage()).attach(console::stage()) })
}

/// A metric, with what its integration calls itself and how many events it has in the range.
struct Metric {
    id: String,
    name: String,
    integration: Option<String>,
    events: i64,
}

impl FromRow for Metric {
    fn from_row(row: &Row<'_>) -> RowResult<Metric> {
        Ok(Metric {
            id: row.get("id")?,
            name: row.get("name")?,
            integration: row.get("integration_name")?,
            events: row.get("events")?,
        })
    }
}

/// The question, and the metric that it is about.
fn asked(frame: &Frame<'_>, metrics: &[Metric]) -> Result<Question, Error> {
    let conversions = frame.metric.as_deref().filter(|id| metrics.iter().any(|it| it.id == *id));
    let usual = conversions.or_else(|| metrics.first().map(|it| it.id.as_str())).unwrap_or_default();
    let question = Question::of(frame.ask, frame.period.range, usual)?;
    if frame.ask.own("metric_id").is_some() && metrics.iter().all(|it| it.id != question.metric) {
        let problem = format!("there is no metric “{}”", question.metric);
        return Err(Unclear { parameter: "metric_id", problem }.into());
    }
    titled(frame, question)
}

/// Whoever writes “Channel” means what the page calls so, unless events have a property of that name.
fn titled(frame: &Frame<'_>, mut question: Question) -> Result<Question, Error> {
    let metric = question.metric.clone();
    let filters = question.filters.iter_mut().map(|it| &mut it.by);
    for by in [&mut question.by].into_iter().chain(filters) {
        let By::Property(name) = by else { continue };
        let Some(dimension) = question::titled(name) else { continue };
        let property = finding::pointer(name);
        let own = vec![("metric_id", Box::new(metric.clone()) as _), ("property", Box::new(property) as _)];
        if frame.documents_with(HAS_PROPERTY, own)?.is_empty() {
            *by = By::Of(dimension);
        }
    }
    Ok(question)
}

fn own_values(frame: &Frame<'_>) -> Result<Vec<Value>, Error> {
    let metrics: Vec<Metric> = frame.rows(METRICS)?;
    Ok(values_of(&finding::find(frame, &asked(frame, &metrics)?)?))
}

fn values_of(found: &Found) -> Vec<Value> {
    vec![("rows", Box::new(found.rows().to_string())), ("series", Box::new(found.series().to_string()))]
}

fn load(frame: &Frame<'_>) -> Result<View, Error> {
    let metrics: Vec<Metric> = frame.rows(METRICS)?;
    let question = asked(frame, &metrics)?;
    let found = finding::find(frame, &question)?;
    let metric = metrics.iter().find(|it| it.id == question.metric);
    let name = metric.map_or("No metric", |it| it.name.as_str());
    let measure = MEASURES.iter().find(|it| it.2 == question.measure).map_or("", |it| it.1);
    let form = form(frame, &question, &metrics)?;
    let chart = drawn(frame, &question, &found).saying(caption(frame, &question, &found, name));
    let lacking = lacking(&question, &found, &form["properties"]);
    let content = match &lacking {
        Some(words) => Content::Nothing { words: words.clone() },
        None if found.total.events > 0.0 => Content::Chart(chart),
        None => Content::Nothing { words: NOTHING.to_owned() },
    };
    let mut blocks = vec![
        Block::new("over_time", format!("{name}: {}", measure.to_lowercase()), content)
            .with(subtitle(&question))
            .filed(OVER_TIME.name)
            .defined("explored_events"),
    ];
    if question.by != By::Nothing && lacking.is_none() {
        let title = format!("By {}", named(&question.by));
        let mut table = GROUPS.table_with(frame, values_of(&found))?;
        if let Some(column) = table.columns.iter_mut().find(|it| it.name == "profiles") {
            column.is_hidden = question.measure != Measure::Unique;
        }
        let compared = frame.period.compared.map(|_| match question.measure {
            Measure::Count => EVENTS_BEFORE.name,
            Measure::Unique => PROFILES_BEFORE.name,
            Measure::Sum => TOTAL_BEFORE.name,
            Measure::Average => AVERAGE_BEFORE.name,
        });
        for column in table.columns.iter_mut().filter(|it| compared.is_some_and(|name| it.name == field(name))) {
            column.is_hidden = false;
        }
        blocks.push(Block::table(title, table));
    }
    let mut view = View {
        title: "Explore".to_owned(),
        lead: "Any metric by any property over time.".to_owned(),
        blocks,
        notes: notes(&question),
        ..View::default()
    };
    view.more.insert("form".to_owned(), form);
    view.more.insert("saved".to_owned(), saved::list(frame)?);
    Ok(view)
}

/// What is said where no event has the property that groups are made by; `properties` are those that some have.
fn lacking(question: &Question, found: &Found, properties: &serde_json::Value) -> Option<String> {
    let By::Property(name) = &question.by else { return None };
    if found.total.events == 0.0 || found.groups.iter().any(|it| it.label != finding::NONE) {
        return None;
    }
    let known = properties.as_array().into_iter().flatten().filter_map(serde_json::Value::as_str);
    let known = known.chain(DIMENSIONS.iter().map(|it| it.1));
    let distance = |it: &str| strsim::levenshtein(&it.to_lowercase(), &name.to_lowercase());
    let near = known.map(|it| (distance(it), it)).min().filter(|it| it.0 <= (name.chars().count() / 2).min(3));
    let hint = near.map_or_else(String::new, |it| format!(" Did you mean “{}”?", it.1));
    Some(format!("No event that fits has a property “{name}” in these days.{hint}"))
}

/// Each group as a line or a part of the bars, every bucket of the range in its place.
fn drawn(frame: &Frame<'_>, question: &Question, found: &Found) -> Chart {
    let range = frame.period.range;
    let starts = question.interval.starts(range);
    let of_years = range.start().year() != range.end().year();
    let key = |place: usize| format!("g{place}");
    // What is counted is zero where nothing is; an average of nothing is not known.
    let empty = if question.measure == Measure::Average { None } else { Some(0.0) };
    let mut rows: Vec<Bucket> = starts
        .iter()
        .map(|start| {
            let (label, tick) = question.interval.words(*start, of_years);
            let whole = question.interval.is_whole(*start, range);
            let values = found.groups.iter().map(|it| (key(it.place), empty)).collect();
            Bucket { label, tick, whole, values }
        })
        .collect();
    for point in found.points.iter().filter(|it| it.numbers.events > 0.0) {
        if let Ok(at) = starts.binary_search(&point.bucket) {
            rows[at].values.insert(key(point.place), point.numbers.measured(question.measure));
        }
    }
    let is_compared = found.before.is_some() && question.adds_up();
    if is_compared {
        for row in &mut rows {
            row.values.insert(COMPARED.to_owned(), empty);
        }
        for point in &found.points {
            let before = point.before.and_then(|it| it.measured(question.measure));
            if let (Ok(at), Some(before)) = (starts.binary_search(&point.bucket), before) {
                *rows[at].values.entry(COMPARED.to_owned()).or_default().get_or_insert_default() += before;
            }
        }
    }
    if let Some(last) = rows.last_mut() {
        last.whole &= !frame.period.incomplete;
    }
    let compared =
        is_compared.then(|| Series { key: COMPARED.to_owned(), name: "Compared".to_owned(), is_compared: true });
    let series = found.groups.iter().map(|it| Series {
        key: key(it.place),
        name: if question.by == By::Nothing { "All events".to_owned() } else { short(&it.label) },
        is_compared: false,
    });
    let series = series.chain(compared);
    Chart {
        shape: question.shape(),
        caption: String::new(),
        unit: unit(question.measure),
        series: series.collect(),
        rows,
        marks: Vec::new(),
    }
}

/// A label as it stands beside others.
fn short(label: &str) -> String {
    const MOST: usize = 60;
    if label.chars().count() <= MOST {
        return label.to_owned();
    }
    label.chars().take(MOST - 1).chain(['…']).collect()
}

fn unit(measure: Measure) -> Unit {
    match measure {
        Measure::Count | Measure::Unique => Unit::Count,
        Measure::Sum | Measure::Average => Unit::Money,
    }
}

fn caption(frame: &Frame<'_>, question: &Question, found: &Found, name: &str) -> String {
    let write = |it: Option<f64>| match (it, unit(question.measure)) {
        (None, _) => format::UNKNOWN.to_owned(),
        (Some(it), Unit::Money) => format::money(it, &frame.currency),
        (Some(it), _) => format::grouped(it, 0),
    };
    let range = format::span(frame.period.range.start(), frame.period.range.end());
    let words = match question.measure {
        Measure::Count => "events",
        Measure::Unique => "unique profiles",
        Measure::Sum => "in values",
        Measure::Average => "on average",
    };
    let mut said = format!("{name}, {range}: {} {words}", write(found.total.measured(question.measure)));
    let before = found.before.and_then(|it| it.measured(question.measure));
    if let Some(change) = Figure::new(found.total.measured(question.measure), before, Vec::new()).change {
        let way = if change < 0.0 { "down" } else { "up" };
        let _ = write!(said, "; {} {way} on the days compared with", format::change(change));
    }
    if let Some((bucket, value)) = peak(question, found) {
        let at = question.interval.words(bucket, true).0;
        let _ = write!(said, "; peak {}, {}", caption::within(&at), write(Some(value)));
    }
    if let Some(first) = found.groups.first().filter(|_| question.by != By::Nothing) {
        let _ = write!(said, "; most: {}, {}", short(&first.label), write(first.numbers.measured(question.measure)));
    }
    said + "."
}

/// The bucket with the most, of what adds up over groups.
fn peak(question: &Question, found: &Found) -> Option<(chrono::NaiveDateTime, f64)> {
    if question.by != By::Nothing && !matches!(question.measure, Measure::Count | Measure::Sum) {
        return None;
    }
    let mut sums: Vec<(chrono::NaiveDateTime, f64)> = Vec::new();
    for point in &found.points {
        let value = point.numbers.measured(question.measure).unwrap_or_default();
        match sums.last_mut().filter(|it| it.0 == point.bucket) {
            Some(last) => last.1 += value,
            None => sums.push((point.bucket, value)),
        }
    }
    sums.into_iter().reduce(|best, it| if it.1 > best.1 { it } else { best }).filter(|it| it.1 > 0.0)
}

fn subtitle(question: &Question) -> String {
    let filters: Vec<String> = question
        .filters
        .iter()
        .map(|it| {
            let test = TESTS.iter().find(|test| test.2 == it.test).map_or("", |it| it.1);
            format!("{} {test} {}", named(&it.by), it.value).trim_end().to_owned()
        })
        .collect();
    if filters.is_empty() { String::new() } else { format!("only where {}", filters.join(" and ")) }
}

fn named(by: &By) -> String {
    match by {
        By::Nothing => String::new(),
        By::Property(name) => name.clone(),
        By::Of(dimension) => DIMENSIONS.iter().find(|it| it.2 == *dimension).map_or("", |it| it.1).to_lowercase(),
    }
}

fn notes(question: &Question) -> Vec<String> {
    let values = "Values are gross, in the account's currency; those in another are left out.".to_owned();
    let mut notes = vec!["Events count by their own day, bots and machines included.".to_owned(), values];
    if question.is_summed() {
        notes.push("Answered from sums that are kept up with the events.".to_owned());
    }
    if question.measure != Measure::Unique && question.by != By::Nothing {
        notes.push("Unique profiles are counted where they are the measure.".to_owned());
    }
    if question.measure == Measure::Unique && question.by != By::Nothing {
        notes.push("A person may be in several groups and buckets, so unique profiles do not add up.".to_owned());
    }
    notes
}

/// What the form offers, and what is chosen.
fn form(frame: &Frame<'_>, question: &Question, metrics: &[Metric]) -> Result<serde_json::Value, Error> {
    let own = vec![("metric_id", Box::new(question.metric.clone()) as _)];
    let properties: Vec<serde_json::Value> =
        frame.documents_with(PROPERTIES, own)?.into_iter().filter_map(|mut it| it.remove("name")).collect();
    let metrics: Vec<_> = metrics
        .iter()
        .map(|it| {
            let of = it.integration.as_ref().map_or_else(String::new, |of| format!(" · {of}"));
            let label = format!("{}{of} ({})", it.name, format::grouped(Numbers::count(it.events), 0));
            json!({ "value": it.id, "label": label, "current": it.id == question.metric })
        })
        .collect();
    let by = frame.ask.own("by").unwrap_or_default();
    let filters: Vec<_> = FILTERS
        .iter()
        .enumerate()
        .map(|(place, (of, test, value))| {
            let (given, chosen) = (frame.ask.own(of).unwrap_or_default(), frame.ask.own(test).unwrap_or("is"));
            json!({
                "place": place + 1, "of": of, "test": test, "value": value, "given": given,
                "chosen": chosen, "text": frame.ask.own(value).unwrap_or_default(),
            })
        })
        .collect();
    let shown = question.filters.len() + 1;
    Ok(json!({
        "metrics": metrics,
        "measures": options(MEASURES, |it| it == question.measure),
        "intervals": options(INTERVALS, |it| it == question.interval),
        "charts": options(CHARTS, |it| it == question.shape()),
        "tests": options(TESTS, |_| false),
        "dimensions": options(DIMENSIONS, |it| question.by == By::Of(it)),
        "properties": properties,
        "by": by,
        "top": question.top,
        "filters": filters,
        "shown": shown,
        "question": words_of(frame),
    }))
}

fn options<T: Copy>(values: &[(&str, &str, T)], is_current: impl Fn(T) -> bool) -> Vec<serde_json::Value> {
    values
        .iter()
        .map(|(value, label, it)| json!({ "value": value, "label": label, "current": is_current(*it) }))
        .collect()
}

/// What of the address is Explore's own, for leaving it out of what is kept.
fn words_of(frame: &Frame<'_>) -> Vec<&'static str> {
    PAGE.takes.iter().map(|it| it.0).filter(|it| frame.ask.own(it).is_some()).collect()
}

impl Numbers {
    #[expect(clippy::cast_precision_loss, reason = "no account has 2^53 events")]
    fn count(count: i64) -> f64 {
        count as f64
    }
}
