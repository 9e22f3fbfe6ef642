use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::catalog::Entity;
use crate::pages::Ground;
use crate::range::{Ask, Moment, Period};
use crate::store::{Row, RowResult};

/// What an endpoint is asked.
pub(super) struct Question {
    pub(super) ask: Ask,
    pub(super) period: Period,
    pub(super) ground: Arc<Ground>,
    /// What the endpoint is about.
    pub(super) entity: &'static Entity,
    /// Which one, where it is about one.
    pub(super) id: Option<String>,
}

/// From when to before when, in UTC; an end that is not there is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Between {
    pub(super) since: Option<NaiveDateTime>,
    pub(super) before: Option<NaiveDateTime>,
}

impl Question {
    /// Whether anything is known of what people did: without events every count is unknown, and not zero.
    pub(super) fn is_measured(&self) -> bool {
        self.ground.span.events > 0
    }

    /// The time of the days that are asked for.
    pub(super) fn time(&self) -> (NaiveDateTime, NaiveDateTime) {
        let (zone, range) = (self.ground.zone, self.period.range);
        (midnight(zone, range.start()), midnight(zone, range.before()))
    }

    /// When things were updated that are asked for: always, where the request names neither a range nor a time.
    pub(super) fn updated(&self) -> Between {
        let range = self.ask.names_range.then(|| self.time());
        let since = self.ask.updated_since.map(|it| match it {
            Moment::At(time) => time.naive_utc(),
            Moment::Day(day) => midnight(self.ground.zone, day),
        });
        Between { since: since.max(range.map(|it| it.0)), before: range.map(|it| it.1) }
    }
}

/// The instant in UTC at which a local day begins; where clocks leap over midnight, an hour later.
fn midnight(zone: Tz, day: NaiveDate) -> NaiveDateTime {
    let start = day.and_time(NaiveTime::MIN);
    let local = |it: NaiveDateTime| zone.from_local_datetime(&it).earliest();
    local(start).or_else(|| local(start + TimeDelta::hours(1))).map_or(start, |it| it.naive_utc())
}

/// An instant, as rows keep it.
pub(super) fn time(row: &Row<'_>, column: &str) -> RowResult<Option<DateTime<Utc>>> {
    Ok(row.get::<Option<NaiveDateTime>>(column)?.map(|it| it.and_utc()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_the_midnight_of_its_zone() {
        let begins = |zone, day: &str| midnight(zone, day.parse().expect("a day")).to_string();
        assert_eq!(begins(Tz::America__New_York, "2026-07-01"), "2026-07-01 04:00:00");
        assert_eq!(begins(Tz::America__New_York, "2026-12-01"), "2026-12-01 05:00:00");
        // On that day the clocks of Beirut leapt from midnight to one.
        assert_eq!(begins(Tz::Asia__Beirut, "2022-03-27"), "2022-03-26 22:00:00");
    }
}
