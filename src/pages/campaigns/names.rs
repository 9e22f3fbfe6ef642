//! By which names events and deliveries know the messages of campaigns, and when these were sent: what queries about
//! deliveries and events are bound by, so that they look at no others.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::NAMES;
use crate::pages::frame::{Frame, Value};
use crate::store::{self, FromRow, Row, RowResult};

/// The names of the messages of some campaigns, in pairs, and the local days on which any of them was sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Names {
    /// A campaign's id, and a name of a message of its.
    pairs: Vec<(String, String)>,
    pub(super) first_on: NaiveDate,
    pub(super) last_on: NaiveDate,
}

struct Named {
    campaign: String,
    name: String,
    days: Option<(NaiveDate, NaiveDate)>,
}

/// Days from a local day of any zone to the same of UTC, at most.
const MARGIN: Days = Days::new(1);

/// Of the campaigns `ids`, with commas; nothing where none of them reached anybody.
pub(super) fn load(frame: &Frame<'_>, ids: &str) -> Result<Option<Names>, store::Error> {
    let named: Vec<Named> = frame.rows_with(NAMES, vec![("ids", Box::new(ids.to_owned()))])?;
    let days = || named.iter().filter_map(|it| it.days);
    let span = days().map(|it| it.0).min().zip(days().map(|it| it.1).max());
    Ok(span.map(|(first_on, last_on)| Names {
        pairs: named.into_iter().map(|it| (it.campaign, it.name)).collect(),
        first_on,
        last_on,
    }))
}

impl Names {
    /// Of nothing that was sent: queries find nothing by them.
    pub(super) fn none(today: NaiveDate) -> Names {
        Names { pairs: Vec::new(), first_on: today, last_on: today }
    }

    /// What a query about deliveries and events may name, of events to before `until`.
    pub(super) fn values(&self, until: DateTime<Utc>) -> Vec<Value> {
        let joined = |of: fn(&(String, String)) -> &str| self.pairs.iter().map(of).collect::<Vec<_>>().join(",");
        vec![
            ("names", Box::new(joined(|it| &it.1))),
            ("owners", Box::new(joined(|it| &it.0))),
            ("first_on", Box::new(self.first_on)),
            ("after", Box::new(self.last_on + Days::new(1))),
            ("from_at", Box::new((self.first_on - MARGIN).and_time(NaiveTime::MIN))),
            ("until", Box::new(until.naive_utc())),
        ]
    }

    /// When so many hours after the last send are over.
    pub(super) fn end_of(&self, hours: u16) -> DateTime<Utc> {
        let days = (self.last_on + Days::new(1) + MARGIN).and_time(NaiveTime::MIN);
        (days + TimeDelta::hours(hours.into())).and_utc()
    }
}

impl FromRow for Named {
    fn from_row(row: &Row<'_>) -> RowResult<Named> {
        let first: Option<NaiveDate> = row.get("first_on")?;
        Ok(Named { campaign: row.get("campaign_id")?, name: row.get("name")?, days: first.zip(row.get("last_on")?) })
    }
}
