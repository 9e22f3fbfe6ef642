use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime, Utc};

use crate::catalog::Entity;
use crate::pages::Ground;
use crate::range::{Ask, Moment, Period, Unclear};
use crate::store::zone::beginning;
use crate::store::{Row, RowResult};

/// What an endpoint is asked.
pub(super) struct Question {
    /// Of the endpoint, below `/api`.
    pub(super) path: String,
    pub(super) ask: Ask,
    pub(super) period: Period,
    pub(super) ground: Arc<Ground>,
    /// What the endpoint is about.
    pub(super) entity: &'static Entity,
    /// Which one, where it is about one.
    pub(super) id: Option<String>,
}

/// Whether what did nothing in the range is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activity {
    /// Only if it is asked for by its status, and no day can be said of it.
    Usual,
    /// No.
    Range,
    /// Yes.
    Any,
}

/// From when to before when, in UTC; an end that is not there is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Between {
    pub(super) since: Option<NaiveDateTime>,
    pub(super) before: Option<NaiveDateTime>,
}

impl Question {
    /// Whether anything is known of what people did: where no events are copied every count is unknown, and not zero.
    pub(super) fn is_measured(&self) -> bool {
        self.ground.span.events > 0 && self.period.is_known()
    }

    /// Whether everything is: then what is not there is zero.
    pub(super) fn is_complete(&self) -> bool {
        self.is_measured() && self.period.is_complete(self.period.range.start())
    }

    /// What a listing of what does something is of.
    pub(super) fn activity(&self) -> Result<Activity, Unclear> {
        Ok(match self.ask.with_idle()? {
            None => Activity::Usual,
            Some(false) => Activity::Range,
            Some(true) => Activity::Any,
        })
    }

    /// The time of the days that are asked for.
    pub(super) fn time(&self) -> (NaiveDateTime, NaiveDateTime) {
        let (zone, range) = (self.ground.zone, self.period.range);
        (beginning(range.start(), zone).naive_utc(), beginning(range.before(), zone).naive_utc())
    }

    /// When things were updated that are asked for: always, where the request names neither a range nor a time.
    pub(super) fn updated(&self) -> Between {
        let range = self.ask.names_range.then(|| self.time());
        let since = self.ask.updated_since.map(|it| match it {
            Moment::At(time) => time.naive_utc(),
            Moment::Day(day) => beginning(day, self.ground.zone).naive_utc(),
        });
        Between { since: since.max(range.map(|it| it.0)), before: range.map(|it| it.1) }
    }
}

/// An instant, as rows keep it.
pub(super) fn time(row: &Row<'_>, column: &str) -> RowResult<Option<DateTime<Utc>>> {
    Ok(row.get::<Option<NaiveDateTime>>(column)?.map(|it| it.and_utc()))
}
