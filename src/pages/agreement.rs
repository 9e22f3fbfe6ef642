//! Is the copy complete? Klaviyo's own count of every metric and day against our rows, as a calendar of agreement: a part
//! of `/sync`, and `GET /api/sync/reconciliation`.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveDateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::{self, Db, FromRow, Query, Row, RowResult};
use crate::{params, query};

const SPAN: Query = query!("agreement/span");
const COMPARED: Query = query!("agreement/compared");
const DAYS: Query = query!("agreement/days");
const MONTHS: Query = query!("agreement/months");
const DIFFERENCES: Query = query!("agreement/differences");
const LEFT_OUT: Query = query!("agreement/left_out");

/// Every query of this part; a test prepares them all.
pub(super) const QUERIES: &[Query] = &[SPAN, COMPARED, DAYS, MONTHS, DIFFERENCES, LEFT_OUT];

/// Months that are shown where none is asked for.
const MONTHS_SHOWN: u32 = 12;

/// Differences that are listed.
const DIFFERENCES_MAX: i64 = 200;

/// How far our events agree with what Klaviyo counts.
#[derive(Debug, Serialize)]
pub struct Agreement {
    /// The local days that were compared; unknown before the first time.
    pub first_on: Option<NaiveDate>,
    pub last_on: Option<NaiveDate>,
    pub checked_at: Option<DateTime<Utc>>,
    /// When all of history was last compared.
    pub whole_at: Option<DateTime<Utc>>,
    /// Metrics that were compared.
    pub metrics: usize,
    /// Metrics that Klaviyo counts, or was not asked about yet.
    pub countable: usize,
    /// A row of the calendar each, newest first.
    pub calendar: Vec<Month>,
    pub by_metric: Vec<MetricMonth>,
    pub differences: Vec<Difference>,
    pub left_out: Vec<LeftOut>,
}

/// A month of the calendar.
#[derive(Debug, Serialize)]
pub struct Month {
    /// `2026-11`
    pub month: String,
    /// "November 2026"
    pub title: String,
    pub days: Vec<Day>,
    /// Days of which some metric differs.
    pub differing: usize,
}

/// A day of the calendar, over all metrics.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Day {
    pub day: NaiveDate,
    pub state: State,
    /// Metrics that differ.
    pub differing: i64,
    /// Metrics that were compared.
    pub compared: usize,
}

/// What came of comparing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Agreeing)]
pub enum State {
    Agrees,
    /// Agrees since it was read again.
    Repaired,
    Differs,
    /// Nothing differs, but not every metric was compared yet.
    Partly,
    /// Not copied in full, not over yet, or not looked at.
    Unchecked,
}

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Counted {
    pub count: i64,
    /// Of all values, whatever their currency: Klaviyo adds them up like that.
    pub sum: f64,
}

/// One metric's month.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MetricMonth {
    pub metric_id: String,
    pub metric_name: String,
    pub month: String,
    pub state: State,
    /// Days with anything on either side.
    pub days: i64,
    pub differing: i64,
    pub repaired: i64,
    pub theirs: Counted,
    pub ours: Counted,
}

/// One metric's day that differs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    pub metric_id: String,
    pub metric_name: String,
    pub day: NaiveDate,
    pub theirs: Counted,
    pub ours: Counted,
    pub checked_at: DateTime<Utc>,
}

/// A metric that Klaviyo does not count.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeftOut {
    pub metric_id: String,
    pub metric_name: String,
    /// What it said.
    pub problem: String,
}

impl Agreement {
    /// The last twelve months, or the `month` that begins on that day; of one `metric`, or all of them.
    ///
    /// # Errors
    /// When a query fails.
    pub fn load(db: &Db<'_>, month: Option<NaiveDate>, metric: Option<&str>) -> Result<Agreement, store::Error> {
        let span: Span = db.row(SPAN, params! {})?;
        let compared: Vec<Compared> = db.rows(COMPARED, params! {})?;
        let months = months(month, span.first_on, span.last_on);
        let start = months.last().copied().unwrap_or_default();
        let end = months.first().map(|it| last_of(*it)).unwrap_or_default();
        let days: Vec<OfDay> = db.rows(DAYS, params! { "start": start, "end": end, "metric": metric })?;
        let differences = params! { "start": start, "end": end, "metric": metric, "limit": DIFFERENCES_MAX };
        Ok(Agreement {
            calendar: months.iter().map(|it| Month::of(*it, &span, &compared, &days)).collect(),
            by_metric: db.rows(MONTHS, params! { "start": start, "end": end, "metric": metric })?,
            differences: db.rows(DIFFERENCES, differences)?,
            left_out: db.rows(LEFT_OUT, params! {})?,
            first_on: span.first_on,
            last_on: span.last_on,
            checked_at: span.checked_at,
            whole_at: span.whole_at,
            metrics: compared.len(),
            countable: span.countable,
        })
    }

    /// The months of the metrics as a table: a row a metric, a column a month of the calendar.
    #[must_use]
    pub fn table(&self) -> Vec<MetricRow<'_>> {
        let mut rows: BTreeMap<(String, &str), MetricRow<'_>> = BTreeMap::new();
        let columns: Vec<&str> = self.calendar.iter().map(|it| it.month.as_str()).collect();
        for it in &self.by_metric {
            let row = rows.entry((it.metric_name.to_lowercase(), &it.metric_id));
            let row = row.or_insert_with(|| MetricRow { name: &it.metric_name, months: vec![None; columns.len()] });
            if let Some(place) = columns.iter().position(|month| *month == it.month) {
                row.months[place] = Some(it);
            }
        }
        rows.into_values().collect()
    }
}

/// One metric in the months of the calendar; `None` where neither side has anything.
#[derive(Debug, Serialize)]
pub struct MetricRow<'a> {
    pub name: &'a str,
    pub months: Vec<Option<&'a MetricMonth>>,
}

/// What the page draws.
#[derive(Debug, Serialize)]
pub struct Part {
    #[serde(flatten)]
    agreement: Agreement,
    rows: serde_json::Value,
    /// Over all months that are shown.
    differing: usize,
}

impl Part {
    /// The last twelve months.
    ///
    /// # Errors
    /// When a query fails.
    pub fn load(db: &Db<'_>) -> Result<Part, store::Error> {
        let agreement = Agreement::load(db, None, None)?;
        let rows = serde_json::to_value(agreement.table()).expect("rows of texts and numbers");
        let differing = agreement.calendar.iter().map(|it| it.differing).sum();
        Ok(Part { agreement, rows, differing })
    }
}

impl Month {
    fn of(first: NaiveDate, span: &Span, compared: &[Compared], known: &[OfDay]) -> Month {
        let day = |day: NaiveDate| {
            let known = known.iter().find(|it| it.day == day);
            let compared = compared.iter().filter(|it| it.from_on <= day && day <= it.until_on).count();
            let (differing, repaired) = known.map_or((0, 0), |it| (it.differing, it.repaired));
            let state = match (compared, differing, repaired) {
                (0, ..) => State::Unchecked,
                (_, 1.., _) => State::Differs,
                (some, ..) if some < span.countable => State::Partly,
                (_, _, 1..) => State::Repaired,
                _ => State::Agrees,
            };
            Day { day, state, differing, compared }
        };
        let days: Vec<Day> = first.iter_days().take_while(|it| *it <= last_of(first)).map(day).collect();
        Month {
            month: first.format("%Y-%m").to_string(),
            title: first.format("%B %Y").to_string(),
            differing: days.iter().filter(|it| it.state == State::Differs).count(),
            days,
        }
    }
}

/// The first days of the months to show, newest first; none before anything was compared.
fn months(asked: Option<NaiveDate>, first: Option<NaiveDate>, last: Option<NaiveDate>) -> Vec<NaiveDate> {
    let begin = |day: NaiveDate| day.with_day(1).unwrap_or(day);
    if let Some(month) = asked {
        return vec![begin(month)];
    }
    let (Some(first), Some(last)) = (first, last) else { return Vec::new() };
    let month = |back: u32| begin(last).checked_sub_months(Months::new(back));
    (0..MONTHS_SHOWN).filter_map(month).take_while(|it| *it >= begin(first)).collect()
}

fn last_of(first: NaiveDate) -> NaiveDate {
    first.checked_add_months(Months::new(1)).and_then(|it| it.pred_opt()).unwrap_or(first)
}

struct Span {
    first_on: Option<NaiveDate>,
    last_on: Option<NaiveDate>,
    checked_at: Option<DateTime<Utc>>,
    whole_at: Option<DateTime<Utc>>,
    countable: usize,
}

/// The days on which a metric was compared.
struct Compared {
    from_on: NaiveDate,
    until_on: NaiveDate,
}

struct OfDay {
    day: NaiveDate,
    differing: i64,
    repaired: i64,
}

fn counted(row: &Row<'_>, whose: &str) -> RowResult<Counted> {
    Ok(Counted { count: row.get(&format!("{whose}_count"))?, sum: row.get(&format!("{whose}_sum"))? })
}

fn instant(row: &Row<'_>, column: &str) -> RowResult<Option<DateTime<Utc>>> {
    Ok(row.get::<Option<NaiveDateTime>>(column)?.map(|it| it.and_utc()))
}

impl FromRow for Span {
    fn from_row(row: &Row<'_>) -> RowResult<Span> {
        Ok(Span {
            first_on: row.get("first_on")?,
            last_on: row.get("last_on")?,
            checked_at: instant(row, "checked_at")?,
            whole_at: instant(row, "whole_at")?,
            countable: row.get::<i64>("countable")?.try_into().unwrap_or_default(),
        })
    }
}

impl FromRow for Compared {
    fn from_row(row: &Row<'_>) -> RowResult<Compared> {
        Ok(Compared { from_on: row.get("from_on")?, until_on: row.get("until_on")? })
    }
}

impl FromRow for OfDay {
    fn from_row(row: &Row<'_>) -> RowResult<OfDay> {
        Ok(OfDay { day: row.get("day")?, differing: row.get("differing")?, repaired: row.get("repaired")? })
    }
}

impl FromRow for MetricMonth {
    fn from_row(row: &Row<'_>) -> RowResult<MetricMonth> {
        let (differing, repaired): (i64, i64) = (row.get("differing")?, row.get("repaired")?);
        let state = match (differing, repaired) {
            (0, 0) => State::Agrees,
            (0, _) => State::Repaired,
            _ => State::Differs,
        };
        Ok(MetricMonth {
            metric_id: row.get("metric_id")?,
            metric_name: row.get("name")?,
            month: row.get("month")?,
            state,
            days: row.get("days")?,
            differing,
            repaired,
            theirs: counted(row, "their")?,
            ours: counted(row, "our")?,
        })
    }
}

impl FromRow for Difference {
    fn from_row(row: &Row<'_>) -> RowResult<Difference> {
        Ok(Difference {
            metric_id: row.get("metric_id")?,
            metric_name: row.get("name")?,
            day: row.get("day")?,
            theirs: counted(row, "their")?,
            ours: counted(row, "our")?,
            checked_at: row.get::<NaiveDateTime>("checked_at")?.and_utc(),
        })
    }
}

impl FromRow for LeftOut {
    fn from_row(row: &Row<'_>) -> RowResult<LeftOut> {
        Ok(LeftOut { metric_id: row.get("metric_id")?, metric_name: row.get("name")?, problem: row.get("problem")? })
    }
}

/// The month of that name, by its first day.
#[must_use]
pub fn month_of(text: &str) -> Option<NaiveDate> {
    let is_month = text.len() == 7 && text.as_bytes()[4] == b'-';
    is_month.then(|| format!("{text}-01").parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn a_year_is_shown_and_no_month_before_the_first() {
        let shown = |first, last| {
            let months = months(None, Some(day(first)), Some(day(last)));
            months.iter().map(|it| it.format("%Y-%m").to_string()).collect::<Vec<_>>()
        };
        assert_eq!(shown("2026-09-30", "2026-11-20"), ["2026-11", "2026-10", "2026-09"]);
        assert_eq!(shown("1990-01-01", "2026-11-20").len(), 12);
        assert_eq!(months(None, None, None), Vec::<NaiveDate>::new());
        assert_eq!(months(Some(day("2020-02-01")), None, None), [day("2020-02-01")]);
    }

    #[test]
    fn a_day_is_what_the_worst_of_its_metrics_is() {
        let at = "2026-11-21T08:00:00Z".parse().ok();
        let span = Span {
            first_on: Some(day("2026-02-02")),
            last_on: Some(day("2026-02-27")),
            checked_at: at,
            whole_at: at,
            countable: 3,
        };
        let compared = |from, until| Compared { from_on: day(from), until_on: day(until) };
        let compared = [
            compared("2026-02-02", "2026-02-27"),
            compared("2026-02-02", "2026-02-26"),
            compared("2026-02-03", "2026-02-26"),
        ];
        let known = |day: NaiveDate, differing, repaired| OfDay { day, differing, repaired };
        let known = [known(day("2026-02-10"), 2, 1), known(day("2026-02-11"), 0, 1), known(day("2026-02-28"), 1, 0)];
        let month = Month::of(day("2026-02-01"), &span, &compared, &known);
        let state = |number: usize| month.days[number - 1].state;
        assert_eq!((month.days.len(), month.differing, month.title.as_str()), (28, 1, "February 2026"));
        assert_eq!([1, 2, 3, 10, 11, 12, 27, 28].map(state), {
            use State::{Agrees, Differs, Partly, Repaired, Unchecked};
            [Unchecked, Partly, Agrees, Differs, Repaired, Agrees, Partly, Unchecked]
        });
    }

    #[test]
    fn a_month_is_named_by_year_and_number() {
        assert_eq!(month_of("2026-02"), Some(day("2026-02-01")));
        for text in ["2026", "2026-13", "2026-2", "2026-02-01", "", "20a6-02"] {
            assert_eq!(month_of(text), None, "{text}");
        }
    }
}
