//! One pass over a report: spans of whole local days, newest first, each replaced as a whole by what Klaviyo says now.

use chrono::{DateTime, Datelike, Days as Calendar, Months, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};

use super::copying::Copying;
use super::record::{self, Context, Malformed};
use super::run::Stopped;
use super::series::Series;
use super::{Order, values};
use crate::catalog::{Entity, Report};
use crate::klaviyo::{Batch, Error, Request};
use crate::store::Record;
use crate::store::reports::{ConversionMetric, Days, ReportWindow};

/// What was read within this time is not asked for again unless forced: the quota of a day is not for impatience, and
/// a pass that was parked goes on with what it has not come to.
const FRESH: TimeDelta = TimeDelta::hours(1);

/// How often the pages of a window are begun again because their cursor expired.
const RESTARTS: usize = 3;

/// Klaviyo's words for a metric without values.
const NO_VALUES: &str = "does not support querying for values";

/// How far back reports are read, and for how long their numbers change.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    pub history_days: u32,
    pub restate_days: u32,
}

impl Default for Reach {
    /// A year, and the longest time for which an account may attribute (api-facts 5.2).
    fn default() -> Reach {
        Reach { history_days: 365, restate_days: 90 }
    }
}

/// Reads what is missing of the report, and again what may have changed.
pub(super) fn copy(copying: &Copying<'_>, report: &'static Report) -> Result<(), Stopped> {
    refuse_while_parked(copying, report)?;
    let entity = copying.entity;
    let (zone, kept, metric) =
        copying.store().read(|db| Ok((db.zone()?, db.report_windows(entity)?, db.conversion_metric()?)))?;
    let metric = metric.filter(|_| report.by_conversion);
    if report.by_conversion && metric.is_none() {
        return Err(Stopped::NoConversionMetric);
    }
    let asking = Asking { copying, report, metric: metric.as_ref(), zone };
    let spans = asking.plan(&kept);
    for (done, span) in spans.iter().enumerate() {
        let until = span.end.format("%-d %B %Y");
        copying.show(|it| it.done = Some(done as f64 / spans.len() as f64));
        copying.show(|it| it.doing = Some(format!("the days until {until}")));
        asking.replace(*span)?;
    }
    Ok(())
}

/// A used-up day stays so; only who forces it asks again before.
fn refuse_while_parked(copying: &Copying<'_>, report: &Report) -> Result<(), Stopped> {
    let resumes_at = copying.store().read(|db| db.resumes_at(copying.entity))?;
    let left = resumes_at.map(|it| it - copying.now()).and_then(|it| it.to_std().ok());
    match left.filter(|it| !it.is_zero() && !copying.order.forced) {
        Some(resumes_in) => {
            let usage = copying.client.usage().into_iter().find(|it| it.endpoint == report.path);
            let share = usage.and_then(|it| it.day).filter(|it| it.used >= it.limit).map(|it| it.limit);
            Err(Error::QuotaUsedUp { endpoint: report.path, resumes_in, share }.into())
        }
        None => Ok(()),
    }
}

/// One report on its way.
struct Asking<'a> {
    copying: &'a Copying<'a>,
    report: &'static Report,
    metric: Option<&'a ConversionMetric>,
    zone: Tz,
}

impl Asking<'_> {
    /// The spans to read, newest first, so that a short quota goes into the latest days.
    fn plan(&self, kept: &[ReportWindow]) -> Vec<Days> {
        let now = self.copying.now();
        let today = now.with_timezone(&self.zone).date_naive();
        let reach = self.copying.handle.0.options.reports;
        let wish = Wish {
            kept,
            metric: self.metric.map(|it| it.id.as_str()),
            open: TimeDelta::days(i64::from(reach.restate_days)),
            zone: self.zone,
            now,
        };
        let spans = spans(first_day(today, reach.history_days, self.report), today, self.report.days_max);
        spans.into_iter().filter(|it| wish.holds(*it, self.copying.order)).collect()
    }

    /// Reads a span and puts it in the place of what was there: both or neither.
    fn replace(&self, span: Days) -> Result<(), Stopped> {
        let mut restarts = 0;
        let records = loop {
            match self.read(span) {
                Err(Stopped::Klaviyo(Error::ExpiredCursor { .. })) if restarts < RESTARTS => restarts += 1,
                result => break result?,
            }
        };
        let window = ReportWindow {
            days: span,
            conversion_metric: self.metric.map(|it| it.id.clone()),
            fetched_at: self.copying.now(),
        };
        let entity = self.copying.entity;
        let changes = self.copying.store().write_in_row(|db| db.replace_report(entity, &window, &records))?;
        self.copying.count(entity, records.len(), changes);
        Ok(())
    }

    fn read(&self, span: Days) -> Result<Vec<Record>, Stopped> {
        let Copying { entity, .. } = *self.copying;
        let body = body(entity, self.report, span, self.metric);
        let mut series = Series::from(Request::post(self.report.path, entity.tier, entity.scopes, &body));
        let mut records = Vec::new();
        while let Some(asked) = series.take() {
            let batch = self.copying.ask(&asked).map_err(|error| self.named(error))?;
            for answer in &batch.data {
                records.extend(self.rows(answer, span)?);
            }
            series.follow(&asked, &batch)?;
        }
        Ok(records)
    }

    /// Says which metric it is that Klaviyo cannot report by.
    fn named(&self, error: Error) -> Stopped {
        match (error, self.metric) {
            (Error::Rejected { status: 400, detail, .. }, Some(metric)) if detail.contains(NO_VALUES) => {
                Stopped::NotAConversion { name: metric.name.clone(), id: metric.id.clone(), detail }
            }
            (error, _) => error.into(),
        }
    }

    fn rows(&self, answer: &RawValue, span: Days) -> Result<Vec<Record>, Stopped> {
        let entity = self.copying.entity;
        let malformed = |reason: String| Malformed::new(entity, reason);
        let answer: Answer = serde_json::from_str(answer.get()).map_err(|error| malformed(error.to_string()))?;
        let mut rows = Vec::new();
        for result in &answer.attributes.results {
            match self.report.interval {
                None => rows.push(self.row(result, &result.statistics, span.start, json!({}), span)),
                Some(_) => {
                    for (place, time) in answer.attributes.date_times.iter().enumerate() {
                        let day = values::local_day(time, self.zone)
                            .ok_or_else(|| malformed(format!("{time} begins no day of {}", self.zone)))?;
                        let statistics = at(place, &result.statistics)
                            .ok_or_else(|| malformed(format!("a statistic has no value for {day}")))?;
                        rows.push(self.row(result, &statistics, day, json!({ "day": day }), span));
                    }
                }
            }
        }
        let data: Result<Vec<_>, _> = rows.iter().map(to_raw_value).collect();
        let batch = Batch { data: data.map_err(|error| malformed(error.to_string()))?, ..Batch::default() };
        Ok(record::read(entity, &batch, Context { zone: self.zone, parent: None })?.records)
    }

    /// A row as a document that the catalog's pointers lead into. What it is about is its id.
    fn row(&self, result: &Grouped, statistics: &Map<String, Value>, day: NaiveDate, when: Value, span: Days) -> Value {
        let text = |it: &Value| it.as_str().map_or_else(|| it.to_string(), ToOwned::to_owned);
        let names = if self.report.group_by.is_empty() {
            result.groupings.values().map(text).collect::<Vec<_>>()
        } else {
            let named = |it: &&str| result.groupings.get(*it).filter(|it| !it.is_null());
            self.report.group_by.iter().map(|it| named(it).map(text).unwrap_or_default()).collect()
        };
        let mut row = json!({
            "id": format!("{}:{day}", names.join(":")),
            "groupings": result.groupings,
            "statistics": statistics,
            "conversion_metric_id": self.metric.map(|it| &it.id),
            "start_on": span.start,
            "end_on": span.end,
        });
        if let (Value::Object(row), Value::Object(when)) = (&mut row, when) {
            row.extend(when);
        }
        row
    }
}

/// What is read of an answer; a row of each grouping.
#[derive(Deserialize)]
struct Answer {
    attributes: Attributes,
}

#[derive(Deserialize)]
struct Attributes {
    results: Vec<Grouped>,
    /// What the values of a series stand for, by place.
    #[serde(default)]
    date_times: Vec<Value>,
}

#[derive(Deserialize)]
struct Grouped {
    #[serde(default)]
    groupings: Map<String, Value>,
    statistics: Map<String, Value>,
}

/// The values at one place of a series; none where one is shorter than that.
fn at(place: usize, statistics: &Map<String, Value>) -> Option<Map<String, Value>> {
    let value = |(name, values): (&String, &Value)| match values {
        Value::Null => Some((name.clone(), Value::Null)),
        values => Some((name.clone(), values.get(place)?.clone())),
    };
    statistics.iter().map(value).collect()
}

/// What is posted: days without an offset, for Klaviyo ignores one; the end is the last second of the last day.
fn body(entity: &Entity, report: &Report, span: Days, metric: Option<&ConversionMetric>) -> Value {
    let mut attributes = json!({
        "statistics": report.statistics,
        "timeframe": { "start": format!("{}T00:00:00", span.start), "end": format!("{}T23:59:59", span.end) },
    });
    if let Some(interval) = report.interval {
        attributes["interval"] = json!(interval);
    }
    if !report.group_by.is_empty() {
        attributes["group_by"] = json!(report.group_by);
    }
    if let Some(metric) = metric {
        attributes["conversion_metric_id"] = json!(metric.id);
    }
    json!({ "data": { "type": entity.resource, "attributes": attributes } })
}

/// The first day of the month that history begins in: were it any day, every day would move the windows.
fn first_day(today: NaiveDate, history_days: u32, report: &Report) -> NaiveDate {
    let first = today.checked_sub_days(Calendar::new(u64::from(history_days))).unwrap_or(today);
    let floor = report.since.and_then(|(year, month, day)| NaiveDate::from_ymd_opt(year, month, day));
    first.with_day(1).unwrap_or(first).max(floor.unwrap_or(NaiveDate::MIN))
}

/// Calendar months from that of `first` to that of `today`, newest first, cut where one is longer than `days_max`.
/// They share no day, and stay the same from day to day but for the end of the last.
fn spans(first: NaiveDate, today: NaiveDate, days_max: u16) -> Vec<Days> {
    let mut spans = Vec::new();
    let mut start = first;
    while start <= today {
        let next_month =
            start.with_day(1).and_then(|it| it.checked_add_months(Months::new(1))).unwrap_or(NaiveDate::MAX);
        let longest = start.checked_add_days(Calendar::new(u64::from(days_max))).unwrap_or(NaiveDate::MAX);
        let next = next_month.min(longest);
        spans.push(Days { start, end: next.pred_opt().unwrap_or(start).min(today) });
        start = next;
    }
    spans.reverse();
    spans
}

/// What makes a span worth a request.
struct Wish<'a> {
    kept: &'a [ReportWindow],
    metric: Option<&'a str>,
    /// For how long after a day its numbers change.
    open: TimeDelta,
    zone: Tz,
    now: DateTime<Utc>,
}

impl Wish<'_> {
    fn holds(&self, span: Days, order: &Order) -> bool {
        let local = |time: DateTime<Utc>| time.with_timezone(&self.zone).date_naive();
        if let Some(since) = order.since
            && span.end < local(since)
        {
            return false;
        }
        if order.forced || order.since.is_some() {
            return true;
        }
        let kept = self.kept.iter().find(|it| it.days == span && it.conversion_metric.as_deref() == self.metric);
        kept.is_none_or(|it| {
            let is_final = local(it.fetched_at) > span.end + self.open;
            !is_final && self.now - it.fetched_at >= FRESH
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{ENTITIES, Source, find};
    use crate::sync::Trigger;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn days(start: &str, end: &str) -> Days {
        Days { start: day(start), end: day(end) }
    }

    fn order(forced: bool, since: Option<&str>) -> Order {
        let since = since.map(|it| it.parse().expect("a time"));
        Order { entities: Vec::new(), forced, since, trigger: Trigger::Api }
    }

    #[test]
    fn spans_are_months_that_share_no_day() {
        let found = spans(day("2025-12-01"), day("2026-02-10"), 365);
        let wanted =
            [days("2026-02-01", "2026-02-10"), days("2026-01-01", "2026-01-31"), days("2025-12-01", "2025-12-31")];
        assert_eq!(found, wanted);
        for (first, today, days_max) in
            [("2023-06-01", "2026-11-21", 60), ("2026-11-01", "2026-11-01", 365), ("2026-01-01", "2026-03-31", 7)]
        {
            let spans = spans(day(first), day(today), days_max);
            assert!(spans.windows(2).all(|it| it[1].end.succ_opt() == Some(it[0].start)), "{spans:?}");
            assert!(spans.iter().all(|it| (it.end - it.start).num_days() < i64::from(days_max)), "{spans:?}");
            assert_eq!((spans[0].end, spans[spans.len() - 1].start), (day(today), day(first)));
        }
    }

    #[test]
    fn history_begins_with_a_month_and_not_before_there_is_any() {
        let report = |name| match find(name).expect("an entity").source {
            Source::Report(report) => report,
            _ => panic!("{name} is a report"),
        };
        let today = day("2026-11-21");
        assert_eq!(first_day(today, 365, &report("campaign_values_reports")), day("2025-11-01"));
        assert_eq!(first_day(today, 3_650, &report("form_series_reports")), day("2023-06-01"));
    }

    #[test]
    fn a_span_is_read_until_its_numbers_are_final() {
        let read = |fetched_at: &str, metric: &str| ReportWindow {
            days: days("2026-10-01", "2026-10-31"),
            conversion_metric: Some(metric.to_owned()),
            fetched_at: fetched_at.parse().expect("a time"),
        };
        let since = "2026-11-01T12:00:00Z";
        for (what, kept, order, wanted) in [
            ("never read", vec![], order(false, None), true),
            ("read while open", vec![read("2026-11-10T00:00:00Z", "m")], order(false, None), true),
            ("read just now", vec![read("2026-11-21T11:30:00Z", "m")], order(false, None), false),
            ("by another metric", vec![read("2026-11-21T11:30:00Z", "n")], order(false, None), true),
            ("read when final", vec![read("2027-02-01T00:00:00Z", "m")], order(false, None), false),
            // 30 January begins in New York at 5 o'clock: until then it is the last day on which numbers change.
            ("the last open hour", vec![read("2027-01-30T04:59:59Z", "m")], order(false, None), true),
            ("the first final one", vec![read("2027-01-30T05:00:00Z", "m")], order(false, None), false),
            ("forced", vec![read("2026-11-21T11:30:00Z", "m")], order(true, None), true),
            ("before what was asked for", vec![], order(true, Some(since)), false),
        ] {
            let late = what.contains("final") || what.contains("open hour");
            let now = if late { "2027-03-01T12:00:00Z" } else { "2026-11-21T12:00:00Z" };
            let wish = Wish {
                kept: &kept,
                metric: Some("m"),
                open: TimeDelta::days(90),
                zone: Tz::America__New_York,
                now: now.parse().expect("a time"),
            };
            assert_eq!(wish.holds(days("2026-10-01", "2026-10-31"), &order), wanted, "{what}");
        }
    }

    #[test]
    fn a_report_is_asked_for_in_whole_days_without_an_offset() {
        let metric = ConversionMetric { id: "RESQ6t".to_owned(), name: "Placed Order".to_owned() };
        let entity = find("flow_series_reports").expect("an entity");
        let Source::Report(report) = &entity.source else { panic!("a report") };
        let body = body(entity, report, days("2026-03-01", "2026-03-31"), Some(&metric));
        let attributes = &body["data"]["attributes"];
        assert_eq!(body["data"]["type"], "flow-series-report");
        assert_eq!(attributes["timeframe"], json!({ "start": "2026-03-01T00:00:00", "end": "2026-03-31T23:59:59" }));
        assert_eq!(
            (&attributes["interval"], &attributes["conversion_metric_id"], &attributes["group_by"]),
            (&json!("daily"), &json!("RESQ6t"), &json!(["flow_id", "flow_message_id", "send_channel"]))
        );
    }

    #[test]
    fn a_month_fits_every_report() {
        for entity in ENTITIES {
            if let Source::Report(report) = entity.source {
                assert!(report.days_max >= 31, "{} would be cut", entity.name);
            }
        }
    }

    #[test]
    fn a_series_that_is_too_short_is_not_filled_up() {
        let statistics = json!({ "opens": [1, 2], "spend": null });
        let statistics = statistics.as_object().expect("an object");
        assert_eq!(at(1, statistics).map(Value::from), Some(json!({ "opens": 2, "spend": null })));
        assert_eq!(at(2, statistics), None);
    }
}
