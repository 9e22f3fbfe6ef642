//! The proof that the copy of the events is complete: Klaviyo's own counts against our rows, metric by metric and local
//! day by local day. Days that differ are read again, which finds what came late, was dated back, changed or deleted.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days as Calendar, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use super::copying::Copying;
use super::record::{self, Context, Malformed};
use super::run::Stopped;
use super::{events, values};
use crate::catalog::{EVENTS, Entity};
use crate::klaviyo::{Batch, Error, Request};
use crate::store::reconciliation::Countable;
use crate::store::reports::Days;
use crate::store::zone::beginning;
use crate::store::{self, Db, Record, Window};

/// What every pass compares: as long as late events were seen to come (api-facts 6, by day 17), and then some.
const RECENT_DAYS: u64 = 30;

/// How often everything is compared: what is dated back lies anywhere.
const WHOLE_EVERY: TimeDelta = TimeDelta::days(7);

/// Counts gathered before they are written.
const ROWS_PER_WRITE: usize = 5_000;

/// Buckets of one answer: more than a year has days.
const PAGE_SIZE: u32 = 500;

/// Pages of one answer after which it is given up.
const PAGES_MAX: usize = 20;

/// Fetches Klaviyo's counts, compares, reads again what differs, and compares again.
pub(super) fn copy(copying: &Copying<'_>, path: &'static str, days_max: u16) -> Result<(), Stopped> {
    let zone = copying.store().settle_zone()?;
    let (covered, metrics) = copying.store().read(|db| Ok((db.covered(&EVENTS)?, db.countable_metrics()?)))?;
    let now = copying.now();
    let due = |it: &Countable| it.whole_at.is_none_or(|at| now - at >= WHOLE_EVERY);
    let whole = copying.order.forced || metrics.iter().any(due);
    let recent = now.with_timezone(&zone).date_naive() - Calendar::new(RECENT_DAYS);
    let spans = comparable(&covered, zone, (!whole).then_some(recent));
    if spans.is_empty() {
        return Err(Stopped::NoParents(EVENTS.title().to_lowercase()));
    }
    let pass = Reconciling { copying, path, days_max, zone, spans, whole, recent };
    let counted = pass.fetch(&metrics)?;
    pass.compare_first(&counted)?;
    pass.mend()?;
    if whole {
        copying.store().write_in_row(|db| pass.note(db, &counted, true))?;
    }
    Ok(())
}

struct Reconciling<'a> {
    copying: &'a Copying<'a>,
    path: &'static str,
    days_max: u16,
    zone: Tz,
    /// Local days of which every event was copied, newest first.
    spans: Vec<Days>,
    /// Whether these are all such days.
    whole: bool,
    /// The first of the days that every pass compares.
    recent: NaiveDate,
}

impl Reconciling<'_> {
    /// Klaviyo's counts of every metric. Tells which metrics it counts; of the others it is written down why not.
    fn fetch<'m>(&self, metrics: &'m [Countable]) -> Result<Vec<&'m Countable>, Stopped> {
        let (mut counted, mut refusal, mut gathered) = (Vec::new(), None, Vec::new());
        for (done, metric) in metrics.iter().enumerate() {
            self.copying.show(|it| it.done = Some(done as f64 / metrics.len() as f64));
            self.copying.show(|it| it.doing = Some(format!("counting “{}”", metric.name)));
            match self.fetch_one(metric) {
                Ok(records) => {
                    gathered.extend(records);
                    counted.push(metric);
                }
                // One metric that cannot be counted leaves the others alone.
                Err(Stopped::Klaviyo(Error::Rejected { status: 400 | 404, endpoint, detail })) => {
                    log::warn!("Klaviyo does not count the metric {} ({}): {detail}", metric.name, metric.id);
                    let now = self.copying.now();
                    self.copying.store().write_in_row(|db| db.note_refused(&metric.id, &detail, now))?;
                    refusal = Some(Error::Rejected { status: 400, endpoint, detail });
                }
                Err(stopped) => return Err(stopped),
            }
            if gathered.len() >= ROWS_PER_WRITE {
                self.write(&std::mem::take(&mut gathered))?;
            }
        }
        self.write(&gathered)?;
        match refusal {
            // If it counts none of them, it is us who ask wrongly.
            Some(error) if counted.is_empty() => Err(error.into()),
            _ => Ok(counted),
        }
    }

    fn fetch_one(&self, metric: &Countable) -> Result<Vec<Record>, Stopped> {
        // Of the recent days every pass asks; what is before them begins with the first event that either side has.
        let first = self.first_at_klaviyo(metric)?.into_iter().chain(metric.first_on).fold(self.recent, NaiveDate::min);
        let mut records = Vec::new();
        for span in &self.spans {
            let start = first.max(span.start);
            for part in parts(Days { start, end: span.end }, self.days_max) {
                records.extend(self.count(&metric.id, part)?);
            }
        }
        Ok(records)
    }

    /// The local day of the first event that Klaviyo has of a metric, which may be dated back beyond all of ours.
    fn first_at_klaviyo(&self, metric: &Countable) -> Result<Option<NaiveDate>, Stopped> {
        if !self.whole {
            return Ok(None);
        }
        let endpoint = EVENTS.path().expect("events have a listing");
        let filter = format!("equals(metric_id,\"{}\")", metric.id);
        let parameters =
            [("filter", filter.as_str()), ("sort", "datetime"), ("fields[event]", "datetime"), ("page[size]", "1")];
        let batch = self.copying.ask(&Request::listing(endpoint, EVENTS.tier, EVENTS.scopes, &parameters))?;
        let Some(event) = batch.data.first() else { return Ok(None) };
        let event: Value =
            serde_json::from_str(event.get()).map_err(|error| Malformed::new(&EVENTS, error.to_string()))?;
        let time = values::time(&event["attributes"]["datetime"].to_string());
        let time = time.ok_or_else(|| Malformed::new(&EVENTS, "it has no time".to_owned()))?;
        Ok(Some(time.with_timezone(&self.zone).date_naive()))
    }

    /// Klaviyo's count and sum of a metric for each of these days.
    fn count(&self, metric: &str, days: Days) -> Result<Vec<Record>, Stopped> {
        let Copying { entity, .. } = *self.copying;
        let mut counts = BTreeMap::new();
        let mut cursor = None;
        for _ in 0..PAGES_MAX {
            let body = body(entity, metric, days, self.zone, cursor.as_deref());
            let batch = self.copying.ask(&Request::post(self.path, entity.tier, entity.scopes, &body))?;
            for answer in &batch.data {
                self.take(answer, &mut counts)?;
            }
            cursor = batch.next.as_deref().and_then(cursor_of);
            if cursor.is_none() {
                return self.records(metric, days, &counts);
            }
        }
        Err(Stopped::Endless(self.path))
    }

    /// Takes over the buckets of an answer.
    fn take(&self, answer: &RawValue, counts: &mut BTreeMap<NaiveDate, (Value, Value)>) -> Result<(), Stopped> {
        let malformed = |reason: String| Malformed::new(self.copying.entity, reason);
        let answer: Answer = serde_json::from_str(answer.get()).map_err(|error| malformed(error.to_string()))?;
        let Attributes { dates, data } = answer.attributes;
        // Without dimensions there is one row, or none where there is nothing to count.
        let measured = data.first().map(|it| &it.measurements);
        for (place, date) in dates.iter().enumerate() {
            let day = values::local_day(date, self.zone)
                .ok_or_else(|| malformed(format!("{date} begins no day of {}", self.zone)))?;
            let (count, sum) = match measured {
                None => (json!(0), json!(0)),
                Some(it) => {
                    let pair = it.count.get(place).zip(it.sum_value.get(place));
                    let (count, sum) = pair.ok_or_else(|| malformed(format!("nothing is said of {day}")))?;
                    (count.clone(), sum.clone())
                }
            };
            counts.insert(day, (count, sum));
        }
        Ok(())
    }

    /// Each day's count as a row of ours, zeros included: that there was nothing is an answer.
    fn records(
        &self,
        metric: &str,
        days: Days,
        counts: &BTreeMap<NaiveDate, (Value, Value)>,
    ) -> Result<Vec<Record>, Stopped> {
        let entity = self.copying.entity;
        let malformed = |reason: String| Malformed::new(entity, reason);
        let row = |day: NaiveDate| {
            let (count, sum) = counts.get(&day).ok_or_else(|| malformed(format!("{day} is not in the answer")))?;
            let row = json!({
                "id": format!("{metric}:{day}"),
                "metric_id": metric,
                "day": day,
                "measurements": { "count": count, "sum_value": sum },
            });
            to_raw_value(&row).map_err(|error| malformed(error.to_string()))
        };
        let days = days.start.iter_days().take_while(|it| *it <= days.end);
        let data = days.map(row).collect::<Result<Vec<_>, Malformed>>()?;
        let batch = Batch { data, ..Batch::default() };
        Ok(record::read(entity, &batch, Context { zone: self.zone, parent: None })?.records)
    }

    fn write(&self, records: &[Record]) -> Result<(), Stopped> {
        let entity = self.copying.entity;
        let changes = self.copying.store().write_in_row(|db| db.merge(entity, records, self.copying.now()))?;
        self.copying.count(entity, records.len(), changes);
        Ok(())
    }

    /// Notes what is compared in the transaction that compares it: a pass that is cut off while it asks compared nothing.
    fn compare_first(&self, counted: &[&Countable]) -> Result<(), Stopped> {
        Ok(self.copying.store().write_in_row(|db| {
            self.note(db, counted, false)?;
            self.compare_days(db, false)
        })?)
    }

    fn compare(&self, repaired: bool) -> Result<(), Stopped> {
        Ok(self.copying.store().write_in_row(|db| self.compare_days(db, repaired))?)
    }

    fn compare_days(&self, db: &Db<'_>, repaired: bool) -> Result<(), store::Error> {
        let now = self.copying.now();
        self.spans.iter().try_for_each(|it| db.compare_days(*it, repaired, now))
    }

    /// Reads the days that differ again. What differs even then is counted again, for Klaviyo's numbers move as well;
    /// what is left is given up until one of its numbers changes.
    fn mend(&self) -> Result<(), Stopped> {
        let differing = self.differing()?;
        if differing.is_empty() {
            return Ok(());
        }
        let days: BTreeSet<NaiveDate> = differing.into_iter().map(|(_, day)| day).collect();
        self.copying.show(|it| it.doing = Some(format!("reading {} days again that differ", days.len())));
        let reading = Copying { entity: &EVENTS, on_behalf_of: Some(self.copying.entity), ..*self.copying };
        events::reread(&reading, &windows(&days, self.zone))?;
        self.compare(true)?;
        let stubborn = self.differing()?;
        for (metric, days) in by_metric(&stubborn) {
            for part in parts(days, self.days_max) {
                // Days that were not read in full lie in between at most; of those nothing is compared.
                self.write(&self.count(metric, part)?)?;
            }
        }
        self.compare(true)?;
        let left = self.differing()?;
        if !left.is_empty() {
            log::warn!("{} days of metrics differ from what Klaviyo counts, even after reading them again", left.len());
        }
        Ok(self.copying.store().write_in_row(|db| self.spans.iter().try_for_each(|it| db.give_up_on(*it)))?)
    }

    /// What differs and may be mended by reading it again.
    fn differing(&self) -> Result<Vec<(String, NaiveDate)>, Stopped> {
        let all = self.copying.order.forced;
        let of = |db: &Db<'_>| {
            let found = self.spans.iter().map(|it| db.differences(*it, all));
            Ok(found.collect::<Result<Vec<_>, _>>()?.concat())
        };
        let found = self.copying.store().read(of)?;
        Ok(found.into_iter().map(|it| (it.metric, it.day)).collect())
    }

    /// Writes down that these metrics are compared, on all days there are or on the recent ones.
    fn note(&self, db: &Db<'_>, counted: &[&Countable], whole: bool) -> Result<(), store::Error> {
        let days = Days { start: self.spans[self.spans.len() - 1].start, end: self.spans[0].end };
        let now = self.copying.now();
        counted.iter().try_for_each(|metric| db.note_compared(&metric.id, days, whole, now))
    }
}

/// What is read of an answer.
#[derive(Deserialize)]
struct Answer {
    attributes: Attributes,
}

#[derive(Deserialize)]
struct Attributes {
    dates: Vec<Value>,
    data: Vec<Measured>,
}

#[derive(Deserialize)]
struct Measured {
    measurements: Measurements,
}

#[derive(Deserialize)]
struct Measurements {
    count: Vec<Value>,
    sum_value: Vec<Value>,
}

/// What is posted: the bounds are wall clocks of the zone that stands beside them.
fn body(entity: &Entity, metric: &str, days: Days, zone: Tz, cursor: Option<&str>) -> Value {
    let after = days.end.succ_opt().unwrap_or(days.end);
    let mut attributes = json!({
        "metric_id": metric,
        "measurements": ["count", "sum_value"],
        "interval": "day",
        "page_size": PAGE_SIZE,
        "timezone": zone.name(),
        "filter": [
            format!("greater-or-equal(datetime,{}T00:00:00)", days.start),
            format!("less-than(datetime,{after}T00:00:00)"),
        ],
    });
    if let Some(cursor) = cursor {
        attributes["page_cursor"] = json!(cursor);
    }
    json!({ "data": { "type": entity.resource, "attributes": attributes } })
}

/// The cursor in a link to the next page. This endpoint takes it in the document alone.
fn cursor_of(link: &str) -> Option<String> {
    let (_, query) = link.split_once('?')?;
    let of = |name: &str| query.split('&').find_map(|it| it.strip_prefix(name)?.strip_prefix('='));
    let cursor = ["page_cursor", "page%5Bcursor%5D", "page[cursor]"].into_iter().find_map(of)?;
    Some(cursor.replace("%3D", "=").replace("%3d", "="))
}

/// Local days of which all was copied, newest first, from `since` on.
fn comparable(covered: &[Window], zone: Tz, since: Option<NaiveDate>) -> Vec<Days> {
    let local = |time: DateTime<Utc>| time.with_timezone(&zone).date_naive();
    let mut spans: Vec<Days> = covered
        .iter()
        .filter_map(|it| {
            let first = local(it.start);
            let first = if beginning(first, zone) < it.start { first.succ_opt()? } else { first };
            let start = since.map_or(first, |it| it.max(first));
            let end = local(it.end).pred_opt()?;
            (start <= end).then_some(Days { start, end })
        })
        .collect();
    spans.sort_by_key(|it| std::cmp::Reverse(it.end));
    spans
}

/// Days in pieces that one question may be about, oldest first.
fn parts(days: Days, days_max: u16) -> Vec<Days> {
    let mut parts = Vec::new();
    let mut start = days.start;
    while start <= days.end {
        let next = start.checked_add_days(Calendar::new(u64::from(days_max))).unwrap_or(NaiveDate::MAX);
        parts.push(Days { start, end: next.pred_opt().unwrap_or(start).min(days.end) });
        start = next;
    }
    parts
}

/// The time that these local days take up, in as few spans as there are, newest first.
fn windows(days: &BTreeSet<NaiveDate>, zone: Tz) -> Vec<Window> {
    let mut windows: Vec<Window> = Vec::new();
    for day in days {
        let after = day.succ_opt().unwrap_or(*day);
        let window = Window { start: beginning(*day, zone), end: beginning(after, zone) };
        match windows.last_mut() {
            Some(last) if last.end == window.start => last.end = window.end,
            _ => windows.push(window),
        }
    }
    windows.reverse();
    windows
}

/// From the first to the last day that differs, of each metric.
fn by_metric(differing: &[(String, NaiveDate)]) -> BTreeMap<&str, Days> {
    let mut found: BTreeMap<&str, Days> = BTreeMap::new();
    for (metric, day) in differing {
        let days = found.entry(metric).or_insert(Days { start: *day, end: *day });
        *days = Days { start: days.start.min(*day), end: days.end.max(*day) };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn days(start: &str, end: &str) -> Days {
        Days { start: day(start), end: day(end) }
    }

    const YORK: Tz = Tz::America__New_York;

    #[test]
    fn only_whole_days_are_compared() {
        for (start, end, since, want) in [
            // From midnight to midnight in New York, and a moment less on either side.
            ("2026-03-07T05:00:00Z", "2026-03-10T04:00:00Z", None, Some(days("2026-03-07", "2026-03-09"))),
            ("2026-03-07T05:00:01Z", "2026-03-10T04:00:00Z", None, Some(days("2026-03-08", "2026-03-09"))),
            ("2026-03-07T05:00:00Z", "2026-03-10T03:59:59Z", None, Some(days("2026-03-07", "2026-03-08"))),
            (
                "2026-03-07T05:00:00Z",
                "2026-03-10T04:00:00Z",
                Some("2026-03-09"),
                Some(days("2026-03-09", "2026-03-09")),
            ),
            ("2026-03-07T06:00:00Z", "2026-03-08T06:00:00Z", None, None),
        ] {
            let window = Window { start: at(start), end: at(end) };
            let found = comparable(&[window], YORK, since.map(day));
            assert_eq!(found, want.into_iter().collect::<Vec<_>>(), "{start} {end}");
        }
    }

    #[test]
    fn days_side_by_side_are_read_in_one_go() {
        // The clocks of New York are put forward on 8 March: that day has 23 hours.
        let found = windows(&["2026-03-07", "2026-03-08", "2026-03-20"].map(day).into(), YORK);
        let wanted =
            [("2026-03-20T04:00:00Z", "2026-03-21T04:00:00Z"), ("2026-03-07T05:00:00Z", "2026-03-09T04:00:00Z")];
        assert_eq!(found, wanted.map(|(start, end)| Window { start: at(start), end: at(end) }));
    }

    #[test]
    fn no_question_is_about_more_than_a_year() {
        let found = parts(days("2024-11-21", "2026-11-20"), 365);
        assert_eq!(found, [days("2024-11-21", "2025-11-20"), days("2025-11-21", "2026-11-20")]);
        assert_eq!(parts(days("2026-01-01", "2026-01-01"), 365), [days("2026-01-01", "2026-01-01")]);
        assert_eq!(parts(days("2026-01-02", "2026-01-01"), 365), []);
    }

    #[test]
    fn a_next_page_is_asked_for_in_the_document() {
        let entity = crate::catalog::find("metric_aggregates").expect("an entity");
        let link = "https://a.klaviyo.com/api/metric-aggregates?page_cursor=bmV4dA%3D%3D";
        let cursor = cursor_of(link);
        assert_eq!(cursor.as_deref(), Some("bmV4dA=="));
        assert_eq!(cursor_of("https://a.klaviyo.com/api/metric-aggregates"), None);
        let body = body(entity, "m", days("2026-10-01", "2026-10-31"), YORK, cursor.as_deref());
        let attributes = &body["data"]["attributes"];
        assert_eq!(attributes["page_cursor"], "bmV4dA==");
        assert_eq!(
            attributes["filter"],
            json!(["greater-or-equal(datetime,2026-10-01T00:00:00)", "less-than(datetime,2026-11-01T00:00:00)"])
        );
        assert_eq!(attributes["timezone"], "America/New_York");
    }
}
