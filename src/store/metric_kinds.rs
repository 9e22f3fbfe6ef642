//! Keeps `metric_kinds`, which says by id what a metric means, in step with the metrics that were copied.

use chrono::{DateTime, NaiveDateTime, Utc};

use super::{Db, Error, FromRow, Query, Row, RowResult, aggregates};
use crate::catalog::metric_kinds::kind_of;
use crate::{params, query};

const FIRST: Query = query!("metric_kinds/first");
const METRICS: Query = query!("metric_kinds/metrics");
const FORGET: Query = query!("metric_kinds/forget");
const ADD: Query = query!("metric_kinds/add");
const UNSET: Query = query!("metric_kinds/unset");
const SET: Query = query!("metric_kinds/set");

/// Every query of this file; a test prepares them all.
pub(super) const QUERIES: &[Query] = &[FIRST, METRICS, FORGET, ADD, UNSET, SET];

impl Db<'_> {
    /// When the account's first metric came to be, which is about when its first event did; `None` before metrics are copied.
    ///
    /// # Errors
    /// When the query fails.
    pub fn first_metric(&self) -> Result<Option<DateTime<Utc>>, Error> {
        Ok(self.row::<First>(FIRST, params! {})?.0)
    }

    /// Gives every metric of a known name its kind; what a person set stays. One whose new name says nothing keeps what
    /// its old name said: it is the same metric, and its history must not leave the numbers.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn name_metric_kinds(&self) -> Result<(), Error> {
        let metrics: Vec<Metric> = self.rows(METRICS, params! {})?;
        for metric in metrics {
            let name = metric.name.unwrap_or_default();
            if let Some(kind) = kind_of(metric.integration.as_deref(), &name) {
                self.execute(FORGET, params! { "metric": metric.id, "kind": kind })?;
                self.execute(ADD, params! { "metric": metric.id, "kind": kind })?;
            }
        }
        Ok(())
    }

    /// Gives a metric the kind that a person says it has; without one it has that of its name again. Sums follow.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn set_metric_kind(&self, metric: &str, kind: Option<&str>) -> Result<(), Error> {
        self.execute(UNSET, params! { "metric": metric })?;
        match kind {
            Some(kind) => self.execute(SET, params! { "metric": metric, "kind": kind }).map(drop)?,
            None => self.name_metric_kinds()?,
        }
        aggregates::follow(self).map(drop)
    }
}

struct First(Option<DateTime<Utc>>);

impl FromRow for First {
    fn from_row(row: &Row<'_>) -> RowResult<First> {
        Ok(First(row.get::<Option<NaiveDateTime>>("first_at")?.map(|it| it.and_utc())))
    }
}

struct Metric {
    id: String,
    name: Option<String>,
    integration: Option<String>,
}

impl FromRow for Metric {
    fn from_row(row: &Row<'_>) -> RowResult<Metric> {
        Ok(Metric { id: row.get("id")?, name: row.get("name")?, integration: row.get("integration_name")? })
    }
}
