use std::cell::OnceCell;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::Ground;
use super::annotations::Annotation;
use super::benchmarks::editions::Benchmarks;
use super::overview::Setting;
use super::working;
use crate::query;
use crate::range::{Ask, Machine, Period, Unclear};
use crate::store::repository::Document;
use crate::store::{self, Db, Format, FromRow, Query, ToSql};
use crate::web::Error;

const NO_OTHER_CONVERSIONS: Query = query!("frame/no_other_conversions");

pub(super) const QUERIES: &[Query] = &[NO_OTHER_CONVERSIONS];

/// What a page's question is asked with. A query may read any of the [working tables](super::WORKING) and name any value, and
/// gets those it names: the days `$start` to before `$before`, `$since` (the first day that the comparison needs),
/// `$compared_start` to before `$compared_before` (null without a comparison), `$today`, `$now` (UTC), the conversion
/// `$metric`, the `$currency`, `$machine` (whether machines' opens and clicks count), `$basis` (`sent` or `event`), `$channel`
/// (null for all), `$least` recipients, `$id` and the page's own.
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
    /// What happened in the range, once somebody asked.
    pub(super) annotations: OnceCell<Vec<Annotation>>,
}

/// A value that a query names.
pub type Value = (&'static str, Box<dyn ToSql>);

impl<'a> Frame<'a> {
    /// # Errors
    /// When the account cannot be asked, or the metric that is asked for is none of its.
    pub fn new(
        db: &'a Db<'a>,
        ask: &'a Ask,
        period: &'a Period,
        ground: &Ground,
        now: DateTime<Utc>,
        id: Option<&'a str>,
    ) -> Result<Frame<'a>, Error> {
        let Setting { currency, metric, events_stored, .. } = settle_metric(db, ask)?;
        let currency = currency.unwrap_or_default();
        let benchmarks = Arc::clone(&ground.benchmarks);
        Ok(Frame {
            db,
            ask,
            period,
            zone: ground.zone,
            now,
            id,
            currency,
            metric,
            events_stored,
            benchmarks,
            annotations: OnceCell::new(),
        })
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
        let values = self.ready(query.text, own)?;
        self.db.rows(query, &named(query.text, &values))
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
        self.found(query.name, query.text, own)
    }

    /// The same, of a text that was put together.
    pub(super) fn found(&self, name: &'static str, text: &str, own: Vec<Value>) -> Result<Vec<Document>, store::Error> {
        let values = self.ready(text, own)?;
        self.db.documents(name, text, &named(text, &values))
    }

    /// Every row of such a text into a file.
    pub(super) fn export(
        &self,
        name: &'static str,
        text: &str,
        own: Vec<Value>,
        format: Format,
        path: &Path,
    ) -> Result<(), store::Error> {
        let values = self.ready(text, own)?;
        self.db.export(name, text, &named(text, &values), format, path)
    }

    /// What may be asked with, once the working tables that `text` reads are there.
    fn ready(&self, text: &str, own: Vec<Value>) -> Result<Vec<Value>, store::Error> {
        let values = self.values(own);
        working::make(self.db, text, &values)?;
        Ok(values)
    }

    /// The first row of the query by its columns; empty where there is none.
    ///
    /// # Errors
    /// When the query fails.
    pub fn document(&self, query: Query) -> Result<Document, store::Error> {
        Ok(self.documents(query)?.into_iter().next().unwrap_or_default())
    }

    /// What a query may name.
    fn values(&self, own: Vec<Value>) -> Vec<Value> {
        let (range, compared) = (self.period.range, self.period.compared);
        let mut values: Vec<Value> = vec![
            ("start", Box::new(range.start())),
            ("before", Box::new(range.before())),
            ("since", Box::new(self.period.since())),
            ("drawn_since", Box::new(self.period.drawn_since())),
            ("compared_start", Box::new(compared.map(|it| it.start()))),
            ("compared_before", Box::new(compared.map(|it| it.before()))),
            ("today", Box::new(self.today())),
            ("now", Box::new(self.now.naive_utc())),
            ("metric", Box::new(self.metric.clone())),
            ("currency", Box::new(self.currency.clone())),
            ("machine", Box::new(self.period.machine == Machine::Include)),
            ("basis", Box::new(self.period.basis.name())),
            ("channel", Box::new(self.ask.channel.map(|it| it.name()))),
            ("least", Box::new(i64::from(self.ask.least))),
            ("id", Box::new(self.id.map(ToOwned::to_owned))),
        ];
        values.extend(own);
        values
    }
}

/// Settles which conversions a reading counts. Where the sums rest on their metric, as they nearly always do, no query of the
/// reading has to plan how to look up others: that takes longer than most answers.
///
/// # Errors
/// Where the metric that is asked for is none of the account's: nothing would look like zero.
pub(crate) fn settle_metric(db: &Db<'_>, ask: &Ask) -> Result<Setting, Error> {
    let setting = Setting::load(db, ask)?;
    if !setting.is_known {
        let asked = ask.metric.as_deref().unwrap_or_default();
        return Err(Unclear { parameter: "metric", problem: format!("there is no metric “{asked}”") }.into());
    }
    if setting.is_summed {
        db.define(NO_OTHER_CONVERSIONS)?;
    }
    Ok(setting)
}

/// Those that `text` names, as queries take them.
pub(super) fn named<'v>(text: &str, values: &'v [Value]) -> Vec<(&'v str, &'v dyn ToSql)> {
    values.iter().filter(|it| names(text, it.0)).map(|(name, value)| (*name, value.as_ref())).collect()
}

/// Whether the SQL names `$name`, comments aside.
pub(super) fn names(text: &str, name: &str) -> bool {
    let starts = |it: &str| it.split('$').skip(1).any(|it| it.strip_prefix(name).is_some_and(ends));
    code(text).any(starts)
}

/// Whether the SQL reads the table `name`, comments aside. The name is of a kind that is not part of another.
pub(super) fn reads(text: &str, name: &str) -> bool {
    code(text).any(|line| line.split(name).skip(1).any(ends))
}

/// The lines of SQL without comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(|it| it.split("--").next().unwrap_or_default())
}

/// Whether a name ends before `rest`.
fn ends(rest: &str) -> bool {
    !rest.starts_with(|it: char| it.is_ascii_alphanumeric() || it == '_')
}

#[cfg(test)]
mod tests {
    use super::{names, reads};

    #[test]
    fn a_query_gets_the_values_it_names() {
        let text = "-- of $id\nselect * from t where day >= $start and x = $metric_id";
        assert!(names(text, "start") && names(text, "metric_id"));
        assert!(!names(text, "metric") && !names(text, "id"), "neither a part of a name nor a comment");
    }

    #[test]
    fn a_query_finds_the_tables_that_it_reads() {
        let text = "-- not page_days\nselect * from page_sends as a join page_weeks_of(1) on page_sends.id = a.id";
        assert!(reads(text, "page_sends"));
        assert!(!reads(text, "page_days") && !reads(text, "page_weeks"), "neither a comment nor a part of a name");
    }
}
