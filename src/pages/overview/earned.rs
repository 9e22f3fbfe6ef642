use super::{CHANNELS, Channel, DAILY, Figure, REVENUE, RevenueDay};
use crate::params;
use crate::range::{self, DateRange, Period};
use crate::store::{self, Db, FromRow, Row, RowResult};
use chrono::NaiveDate;

/// What was earned in a period, before it and on each of its days.
#[derive(Debug)]
pub struct Earned {
    /// Nothing where no metric stands for revenue.
    now: Option<Revenue>,
    before: Option<Revenue>,
    days: Vec<Day>,
}

#[derive(Debug)]
struct Revenue {
    total: f64,
    attributed: f64,
    foreign_orders: i64,
    unreadable_values: i64,
}

#[derive(Debug)]
struct Day {
    date: NaiveDate,
    campaigns: f64,
    flows: f64,
    other: f64,
    attributed: f64,
    total: f64,
    previous: Option<f64>,
}

impl Earned {
    /// Asks for the days of `period`, by the conversions of `metric`.
    ///
    /// # Errors
    /// When a query fails.
    pub fn load(db: &Db<'_>, period: &Period, metric: Option<&str>) -> Result<Earned, store::Error> {
        let range = period.range;
        let revenue = |range: DateRange| {
            let (start, before) = (range.start(), range.before());
            db.row(REVENUE, params! { "start": start, "before": before, "metric": metric })
        };
        let known = metric.is_some();
        Ok(Earned {
            now: known.then(|| revenue(range)).transpose()?,
            before: period.compared.filter(|_| known).map(revenue).transpose()?,
            days: db.rows(
                DAILY,
                params! {
                    "start": range.start(), "before": range.before(), "shift": period.shift(), "metric": metric
                },
            )?,
        })
    }

    /// All of it.
    #[must_use]
    pub fn revenue(&self, period: &Period) -> Figure {
        self.figure(period, |it| it.total, |it| it.total)
    }

    /// What Klaviyo attributes to a message.
    #[must_use]
    pub fn attributed(&self, period: &Period) -> Figure {
        self.figure(period, |it| it.attributed, |it| it.attributed)
    }

    fn figure(&self, period: &Period, sum: fn(&Revenue) -> f64, of_day: fn(&Day) -> f64) -> Figure {
        if self.now.is_none() || !period.is_known() {
            return Figure::unknown(period);
        }
        let daily = self.days.iter().map(|it| period.knows(it.date).then(|| of_day(it))).collect();
        Figure::new(self.now.as_ref().map(sum), self.before.as_ref().map(sum), daily)
    }

    /// Every day of the range.
    #[must_use]
    pub fn days(&self) -> Vec<RevenueDay> {
        let day = |it: &Day| RevenueDay {
            date: it.date,
            campaigns: it.campaigns,
            flows: it.flows,
            other: it.other,
            previous: it.previous,
        };
        self.days.iter().map(day).collect()
    }

    /// Orders of the range in another currency than the account's.
    #[must_use]
    pub fn foreign_orders(&self) -> i64 {
        self.now.as_ref().map_or(0, |it| it.foreign_orders)
    }

    /// Orders of the range whose value is no amount.
    #[must_use]
    pub fn unreadable_values(&self) -> i64 {
        self.now.as_ref().map_or(0, |it| it.unreadable_values)
    }
}

/// Revenue of the range by channel, largest first; the last is what is not attributed.
///
/// # Errors
/// When the query fails.
pub fn channels(db: &Db<'_>, period: &Period, metric: Option<&str>) -> Result<Vec<Channel>, store::Error> {
    let (start, before) = (period.range.start(), period.range.before());
    db.rows(CHANNELS, params! { "start": start, "before": before, "metric": metric })
}

impl FromRow for Revenue {
    fn from_row(row: &Row<'_>) -> RowResult<Revenue> {
        Ok(Revenue {
            total: row.get("revenue")?,
            attributed: row.get("attributed")?,
            foreign_orders: row.get("foreign_orders")?,
            unreadable_values: row.get("unreadable_values")?,
        })
    }
}

impl FromRow for Day {
    fn from_row(row: &Row<'_>) -> RowResult<Day> {
        Ok(Day {
            date: row.get("day")?,
            campaigns: row.get("campaigns")?,
            flows: row.get("flows")?,
            other: row.get("other")?,
            attributed: row.get("attributed")?,
            total: row.get("total")?,
            previous: row.get("previous")?,
        })
    }
}

impl FromRow for Channel {
    fn from_row(row: &Row<'_>) -> RowResult<Channel> {
        let channel: Option<String> = row.get("channel")?;
        Ok(Channel {
            name: channel.as_deref().map_or("Not attributed", range::Channel::title_of).to_owned(),
            value: row.get("value")?,
            share: row.get("share")?,
        })
    }
}
