//! Who can receive e-mail marketing: now, and at the end of days that the history of consent knows.

use super::figure::Figure;
use super::{CONSENT_HISTORY, SUBSCRIBER_CHANGES, SUBSCRIBERS, SUBSCRIBERS_AT};
use crate::params;
use crate::range::Period;
use crate::store::repository::Document;
use crate::store::zone::{beginning, local};
use crate::store::{self, Db, FromRow, Row, RowResult};
use chrono::{NaiveDate, NaiveDateTime, TimeDelta};

/// Subscribers now, at the end of the period compared with, and at the end of each day of the range.
pub(super) fn subscribers(db: &Db<'_>, period: &Period) -> Result<Figure, store::Error> {
    let zone = db.zone()?;
    let now: Option<f64> = db.value(SUBSCRIBERS, params! {})?;
    let before = match period.compared {
        Some(range) => at(db, beginning(range.before(), zone).naive_utc())?,
        None => None,
    };
    let began_at: Option<NaiveDateTime> = db.value(CONSENT_HISTORY, params! {})?;
    let Some(began_at) = began_at else { return Ok(Figure::new(now, before, Vec::new())) };
    // Counted on from the first midnight that is known.
    let since = beginning(period.range.start(), zone).naive_utc().max(began_at + TimeDelta::microseconds(1));
    let first = at(db, since)?.unwrap_or_default();
    let changes: Vec<Change> = db.rows(SUBSCRIBER_CHANGES, params! { "since": since })?;
    let count = |until: NaiveDateTime| -> f64 {
        first + changes.iter().filter(|it| it.quarter < until).map(|it| it.change).sum::<f64>()
    };
    let ends = period.range.days().map(|it| beginning(it + TimeDelta::days(1), zone).naive_utc());
    let daily = ends.map(|it| (it > began_at).then(|| count(it))).collect();
    Ok(Figure::new(now, before, daily))
}

/// Who joined and left on the days of a range, as far as the history of consent tells.
pub(super) struct Growth {
    /// How many could be written to for the first time or again on each day, and how many could no more: `joined` and `gone`
    /// beside the `date`, null on days before the history begins.
    pub(super) days: Vec<Document>,
    /// When the history begins, on the account's wall clock, unless it was there before the range.
    pub(super) since: Option<NaiveDateTime>,
}

impl Growth {
    /// So many joined and so many left; nothing where all days were over before the history begins.
    pub(super) fn moved(&self) -> Option<(f64, f64)> {
        let known = |name: &str| self.days.iter().filter_map(|it| it.get(name)?.as_f64()).collect::<Vec<f64>>();
        let (joined, gone) = (known("joined"), known("gone"));
        (!joined.is_empty()).then(|| (joined.iter().sum::<f64>() + 0.0, gone.iter().sum::<f64>() + 0.0))
    }
}

/// Nothing where there is no history. The day on which it begins counts from then on: whoever had left by then was never seen.
///
/// # Errors
/// When a query fails.
pub(super) fn growth(db: &Db<'_>, period: &Period) -> Result<Option<Growth>, store::Error> {
    let zone = db.zone()?;
    let began_at: Option<NaiveDateTime> = db.value(CONSENT_HISTORY, params! {})?;
    let Some(began_at) = began_at else { return Ok(None) };
    let start = beginning(period.range.start(), zone).naive_utc();
    let since = start.max(began_at + TimeDelta::microseconds(1));
    let changes: Vec<Change> = db.rows(SUBSCRIBER_CHANGES, params! { "since": since })?;
    let day = |day: NaiveDate| {
        let (from, until) = (beginning(day, zone).naive_utc(), beginning(day + TimeDelta::days(1), zone).naive_utc());
        let of_day = || changes.iter().filter(|it| from <= it.quarter && it.quarter < until);
        let known = until > began_at;
        let (joined, gone) = (of_day().map(|it| it.joined).sum::<f64>(), of_day().map(|it| it.gone).sum::<f64>());
        let mut row = Document::new();
        row.insert("date".to_owned(), day.to_string().into());
        row.insert("joined".to_owned(), known.then_some(joined).into());
        row.insert("gone".to_owned(), known.then_some(gone).into());
        row
    };
    let since = (began_at >= start).then(|| local(began_at.and_utc(), zone));
    Ok(Some(Growth { days: period.range.days().map(day).collect(), since }))
}

fn at(db: &Db<'_>, moment: NaiveDateTime) -> Result<Option<f64>, store::Error> {
    db.value(SUBSCRIBERS_AT, params! { "moment": moment })
}

struct Change {
    quarter: NaiveDateTime,
    change: f64,
    joined: f64,
    gone: f64,
}

impl FromRow for Change {
    fn from_row(row: &Row<'_>) -> RowResult<Change> {
        Ok(Change {
            quarter: row.get("quarter")?,
            change: row.get("change")?,
            joined: row.get("joined")?,
            gone: row.get("gone")?,
        })
    }
}
