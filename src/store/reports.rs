//! Reports: which spans of days were read, the rows of each replaced as a whole; and the requests that count by the day.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};

use super::{Changes, Db, Error, FromRow, Query, Record, Row, RowResult, schema, utc};
use crate::catalog::Entity;
use crate::{params, query};

const WINDOWS: Query = query!("reports/windows");
const FORGET_WINDOW: Query = query!("reports/forget_window");
const ADD_WINDOW: Query = query!("reports/add_window");
const CONVERSION_METRIC: Query = query!("reports/conversion_metric");
const ADD_CALL: Query = query!("reports/add_call");
const FORGET_CALLS: Query = query!("reports/forget_calls");
const CALLS: Query = query!("reports/calls");
const RESUMES_AT: Query = query!("reports/resumes_at");

/// Every query of this file; a test prepares them all.
pub(super) const QUERIES: &[Query] =
    &[WINDOWS, FORGET_WINDOW, ADD_WINDOW, CONVERSION_METRIC, ADD_CALL, FORGET_CALLS, CALLS, RESUMES_AT];

/// For how long a request counts against a daily limit.
pub const DAY: TimeDelta = TimeDelta::days(1);

/// Local days of the account, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    pub start: NaiveDate,
    pub end: NaiveDate,
}

/// A span of days that a report was read for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportWindow {
    pub days: Days,
    /// By which conversions were counted, where they are.
    pub conversion_metric: Option<String>,
    pub fetched_at: DateTime<Utc>,
}

/// The metric whose events are conversions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversionMetric {
    pub id: String,
    pub name: String,
}

/// A request that counts against a daily limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub endpoint: String,
    pub sent_at: DateTime<Utc>,
}

impl Db<'_> {
    /// The spans of days that a report was read for, newest first.
    ///
    /// # Errors
    /// When the query fails.
    pub fn report_windows(&self, entity: &Entity) -> Result<Vec<ReportWindow>, Error> {
        self.rows(WINDOWS, params! { "entity": entity.name })
    }

    /// Puts `records` in the place of what the report had on the days of `window`, and writes down that it was read.
    ///
    /// # Errors
    /// When a statement fails; the transaction is then lost as a whole.
    pub fn replace_report(&self, entity: &Entity, window: &ReportWindow, records: &[Record]) -> Result<Changes, Error> {
        let Days { start, end } = window.days;
        let now = window.fetched_at;
        let mut changes = self.merge(entity, records, now)?;
        self.begin_listing(entity)?;
        self.note_seen(entity, records)?;
        changes.deleted = self.sweep_days(entity, window.days, now)?;
        self.execute(FORGET_WINDOW, params! { "entity": entity.name, "start": start, "end": end })?;
        let values = params! {
            "entity": entity.name, "start": start, "end": end, "metric": window.conversion_metric, "now": utc(now),
        };
        self.execute(ADD_WINDOW, values)?;
        Ok(changes)
    }

    /// Marks rows as deleted that are about these days and were not in the answer.
    fn sweep_days(&self, entity: &Entity, days: Days, now: DateTime<Utc>) -> Result<u64, Error> {
        let values = params! { "now": utc(now), "start": days.start, "end": days.end };
        self.generated("mark deleted rows", &schema::sweep_days(entity), values).map(|it| it as u64)
    }

    /// The metric whose events are conversions; none before metrics were read, or where no shop sends orders.
    ///
    /// # Errors
    /// When the query fails.
    pub fn conversion_metric(&self) -> Result<Option<ConversionMetric>, Error> {
        self.maybe(CONVERSION_METRIC, params! {})
    }

    /// Writes down that a request which counts by the day goes out, and forgets those that no longer count.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn note_call(&self, endpoint: &str, now: DateTime<Utc>) -> Result<(), Error> {
        self.execute(FORGET_CALLS, params! { "before": utc(now - DAY) })?;
        self.execute(ADD_CALL, params! { "endpoint": endpoint, "now": utc(now) }).map(drop)
    }

    /// The requests of the last day that count by the day, oldest first.
    ///
    /// # Errors
    /// When the query fails.
    pub fn calls(&self, now: DateTime<Utc>) -> Result<Vec<Call>, Error> {
        self.rows(CALLS, params! { "since": utc(now - DAY) })
    }

    /// When a parked entity goes on.
    ///
    /// # Errors
    /// When the query fails.
    pub fn resumes_at(&self, entity: &Entity) -> Result<Option<DateTime<Utc>>, Error> {
        let row: Option<Resuming> = self.maybe(RESUMES_AT, params! { "entity": entity.name })?;
        Ok(row.and_then(|it| it.0).map(|it| it.and_utc()))
    }
}

impl FromRow for ReportWindow {
    fn from_row(row: &Row<'_>) -> RowResult<ReportWindow> {
        Ok(ReportWindow {
            days: Days { start: row.get("start_on")?, end: row.get("end_on")? },
            conversion_metric: row.get("conversion_metric_id")?,
            fetched_at: row.get::<NaiveDateTime>("fetched_at")?.and_utc(),
        })
    }
}

impl FromRow for ConversionMetric {
    fn from_row(row: &Row<'_>) -> RowResult<ConversionMetric> {
        Ok(ConversionMetric { id: row.get("metric_id")?, name: row.get("name")? })
    }
}

impl FromRow for Call {
    fn from_row(row: &Row<'_>) -> RowResult<Call> {
        Ok(Call { endpoint: row.get("endpoint")?, sent_at: row.get::<NaiveDateTime>("sent_at")?.and_utc() })
    }
}

struct Resuming(Option<NaiveDateTime>);

impl FromRow for Resuming {
    fn from_row(row: &Row<'_>) -> RowResult<Resuming> {
        Ok(Resuming(row.get("resumes_at")?))
    }
}
