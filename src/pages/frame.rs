use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::Ground;
use super::benchmarks::editions::Benchmarks;
use super::overview::Setting;
use crate::range::{Ask, Basis, Machine, Period};
use crate::store::repository::Document;
use crate::store::{self, Db, FromRow, Query, ToSql};

/// What a page's question is asked with. A query may name any of the [values](Frame::values), and gets those it names.
pub struct Frame<'a> {
    pub db: &'a Db<'a>,
    pub ask: &'a Ask,
    pub period: &'a Period,
    pub zone: Tz,
    pub now: DateTime<Utc>,
    /// Which one, on a page about one thing.
    pub id: Option<&'a str>,
    /// The account's currency, ISO 4217; empty before the account was read.
    pub currency: String,
    /// The metric whose events are conversions; unknown where nothing stands for revenue.
    pub metric: Option<String>,
    pub events_stored: i64,
    /// Published averages.
    pub benchmarks: Arc<Benchmarks>,
}

/// A value that a query names.
pub type Value = (&'static str, Box<dyn ToSql>);

impl<'a> Frame<'a> {
    /// # Errors
    /// When the account cannot be asked.
    pub fn new(
        db: &'a Db<'a>,
        ask: &'a Ask,
        period: &'a Period,
        ground: &Ground,
        now: DateTime<Utc>,
        id: Option<&'a str>,
    ) -> Result<Frame<'a>, store::Error> {
        let Setting { currency, metric, events_stored } = Setting::load(db, ask)?;
        let currency = currency.unwrap_or_default();
        let benchmarks = Arc::clone(&ground.benchmarks);
        Ok(Frame { db, ask, period, zone: ground.zone, now, id, currency, metric, events_stored, benchmarks })
    }

    /// The account's local day.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.now.with_timezone(&self.zone).date_naive()
    }

    /// Every row of the query.
    ///
    /// # Errors
    /// When the query fails.
    pub fn rows<T: FromRow>(&self, query: Query) -> Result<Vec<T>, store::Error> {
        self.rows_with(query, Vec::new())
    }

    /// The same, with values of the page's own.
    ///
    /// # Errors
    /// When the query fails.
    pub fn rows_with<T: FromRow>(&self, query: Query, own: Vec<Value>) -> Result<Vec<T>, store::Error> {
        let values = self.values(query.text, own);
        self.db.rows(query, &borrowed(&values))
    }

    /// Every row of the query by its columns in camelCase.
    ///
    /// # Errors
    /// When the query fails.
    pub fn documents(&self, query: Query) -> Result<Vec<Document>, store::Error> {
        self.documents_with(query, Vec::new())
    }

    /// The same, with values of the page's own.
    ///
    /// # Errors
    /// When the query fails.
    pub fn documents_with(&self, query: Query, own: Vec<Value>) -> Result<Vec<Document>, store::Error> {
        let values = self.values(query.text, own);
        self.db.documents(query.name, query.text, &borrowed(&values))
    }

    /// The first row of the query by its columns; empty where there is none.
    ///
    /// # Errors
    /// When the query fails.
    pub fn document(&self, query: Query) -> Result<Document, store::Error> {
        Ok(self.documents(query)?.into_iter().next().unwrap_or_default())
    }

    /// What `text` names of: the days `$start` to before `$before`, `$since` (the first day that the comparison needs),
    /// `$compared_start` to before `$compared_before` (null without a comparison), `$today`, `$now` (UTC), the
    /// conversion `$metric`, the `$currency`, `$machine` (whether machines' opens and clicks count), `$basis` (`sent` or
    /// `event`), `$channel` (null for all), `$least` recipients, `$id` and the page's `own`.
    #[must_use]
    pub fn values(&self, text: &str, own: Vec<Value>) -> Vec<Value> {
        let (range, compared) = (self.period.range, self.period.compared);
        let basis = if self.period.basis == Basis::Sent { "sent" } else { "event" };
        let mut values: Vec<Value> = vec![
            ("start", Box::new(range.start())),
            ("before", Box::new(range.before())),
            ("since", Box::new(self.period.since())),
            ("compared_start", Box::new(compared.map(|it| it.start()))),
            ("compared_before", Box::new(compared.map(|it| it.before()))),
            ("today", Box::new(self.today())),
            ("now", Box::new(self.now.naive_utc())),
            ("metric", Box::new(self.metric.clone())),
            ("currency", Box::new(self.currency.clone())),
            ("machine", Box::new(self.period.machine == Machine::Include)),
            ("basis", Box::new(basis)),
            ("channel", Box::new(self.ask.channel.map(|it| it.name()))),
            ("least", Box::new(i64::from(self.ask.least))),
            ("id", Box::new(self.id.map(ToOwned::to_owned))),
        ];
        values.extend(own);
        values.retain(|it| names(text, it.0));
        values
    }
}

/// As queries take them.
#[must_use]
pub fn borrowed(values: &[Value]) -> Vec<(&str, &dyn ToSql)> {
    values.iter().map(|(name, value)| (*name, value.as_ref())).collect()
}

/// Whether the SQL names `$name`, comments aside.
fn names(text: &str, name: &str) -> bool {
    let code = text.lines().map(|it| it.split("--").next().unwrap_or_default());
    let ends = |rest: &str| !rest.starts_with(|it: char| it.is_ascii_alphanumeric() || it == '_');
    code.flat_map(|line| line.split('$').skip(1)).any(|it| it.strip_prefix(name).is_some_and(ends))
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_query_gets_the_values_it_names() {
        let text = "-- of $id\nselect * from t where day >= $start and x = $metric_id";
        assert!(names(text, "start") && names(text, "metric_id"));
        assert!(!names(text, "metric") && !names(text, "id"), "neither a part of a name nor a comment");
    }
}
