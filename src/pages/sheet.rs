//! A table of a page, described once: what its address sorts, searches and pages, what its last row sums, and what its
//! file holds are all made of the same description and the same query.

use std::fmt::Write as _;

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

use super::definitions;
use super::frame::{Frame, Value, names};
use crate::range::{Basis, Columns, Unclear};
use crate::store::repository::{Document, field};
use crate::store::zone::local;
use crate::store::{self, Format, Query};
use crate::web::Error;

/// What a number or text is, and so how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    Text,
    /// A status, shown as a badge.
    Badge,
    /// An address on the web, which is a link if it is one of `http` or `https`.
    Link,
    Count,
    /// With a decimal.
    Number,
    /// A fraction, written as a percentage.
    Share,
    /// In the account's currency.
    Money,
    /// A local day.
    Day,
    /// A local wall clock.
    Clock,
    /// An instant, in UTC in queries and files, which say so; on pages it becomes a local wall clock.
    Moment,
    /// Hours, written in hours or days.
    Hours,
    Flag,
    /// Numbers with spaces between them in queries and files; on pages they are drawn as a small line.
    Trend,
    /// A judgement: `Better`, `Worse`, or a word between them. What `<column>_why` says stands under it.
    Verdict,
}

/// What stands in the last row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Total {
    Nothing,
    Sum,
    /// The sum of one column over the sum of another: shares are never averaged.
    Share(&'static str, &'static str),
}

/// A column, by its name in the query.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    pub title: &'static str,
    pub unit: Unit,
    pub total: Total,
    /// Whether a bar in the cell shows its part of the largest.
    pub has_bar: bool,
    /// Whether it is only in files and JSON.
    pub is_hidden: bool,
}

/// A table.
#[derive(Debug)]
pub struct Sheet {
    /// As files are named: `campaigns`.
    pub name: &'static str,
    pub title: &'static str,
    /// All rows, in any order; wrapped to be searched, sorted and cut. A column `id` leads to the row's own page.
    pub query: Query,
    /// In its place where messages are counted by the day of the event.
    pub by_event: Option<Query>,
    pub columns: &'static [Column],
    /// `-revenue`, unless the address says otherwise.
    pub order: &'static str,
    /// Columns that are searched.
    pub search: &'static [&'static str],
    /// Where a row leads, before its id: `/campaigns/`.
    pub link: Option<&'static str>,
    /// A column and the count below which a row says little; `min` filters by it.
    pub sample: Option<(&'static str, u32)>,
    /// What is said in place of rows.
    pub nothing: &'static str,
}

/// A table as it is shown: the part that was asked for, of all rows.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Table {
    pub name: &'static str,
    pub columns: Vec<Head>,
    /// By the columns' names.
    #[schema(value_type = Vec<Object>)]
    pub rows: Vec<Document>,
    /// Of all rows, also of those on other pages.
    #[schema(value_type = Object)]
    pub totals: Document,
    /// The largest value of columns with bars.
    #[schema(value_type = Object)]
    pub largest: Document,
    pub row_count: usize,
    pub limit: usize,
    pub offset: usize,
    /// `-revenue`
    pub sort: String,
    /// Whether the address of the page sorts, searches and pages this table.
    pub is_asked: bool,
    pub searchable: bool,
    /// Whether there are columns that only an address with `columns=all` shows.
    pub has_more_columns: bool,
    /// Whether drafts and others that did nothing in the range are listed, too; missing where all are, or none can be.
    pub with_idle: Option<bool>,
    pub link: Option<&'static str>,
    /// The column and the count below which a row says little.
    pub sample: Option<Sample>,
    /// Where its rows can be chosen for, by their ids.
    pub choose: Option<Choose>,
    pub nothing: &'static str,
}

/// A form around a table: whoever ticks rows and sends it comes to `path?ids=…&ids=…`.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Choose {
    pub path: &'static str,
    /// What its button says.
    pub title: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Sample {
    pub name: String,
    pub least: u32,
}

/// A column as a page and a program see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Head {
    /// In rows, and in `sort`.
    pub name: String,
    pub title: &'static str,
    pub unit: Unit,
    pub has_bar: bool,
    pub is_hidden: bool,
    /// In the definitions.
    pub definition: Option<&'static str>,
    /// `up` or `down` is welcome, or neither.
    pub good: &'static str,
    /// From where on a value is healthy, and from where on it needs attention.
    pub bands: Option<[f64; 2]>,
}

/// The parameter of pages that list what did nothing in the range on request only.
pub(super) const IDLE: (&str, &str) =
    ("activity", "`any` to list drafts and others that did nothing in the range, too; `range` otherwise");

/// Rows of a table that the address does not page.
const ROWS: usize = 50;

impl Column {
    #[must_use]
    pub const fn new(name: &'static str, title: &'static str, unit: Unit) -> Column {
        Column { name, title, unit, total: Total::Nothing, has_bar: false, is_hidden: false }
    }

    #[must_use]
    pub const fn text(name: &'static str, title: &'static str) -> Column {
        Column::new(name, title, Unit::Text)
    }

    /// A count that adds up.
    #[must_use]
    pub const fn count(name: &'static str, title: &'static str) -> Column {
        Column { total: Total::Sum, ..Column::new(name, title, Unit::Count) }
    }

    /// An amount that adds up.
    #[must_use]
    pub const fn money(name: &'static str, title: &'static str) -> Column {
        Column { total: Total::Sum, ..Column::new(name, title, Unit::Money) }
    }

    /// A share of two columns' sums; the query divides each row, the last row is divided here.
    #[must_use]
    pub const fn share(name: &'static str, title: &'static str, part: &'static str, whole: &'static str) -> Column {
        Column { total: Total::Share(part, whole), ..Column::new(name, title, Unit::Share) }
    }

    /// The same share with another whole in the last row.
    #[must_use]
    pub const fn out_of(self, whole: &'static str) -> Column {
        let total = match self.total {
            Total::Share(part, _) => Total::Share(part, whole),
            other => other,
        };
        Column { total, ..self }
    }

    #[must_use]
    pub const fn with_bar(self) -> Column {
        Column { has_bar: true, ..self }
    }

    #[must_use]
    const fn shown(self) -> Column {
        Column { is_hidden: false, ..self }
    }

    /// Only in files and JSON, unless the address asks for all columns.
    #[must_use]
    pub const fn hidden(self) -> Column {
        Column { is_hidden: true, ..self }
    }

    /// The last row stays empty.
    #[must_use]
    pub const fn without_total(self) -> Column {
        Column { total: Total::Nothing, ..self }
    }

    fn head(&self) -> Head {
        let definition = definitions::find(self.name);
        Head {
            name: field(self.name),
            title: self.title,
            unit: if self.unit == Unit::Moment { Unit::Clock } else { self.unit },
            has_bar: self.has_bar,
            is_hidden: self.is_hidden,
            definition: definition.map(|it| it.name),
            good: definition.map_or("", |it| it.good.name()),
            bands: definition.and_then(|it| it.bands).map(|it| [it.healthy, it.attention]),
        }
    }

    fn total(&self) -> Option<String> {
        match self.total {
            Total::Nothing => None,
            Total::Sum => Some(format!("sum(\"{0}\") as \"{0}\"", self.name)),
            Total::Share(part, whole) => Some(format!(
                "cast(sum(\"{part}\") as double) / nullif(cast(sum(\"{whole}\") as double), 0) as \"{}\"",
                self.name
            )),
        }
    }
}

/// The columns of `first`, then those of `rest`, which some tables share; there are `N` of both.
#[must_use]
pub const fn joined<const N: usize>(first: &[Column], rest: &[Column]) -> [Column; N] {
    assert!(first.len() + rest.len() == N);
    let mut all = [rest[0]; N];
    let mut place = 0;
    while place < N {
        all[place] = if place < first.len() { first[place] } else { rest[place - first.len()] };
        place += 1;
    }
    all
}

/// Which part of a table, in which order.
struct Part {
    column: &'static str,
    descending: bool,
    search: Option<String>,
    limit: usize,
    offset: usize,
}

impl Sheet {
    fn asked(&self, frame: &Frame<'_>) -> Query {
        match (frame.period.basis, self.by_event) {
            (Basis::Event, Some(query)) => query,
            _ => self.query,
        }
    }

    /// The fields that an address may sort by.
    #[must_use]
    pub fn fields(&self) -> Vec<String> {
        self.columns.iter().map(|it| field(it.name)).collect()
    }

    /// The part that the address asks for. This is for the table that a page is about; see [`Sheet::top`] for others.
    ///
    /// # Errors
    /// When the query fails, or the address sorts by what is no column.
    pub fn table(&self, frame: &Frame<'_>) -> Result<Table, Error> {
        self.table_with(frame, Vec::new())
    }

    /// The same, with values of the page's own.
    ///
    /// # Errors
    /// As [`Sheet::table`].
    pub fn table_with(&self, frame: &Frame<'_>, own: Vec<Value>) -> Result<Table, Error> {
        let part = self.part(frame)?;
        Ok(self.read(frame, own, &part, true)?)
    }

    /// The first `limit` rows in the table's own order, whatever the address sorts.
    ///
    /// # Errors
    /// When the query fails.
    pub fn top(&self, frame: &Frame<'_>, limit: Option<usize>) -> Result<Table, store::Error> {
        self.top_with(frame, limit, Vec::new())
    }

    /// The same, with values of the page's own.
    ///
    /// # Errors
    /// When the query fails.
    pub fn top_with(&self, frame: &Frame<'_>, limit: Option<usize>, own: Vec<Value>) -> Result<Table, store::Error> {
        let part = Part { limit: limit.unwrap_or(ROWS), ..self.own_order() };
        self.read(frame, own, &part, false)
    }

    /// Writes all rows into a file, searched and sorted as the address says.
    ///
    /// # Errors
    /// When the query fails, the disk is full, or the address sorts by what is no column.
    pub fn export(
        &self,
        frame: &Frame<'_>,
        own: Vec<Value>,
        format: Format,
        path: &std::path::Path,
    ) -> Result<(), Error> {
        let part = self.part(frame)?;
        let query = self.asked(frame);
        let mut columns = Vec::new();
        if self.link.is_some() && self.columns.iter().all(|it| it.name != "id") {
            columns.push("\"id\"".to_owned());
        }
        let value = |it: &Column| match it.unit {
            Unit::Text | Unit::Badge | Unit::Link | Unit::Verdict => format.text(&format!("\"{}\"", it.name)),
            // In Parquet the type says that it is UTC, elsewhere the letter at its end.
            Unit::Moment if format == Format::Parquet => format!("cast(\"{}\" as timestamptz)", it.name),
            Unit::Moment => format!("strftime(\"{}\", '%Y-%m-%dT%H:%M:%SZ')", it.name),
            _ => format!("\"{}\"", it.name),
        };
        columns.extend(self.columns.iter().map(|it| format!("{} as \"{}\"", value(it), field(it.name))));
        let text = format!(
            "{}\nselect {} from found order by {}",
            self.found(query, frame, &part),
            columns.join(", "),
            self.order_by(&part)
        );
        Ok(frame.export(query.name, &text, searching(own, &part), format, path)?)
    }

    fn own_order(&self) -> Part {
        let column = self.order.trim_start_matches('-');
        Part { column, descending: self.order.starts_with('-'), search: None, limit: ROWS, offset: 0 }
    }

    fn part(&self, frame: &Frame<'_>) -> Result<Part, Unclear> {
        let fields = self.fields();
        let names: Vec<&str> = fields.iter().map(String::as_str).collect();
        let own = self.own_order();
        let (column, descending) = match frame.ask.sort(&names)? {
            None => (own.column, own.descending),
            Some(sort) => {
                let column = self.columns.iter().find(|it| field(it.name) == sort.field);
                (column.map_or(own.column, |it| it.name), sort.descending)
            }
        };
        let search = frame.ask.search.clone().filter(|_| !self.search.is_empty());
        Ok(Part { column, descending, search, limit: frame.ask.limit, offset: frame.ask.offset })
    }

    /// `with found as (…)`: all rows, or those that were searched.
    fn found(&self, query: Query, frame: &Frame<'_>, part: &Part) -> String {
        let mut filters = Vec::new();
        if part.search.is_some() {
            let any: Vec<String> =
                self.search.iter().map(|it| format!("contains(lower(cast(\"{it}\" as varchar)), lower($q))")).collect();
            filters.push(format!("({})", any.join(" or ")));
        }
        if let Some((column, _)) = self.sample.filter(|_| frame.ask.least > 0) {
            filters.push(format!("\"{column}\" >= $least"));
        }
        if filters.is_empty() {
            return format!("with found as materialized (\n{}\n)", query.text);
        }
        format!(
            "with answer as (\n{}\n),\nfound as materialized (select * from answer where {})",
            query.text,
            filters.join(" and ")
        )
    }

    /// Ties are broken by all columns in their order, so that pages do not overlap and a file is always the same.
    fn order_by(&self, part: &Part) -> String {
        let way = if part.descending { "desc" } else { "asc" };
        let column = match self.columns.iter().find(|it| it.name == part.column).map(|it| it.unit) {
            Some(Unit::Text | Unit::Badge | Unit::Link | Unit::Verdict) => format!("lower(\"{}\")", part.column),
            _ => format!("\"{}\"", part.column),
        };
        let id = if self.link.is_some() { ", \"id\"" } else { "" };
        let others: String = self.columns.iter().map(|it| format!(", \"{}\"", it.name)).collect::<Vec<_>>().concat();
        format!("{column} {way} nulls last{others}{id}")
    }

    fn read(&self, frame: &Frame<'_>, own: Vec<Value>, part: &Part, is_asked: bool) -> Result<Table, store::Error> {
        let query = self.asked(frame);
        let shows_all = is_asked && frame.ask.columns == Columns::All;
        let order = self.order_by(part);
        let mut text = self.found(query, frame, part);
        let mut totals = vec!["count(*) as found_rows".to_owned()];
        totals.extend(self.columns.iter().filter_map(Column::total));
        let mut largest: Vec<String> =
            self.columns.iter().filter(|it| it.has_bar).map(|it| format!("max(\"{0}\") as \"{0}\"", it.name)).collect();
        // One row, however many are found and whether or not any column has a bar.
        largest.push("count(*) as one".to_owned());
        let _ = write!(
            text,
            ",
            shown as (select * from found order by {order} limit {} offset {})
            select * exclude (part) from (
                select 0 as part, * from shown
                union all by name select 1 as part, {} from found
                union all by name select 2 as part, {} from found
            ) order by part, {order}",
            part.limit,
            part.offset,
            totals.join(", "),
            largest.join(", ")
        );
        let mut rows = frame.found(query.name, &text, searching(own, part))?;
        let mut largest = rows.pop().unwrap_or_default();
        let mut totals = rows.pop().unwrap_or_default();
        let row_count = totals.get("foundRows").and_then(serde_json::Value::as_u64).unwrap_or_default();
        for document in rows.iter_mut().chain([&mut totals, &mut largest]) {
            document.remove("foundRows");
            document.remove("one");
        }
        for column in self.columns.iter().filter(|it| it.unit == Unit::Moment) {
            for row in &mut rows {
                on_wall_clock(row, &field(column.name), frame.zone);
            }
        }
        for column in self.columns.iter().filter(|it| it.unit == Unit::Trend) {
            for row in &mut rows {
                as_numbers(row, &field(column.name));
            }
        }
        totals.retain(|_, value| !value.is_null());
        largest.retain(|_, value| !value.is_null());
        Ok(Table {
            name: self.name,
            columns: self.columns.iter().map(|it| if shows_all { it.shown().head() } else { it.head() }).collect(),
            rows,
            totals,
            largest,
            row_count: usize::try_from(row_count).unwrap_or(usize::MAX),
            limit: part.limit,
            offset: part.offset,
            sort: format!("{}{}", if part.descending { "-" } else { "" }, field(part.column)),
            is_asked,
            searchable: is_asked && !self.search.is_empty(),
            has_more_columns: is_asked && self.columns.iter().any(|it| it.is_hidden),
            with_idle: None,
            link: self.link,
            sample: self.sample.map(|(name, least)| Sample { name: field(name), least }),
            choose: None,
            nothing: match frame.ask.channel {
                _ if is_asked && (part.search.is_some() || frame.ask.least > 0) => "Nothing here fits the search.",
                Some(_) if is_asked && names(query.text, "channel") => {
                    "There is nothing of this channel in these days."
                }
                _ => self.nothing,
            },
        })
    }
}

/// A text of numbers becomes a list of them.
fn as_numbers(row: &mut Document, name: &str) {
    let Some(value) = row.get_mut(name) else { return };
    let numbers = value.as_str().map(|it| it.split(' ').filter_map(|it| it.parse::<f64>().ok()).collect::<Vec<f64>>());
    if let Some(numbers) = numbers {
        *value = numbers.into();
    }
}

/// `own`, and what is searched.
fn searching(mut own: Vec<Value>, part: &Part) -> Vec<Value> {
    if own.iter().all(|it| it.0 != "q") {
        own.push(("q", Box::new(part.search.clone())));
    }
    own
}

/// An instant becomes the account's wall clock at it.
fn on_wall_clock(row: &mut Document, name: &str, zone: Tz) {
    let Some(value) = row.get_mut(name) else { return };
    let instant = value.as_str().and_then(|it| it.parse::<NaiveDateTime>().ok());
    if let Some(instant) = instant {
        *value = local(instant.and_utc(), zone).format("%Y-%m-%dT%H:%M:%S").to_string().into();
    }
}
