//! What came of comparing Klaviyo's own counts with our rows, metric by metric and local day by local day.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::reports::Days;
use super::{Db, Error, FromRow, Query, Row, RowResult, utc};
use crate::{params, query};

const COMPARE: Query = query!("reconciliation/compare");
const DIFFERING: Query = query!("reconciliation/differing");
const GIVE_UP: Query = query!("reconciliation/give_up");
const METRICS: Query = query!("reconciliation/metrics");
const NOTE_METRIC: Query = query!("reconciliation/note_metric");
const FORGET_REFUSED: Query = query!("reconciliation/forget_refused");

/// Every query of this file; a test prepares them all.
pub(super) const QUERIES: &[Query] = &[COMPARE, DIFFERING, GIVE_UP, METRICS, NOTE_METRIC, FORGET_REFUSED];

/// A metric that is to be compared.
#[derive(Debug, Clone)]
pub struct Countable {
    pub id: String,
    pub name: String,
    /// The local day of our first event of it.
    pub first_on: Option<NaiveDate>,
    /// When all of its days were last compared.
    pub whole_at: Option<DateTime<Utc>>,
}

/// A metric's day on which the two counts differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub metric: String,
    pub day: NaiveDate,
}

impl Db<'_> {
    /// The metrics there are now.
    ///
    /// # Errors
    /// When the query fails.
    pub fn countable_metrics(&self) -> Result<Vec<Countable>, Error> {
        self.rows(METRICS, params! {})
    }

    /// Writes down that a metric is compared on these days, as part of `whole` or not.
    ///
    /// # Errors
    /// When the statement fails.
    pub fn note_compared(&self, metric: &str, days: Days, whole: bool, now: DateTime<Utc>) -> Result<(), Error> {
        let values = params! {
            "metric": metric, "from": Some(days.start), "until": Some(days.end), "now": utc(now),
            "whole_at": whole.then(|| utc(now)), "problem": None::<&str>,
        };
        self.execute(NOTE_METRIC, values).map(drop)
    }

    /// Writes down that Klaviyo does not count a metric, and why not.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn note_refused(&self, metric: &str, problem: &str, now: DateTime<Utc>) -> Result<(), Error> {
        let values = params! {
            "metric": metric, "from": None::<NaiveDate>, "until": None::<NaiveDate>, "now": utc(now),
            "whole_at": Some(utc(now)), "problem": Some(problem),
        };
        self.execute(NOTE_METRIC, values)?;
        self.execute(FORGET_REFUSED, params! {}).map(drop)
    }

    /// Compares what Klaviyo counted on these days with our rows, and writes the result down. What agrees now and did
    /// not before was `repaired`, if days were read again in between.
    ///
    /// # Errors
    /// When the statement fails.
    pub fn compare_days(&self, days: Days, repaired: bool, now: DateTime<Utc>) -> Result<(), Error> {
        let values = params! {
            "from": days.start, "until": days.end, "now": utc(now), "repaired_at": repaired.then(|| utc(now)),
        };
        self.execute(COMPARE, values).map(drop)
    }

    /// What differs on these days; what was read again in vain only with `all`.
    ///
    /// # Errors
    /// When the query fails.
    pub fn differences(&self, days: Days, all: bool) -> Result<Vec<Difference>, Error> {
        self.rows(DIFFERING, params! { "from": days.start, "until": days.end, "all": all })
    }

    /// Writes down that reading these days again does not help, until one of their numbers changes.
    ///
    /// # Errors
    /// When the statement fails.
    pub fn give_up_on(&self, days: Days) -> Result<(), Error> {
        self.execute(GIVE_UP, params! { "from": days.start, "until": days.end }).map(drop)
    }
}

impl FromRow for Countable {
    fn from_row(row: &Row<'_>) -> RowResult<Countable> {
        Ok(Countable {
            id: row.get("metric_id")?,
            name: row.get("name")?,
            first_on: row.get("first_on")?,
            whole_at: row.get::<Option<NaiveDateTime>>("whole_at")?.map(|it| it.and_utc()),
        })
    }
}

impl FromRow for Difference {
    fn from_row(row: &Row<'_>) -> RowResult<Difference> {
        Ok(Difference { metric: row.get("metric_id")?, day: row.get("day")? })
    }
}
