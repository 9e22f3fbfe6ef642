//! Reports: what is posted is checked as Klaviyo does (api-facts 3), and answered from the shop's own memory.

use super::address::address;
use super::cursor::{Cursor, Key, digest};
use super::posted::{Posted, wall_clock, wrong};
use super::question::bad_cursor;
use super::refusal::Refusal;
use super::statistics::{self, About, Row, Span};
use crate::demo::endpoints::{Report, Subject};
use crate::demo::shop::{Kind, Shop};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

const OF_MESSAGES: &[&str] = &[
    "average_order_value",
    "bounce_rate",
    "bounced",
    "bounced_or_failed",
    "bounced_or_failed_rate",
    "click_rate",
    "click_to_open_rate",
    "clicks",
    "clicks_unique",
    "conversion_rate",
    "conversion_uniques",
    "conversion_value",
    "conversions",
    "delivered",
    "delivery_rate",
    "failed",
    "failed_rate",
    "message_segment_count_sum",
    "open_rate",
    "opens",
    "opens_unique",
    "recipients",
    "revenue_per_recipient",
    "spam_complaint_rate",
    "spam_complaints",
    "text_message_credit_usage_amount",
    "text_message_roi",
    "text_message_spend",
    "unsubscribe_rate",
    "unsubscribe_uniques",
    "unsubscribes",
];
const OF_FORMS: &[&str] = &[
    "closed_form",
    "closed_form_uniques",
    "qualified_form",
    "qualified_form_uniques",
    "submit_rate",
    "submits",
    "submitted_form_step",
    "submitted_form_step_uniques",
    "viewed_form",
    "viewed_form_step",
    "viewed_form_step_uniques",
    "viewed_form_uniques",
];
const OF_SEGMENTS: &[&str] = &["members_added", "members_removed", "net_members_changed", "total_members"];

const BY_CAMPAIGN: &[&str] = &[
    "campaign_id",
    "campaign_message_id",
    "campaign_message_name",
    "group",
    "group_name",
    "send_channel",
    "tag_id",
    "tag_name",
    "text_message_format",
    "variation",
    "variation_name",
];
const BY_FLOW: &[&str] = &[
    "flow_id",
    "flow_message_id",
    "flow_message_name",
    "flow_name",
    "send_channel",
    "tag_id",
    "tag_name",
    "text_message_format",
    "variation",
    "variation_name",
];
const BY_FORM: &[&str] = &["form_id", "form_version_id"];

const KEYS: &[&str] = &[
    "last_12_months",
    "last_30_days",
    "last_365_days",
    "last_3_months",
    "last_7_days",
    "last_90_days",
    "last_month",
    "last_week",
    "last_year",
    "this_month",
    "this_week",
    "this_year",
    "today",
    "yesterday",
];

/// Groupings of one answer. The size that Klaviyo has is not documented; with this one there is always a next page.
const PAGE: usize = 8;

/// The first day that Klaviyo has numbers of forms and segments of.
const BEGINNING: NaiveDate = NaiveDate::from_ymd_opt(2023, 6, 1).expect("a day");

impl Report {
    fn kind(self) -> String {
        let of = match self.of {
            Subject::Campaigns => "campaign",
            Subject::Flows => "flow",
            Subject::Forms => "form",
            Subject::Segments => "segment",
        };
        format!("{of}-{}-report", if self.is_series { "series" } else { "values" })
    }

    fn statistics(self) -> &'static [&'static str] {
        match self.of {
            Subject::Campaigns | Subject::Flows => OF_MESSAGES,
            Subject::Forms => OF_FORMS,
            Subject::Segments => OF_SEGMENTS,
        }
    }

    /// What may be grouped by, what is if nothing is said, and what must be.
    fn groupings(self) -> (&'static [&'static str], &'static [&'static str], &'static [&'static str]) {
        match self.of {
            Subject::Campaigns => {
                let usual = &["campaign_id", "campaign_message_id", "send_channel"];
                (BY_CAMPAIGN, usual, &["campaign_id", "campaign_message_id"])
            }
            Subject::Flows => {
                let usual = &["flow_id", "flow_message_id", "send_channel"];
                (BY_FLOW, usual, &["flow_id", "flow_message_id"])
            }
            Subject::Forms => (BY_FORM, &["form_id"], &["form_id"]),
            Subject::Segments => (&[], &[], &[]),
        }
    }

    fn is_of_messages(self) -> bool {
        matches!(self.of, Subject::Campaigns | Subject::Flows)
    }
}

/// What a report is asked for.
struct Question {
    report: Report,
    statistics: Vec<&'static str>,
    group_by: Vec<&'static str>,
    /// Local days; one, or the intervals of a series.
    spans: Vec<Span>,
    /// The wall clocks at which the spans begin.
    starts: Vec<NaiveDateTime>,
    conversion: Option<Kind>,
}

/// Answers what was posted; `query` may hold a cursor, and `path` is where its next page is.
pub(super) fn answer(
    report: Report,
    shop: &Shop,
    now: DateTime<Utc>,
    body: &[u8],
    query: &[(String, String)],
    (base, path): (&str, &str),
) -> Result<String, Refusal> {
    let question = Question::parse(report, shop, now, body)?;
    // A cursor belongs to one path and one document.
    let own = digest(&format!("{path} {}", String::from_utf8_lossy(body)));
    let start = start_of(report, query, own)?;
    let rows = statistics::rows(shop, &question.subject(), &question.spans, now);
    let all = question.results(rows);
    let size = if report.is_of_messages() { PAGE } else { all.len() };
    let results: Vec<&Value> = all.iter().skip(start).take(size).collect();
    let next = (start + size < all.len()).then(|| {
        let key = Key { number: i64::try_from(start + size).unwrap_or(i64::MAX), ..Key::default() };
        let cursor = Cursor { question: own, key, back: false }.text();
        address(base, path, &[("page_cursor".to_owned(), cursor)], None)
    });
    let mut attributes = json!({ "results": results });
    if report.is_series {
        let written = question.starts.iter().map(|it| format!("{}+00:00", it.format("%Y-%m-%dT%H:%M:%S")));
        attributes["date_times"] = written.collect();
    }
    let mut links = json!({ "self": address(base, path, query, None) });
    if report.is_of_messages() {
        links["next"] = json!(next);
        links["prev"] = Value::Null;
    }
    Ok(json!({ "data": { "type": report.kind(), "attributes": attributes }, "links": links }).to_string())
}

/// Where the page begins that is asked for.
fn start_of(report: Report, query: &[(String, String)], own: u64) -> Result<usize, Refusal> {
    let mut start = 0;
    for (name, value) in query {
        if name != "page_cursor" || !report.is_of_messages() {
            return Err(Refusal::invalid(name, format!("'{name}' is not a valid field for this resource.")));
        }
        let cursor = Cursor::parse(value).filter(|it| it.question == own).ok_or_else(bad_cursor)?;
        start = usize::try_from(cursor.key.number).map_err(|_| bad_cursor())?;
    }
    Ok(start)
}

impl Question {
    fn parse(report: Report, shop: &Shop, now: DateTime<Utc>, body: &[u8]) -> Result<Question, Refusal> {
        let known: Vec<&str> = ["statistics", "timeframe", "filter"]
            .into_iter()
            .chain(report.is_series.then_some("interval"))
            .chain((report.of != Subject::Segments).then_some("group_by"))
            .chain(report.is_of_messages().then_some("conversion_metric_id"))
            .collect();
        let posted = Posted::parse(body, &report.kind(), &known)?;
        let statistics = posted.words("statistics", report.statistics())?.filter(|it| !it.is_empty());
        let statistics = statistics.ok_or_else(|| required("statistics"))?;
        if posted.get("filter").is_some() {
            return Err(wrong("/data/attributes/filter", "The stand-in does not filter reports."));
        }
        let (start, end) = timeframe(&posted, shop, now)?;
        let interval = if report.is_series { Some(interval(&posted, start, end)?) } else { None };
        let (spans, starts) = spans(report, start, end, interval);
        Ok(Question {
            report,
            statistics,
            group_by: group_by(report, &posted)?,
            spans,
            starts,
            conversion: conversion(report, shop, &posted)?,
        })
    }

    /// A result for each grouping, with one value a statistic, or one for each interval.
    fn results(&self, rows: Vec<Row>) -> Vec<Value> {
        let mut results = Vec::new();
        for row in rows {
            let mut groupings = Map::new();
            if self.report.of == Subject::Segments {
                groupings.insert("segment_id".to_owned(), json!(row.grouping("segment_id")));
            }
            for name in &self.group_by {
                groupings.insert((*name).to_owned(), row.grouping(name).map_or(Value::Null, Value::from));
            }
            let mut statistics = Map::new();
            for name in &self.statistics {
                let mut values =
                    row.values.iter().map(|it| it.get(name).copied().flatten().map_or(Value::Null, Value::from));
                let value = if self.report.is_series { values.collect() } else { values.next().unwrap_or(Value::Null) };
                statistics.insert((*name).to_owned(), value);
            }
            results.push(json!({ "groupings": groupings, "statistics": statistics }));
        }
        results
    }

    fn subject(&self) -> About {
        match (self.report.of, self.conversion) {
            (Subject::Segments, _) => About::Segments,
            (Subject::Forms, _) => About::Forms { by_version: self.group_by.contains(&"form_version_id") },
            (of, conversion) => About::Messages {
                of_campaigns: of == Subject::Campaigns,
                conversion: conversion.expect("checked to be there"),
            },
        }
    }
}

fn required(name: &str) -> Refusal {
    wrong("/data/attributes", format!("'{name}' is a required field for this resource."))
}

fn group_by(report: Report, posted: &Posted) -> Result<Vec<&'static str>, Refusal> {
    let (known, usual, needed) = report.groupings();
    let Some(given) = posted.words("group_by", known)? else { return Ok(usual.to_vec()) };
    match needed.iter().find(|it| !given.contains(it)) {
        Some(missing) => Err(wrong("/data/attributes/group_by", format!("'{missing}' has to be grouped by."))),
        None => Ok(given),
    }
}

/// The kind of the metric that conversions are counted by.
fn conversion(report: Report, shop: &Shop, posted: &Posted) -> Result<Option<Kind>, Refusal> {
    if !report.is_of_messages() {
        return Ok(None);
    }
    let id = posted.text("conversion_metric_id")?.ok_or_else(|| required("conversion_metric_id"))?;
    let pointer = "/data/attributes/conversion_metric_id";
    let kind = Kind::all().find(|it| shop.metric_id(*it) == id);
    let kind = kind.ok_or_else(|| wrong(pointer, format!("The metric '{id}' does not exist.")))?;
    if !kind.has_values() {
        return Err(wrong(pointer, "Passed in conversion metric does not support querying for values data"));
    }
    Ok(Some(kind))
}

/// First and last wall clock. Both ends are included, and the end is that of its hour.
fn timeframe(posted: &Posted, shop: &Shop, now: DateTime<Utc>) -> Result<(NaiveDateTime, NaiveDateTime), Refusal> {
    let pointer = "/data/attributes/timeframe";
    let frame = posted.get("timeframe").ok_or_else(|| required("timeframe"))?;
    if let Some(key) = frame.get("key").and_then(Value::as_str) {
        if !KEYS.contains(&key) {
            return Err(wrong(pointer, format!("'{key}' is not a valid timeframe key.")));
        }
        let today = now.with_timezone(&shop.plan.zone).date_naive();
        let days = match key {
            "today" => 0,
            "last_7_days" => 6,
            "last_30_days" => 29,
            _ => return Err(wrong(pointer, format!("The stand-in does not know '{key}'."))),
        };
        return Ok(whole_days(today - Days::new(days), today));
    }
    let clock = |name: &str| {
        let text = frame.get(name).and_then(Value::as_str);
        text.and_then(wall_clock).ok_or_else(|| wrong(pointer, format!("'{name}' has to be a datetime.")))
    };
    let (start, end) = (clock("start")?, clock("end")?);
    if end < start {
        return Err(wrong(pointer, "The start of the timeframe has to be before its end."));
    }
    if start.checked_add_months(Months::new(12)).is_some_and(|it| it <= end) {
        return Err(wrong(pointer, "The maximum length of a timeframe is 1 year."));
    }
    let in_hour = end.and_utc().timestamp().rem_euclid(3_600);
    Ok((start, end + TimeDelta::seconds(3_599 - in_hour)))
}

fn whole_days(first: NaiveDate, last: NaiveDate) -> (NaiveDateTime, NaiveDateTime) {
    let end = last.and_hms_opt(23, 59, 59).expect("every day has a last second");
    (first.and_time(chrono::NaiveTime::MIN), end)
}

/// The interval of a series, which limits how long it may be.
fn interval(posted: &Posted, start: NaiveDateTime, end: NaiveDateTime) -> Result<&'static str, Refusal> {
    let pointer = "/data/attributes/interval";
    let given = posted.text("interval")?.ok_or_else(|| required("interval"))?;
    let limits = [("hourly", 7), ("daily", 60), ("weekly", 364), ("monthly", 364)];
    let (interval, days) = limits
        .into_iter()
        .find(|it| it.0 == given)
        .ok_or_else(|| wrong(pointer, format!("'{given}' is not a valid interval.")))?;
    if end - start > TimeDelta::days(days) {
        return Err(wrong(pointer, format!("The maximum timeframe for the interval '{interval}' is {days} days.")));
    }
    if interval == "hourly" {
        return Err(wrong(pointer, "The stand-in has no hourly series."));
    }
    Ok(interval)
}

/// The local days of each value, and when each begins.
fn spans(
    report: Report,
    start: NaiveDateTime,
    end: NaiveDateTime,
    interval: Option<&str>,
) -> (Vec<Span>, Vec<NaiveDateTime>) {
    let floor = if report.is_of_messages() { NaiveDate::MIN } else { BEGINNING };
    let (mut spans, mut starts) = (Vec::new(), Vec::new());
    let mut first = start.date();
    while first <= end.date() {
        let next = match interval {
            None => NaiveDate::MAX,
            Some("daily") => first + Days::new(1),
            Some("weekly") => first + Days::new(7 - u64::from(first.weekday().num_days_from_monday())),
            Some(_) => first.with_day(1).and_then(|it| it.checked_add_months(Months::new(1))).unwrap_or(NaiveDate::MAX),
        };
        let last = next.pred_opt().unwrap_or(first).min(end.date());
        spans.push(Span { first: first.max(floor), last });
        starts.push(first.and_time(chrono::NaiveTime::MIN));
        if next == NaiveDate::MAX {
            break;
        }
        first = next;
    }
    (spans, starts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::ShopPlan;

    const PLACE: (&str, &str) = ("http://host", "/api/a-report");

    fn now() -> DateTime<Utc> {
        "2026-11-21T17:00:00Z".parse().expect("a time")
    }

    fn shop() -> Shop {
        Shop::new(&ShopPlan { events: 2_000, profiles: 200, ..ShopPlan::until(now()) })
    }

    fn body(kind: &str, attributes: &Value) -> Vec<u8> {
        json!({ "data": { "type": kind, "attributes": attributes } }).to_string().into_bytes()
    }

    #[test]
    fn what_klaviyo_refuses_is_refused() {
        let shop = shop();
        let (orders, opens) = (shop.metric_id(Kind::PlacedOrder), shop.metric_id(Kind::OpenedEmail));
        let good = json!({
            "statistics": ["opens", "open_rate"],
            "timeframe": { "start": "2026-10-01T00:00:00", "end": "2026-10-31T23:59:59" },
            "conversion_metric_id": orders,
            "interval": "daily",
        });
        let report = Report { of: Subject::Flows, is_series: true };
        let ask =
            |attributes: &Value| answer(report, &shop, now(), &body("flow-series-report", attributes), &[], PLACE);
        ask(&good).expect("a good question");
        let frame = |start: &str, end: &str| json!({ "start": start, "end": end });
        for (name, value, named) in [
            ("statistics", json!(["spam_rate"]), "spam_rate"),
            ("statistics", json!([]), "statistics"),
            ("timeframe", Value::Null, "timeframe"),
            ("timeframe", frame("2026-09-01T00:00:00", "2026-10-31T23:59:59"), "60 days"),
            ("timeframe", frame("2025-10-01T00:00:00", "2026-10-01T00:00:00"), "1 year"),
            ("timeframe", frame("2026-10-02T00:00:00", "2026-10-01T23:59:59"), "before its end"),
            ("timeframe", json!({ "key": "last_decade" }), "last_decade"),
            ("interval", json!("yearly"), "yearly"),
            ("interval", Value::Null, "interval"),
            ("interval", json!("hourly"), "7 days"),
            ("conversion_metric_id", Value::Null, "conversion_metric_id"),
            ("conversion_metric_id", json!("nothing"), "does not exist"),
            ("conversion_metric_id", json!(opens), "does not support querying for values data"),
            ("group_by", json!(["flow_id"]), "flow_message_id"),
            ("group_by", json!(["campaign_id"]), "campaign_id"),
            ("limit", json!(10), "limit"),
        ] {
            let mut bad = good.clone();
            bad[name] = value;
            let refusal = ask(&bad).expect_err(name);
            assert!(refusal.status == 400 && refusal.detail.contains(named), "{name}: {}", refusal.detail);
        }
        let other = answer(report, &shop, now(), &body("flow-values-report", &good), &[], PLACE).expect_err("a type");
        assert!(other.detail.contains("flow-series-report"));
        assert!(answer(report, &shop, now(), b"{}", &[], PLACE).is_err());
    }

    #[test]
    fn an_offset_is_read_over_and_an_end_is_that_of_its_hour() {
        let ask = |start: &str, end: &str| {
            let posted =
                Posted::parse(&body("a", &json!({ "timeframe": { "start": start, "end": end } })), "a", &["timeframe"]);
            timeframe(&posted.expect("a document"), &shop(), now()).expect("a time")
        };
        let (start, end) = ask("2026-10-01T00:00:00+05:00", "2026-10-31T23:00:00Z");
        assert_eq!((start.to_string(), end.to_string()), ("2026-10-01 00:00:00".into(), "2026-10-31 23:59:59".into()));
    }

    #[test]
    fn a_cursor_is_good_for_its_own_document() {
        let shop = shop();
        let report = Report { of: Subject::Campaigns, is_series: false };
        let posted = |end: &str| {
            body(
                "campaign-values-report",
                &json!({
                    "statistics": ["opens"],
                    "timeframe": { "start": "2026-01-01T00:00:00", "end": end },
                    "conversion_metric_id": shop.metric_id(Kind::PlacedOrder),
                }),
            )
        };
        let ask = |body: &[u8], query: &[(String, String)]| answer(report, &shop, now(), body, query, PLACE);
        let first: Value =
            serde_json::from_str(&ask(&posted("2026-10-31T23:59:59"), &[]).expect("a page")).expect("JSON");
        let link = first["links"]["next"].as_str().expect("a next page");
        let cursor = link.split_once("page_cursor=").expect("a cursor").1.to_owned();
        let query = [("page_cursor".to_owned(), cursor)];
        let second: Value =
            serde_json::from_str(&ask(&posted("2026-10-31T23:59:59"), &query).expect("a page")).expect("JSON");
        assert_ne!(first["data"]["attributes"]["results"], second["data"]["attributes"]["results"]);
        assert_eq!(ask(&posted("2026-10-30T23:59:59"), &query).expect_err("another"), bad_cursor());
        let forms = Report { of: Subject::Forms, is_series: false };
        let form = body("form-values-report", &json!({ "statistics": ["submits"], "timeframe": { "key": "today" } }));
        assert!(answer(forms, &shop, now(), &form, &query, PLACE).is_err(), "forms have no pages");
    }

    #[test]
    fn forms_and_segments_begin_in_june_2023() {
        let of = |of| {
            let (start, end) = whole_days("2023-05-30".parse().expect("a day"), "2023-06-02".parse().expect("a day"));
            let (spans, starts) = spans(Report { of, is_series: true }, start, end, Some("daily"));
            let empty = spans.iter().filter(|it| it.last < it.first).count();
            (starts.len(), empty)
        };
        assert_eq!(of(Subject::Forms), (4, 2));
        assert_eq!(of(Subject::Flows), (4, 0));
    }
}
