//! Who can receive e-mail marketing: now, and at the end of days that the history of consent knows.

use super::figure::Figure;
use super::{CONSENT_HISTORY, SUBSCRIBER_CHANGES, SUBSCRIBERS, SUBSCRIBERS_AT};
use crate::params;
use crate::range::Period;
use crate::store::zone::midnight;
use crate::store::{self, Db, FromRow, Row, RowResult};
use chrono::{NaiveDateTime, TimeDelta};

/// Subscribers now, at the end of the period compared with, and at the end of each day of the range.
pub(super) fn subscribers(db: &Db<'_>, period: &Period) -> Result<Figure, store::Error> {
    let zone = db.zone()?;
    let now: Option<f64> = db.value(SUBSCRIBERS, params! {})?;
    let before = match period.compared {
        Some(range) => at(db, midnight(range.before(), zone))?,
        None => None,
    };
    let began_at: Option<NaiveDateTime> = db.value(CONSENT_HISTORY, params! {})?;
    let Some(began_at) = began_at else { return Ok(Figure::new(now, before, Vec::new())) };
    // Counted on from the first midnight that is known.
    let since = midnight(period.range.start(), zone).max(began_at + TimeDelta::microseconds(1));
    let first = at(db, since)?.unwrap_or_default();
    let changes: Vec<Change> = db.rows(SUBSCRIBER_CHANGES, params! { "since": since })?;
    let count = |until: NaiveDateTime| -> f64 {
        first + changes.iter().filter(|it| it.quarter < until).map(|it| it.change).sum::<f64>()
    };
    let ends = period.range.days().map(|it| midnight(it + TimeDelta::days(1), zone));
    let daily = ends.map(|it| (it > began_at).then(|| count(it))).collect();
    Ok(Figure::new(now, before, daily))
}

fn at(db: &Db<'_>, moment: NaiveDateTime) -> Result<Option<f64>, store::Error> {
    db.value(SUBSCRIBERS_AT, params! { "moment": moment })
}

struct Change {
    quarter: NaiveDateTime,
    change: f64,
}

impl FromRow for Change {
    fn from_row(row: &Row<'_>) -> RowResult<Change> {
        Ok(Change { quarter: row.get("quarter")?, change: row.get("change")? })
    }
}
