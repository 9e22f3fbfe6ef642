//! A request as Klaviyo understands it, or why it does not: every parameter is checked against the endpoint's table.

use super::cursor::{Cursor, digest};
use super::filter::{self, Call, Operand};
use super::refusal::{Refusal, Source};
use crate::demo::endpoints::{Endpoint, Field, Paging, Takes};
use chrono::{DateTime, Utc};

/// What is asked of an endpoint.
#[derive(Debug, Default)]
pub(super) struct Question {
    pub(super) conditions: Vec<Condition>,
    /// The field, and whether the largest comes first.
    pub(super) sort: Option<(String, bool)>,
    pub(super) size: usize,
    pub(super) cursor: Option<Cursor>,
    pub(super) include: Vec<String>,
    /// `fields[<type>]`: the attributes that come back.
    pub(super) fields: Vec<(String, Vec<String>)>,
    pub(super) additional: Vec<String>,
    /// Of everything that a cursor depends on.
    pub(super) digest: u64,
}

/// One call of the filter, with its operand understood.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition {
    pub(super) field: &'static str,
    pub(super) operator: String,
    pub(super) value: Wanted,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wanted {
    Nothing,
    /// Any of these.
    Texts(Vec<String>),
    /// Unix time in microseconds.
    Time(i64),
    Flag(bool),
}

impl Question {
    /// Understands the decoded parameters of a request, at that time.
    pub(super) fn parse(
        endpoint: &Endpoint,
        path: &str,
        query: &[(String, String)],
        now: DateTime<Utc>,
    ) -> Result<Question, Refusal> {
        let mut question = Question { size: usual_size(endpoint.paging), ..Question::default() };
        for (name, value) in query {
            question.take(endpoint, name, value, now)?;
        }
        if let Some(required) = endpoint.required_filter
            && !question.conditions.iter().any(|it| it.field == required)
        {
            return Err(Refusal::invalid("filter", format!("A filter on '{required}' is required.")));
        }
        question.digest = digest_of(path, query);
        if question.cursor.as_ref().is_some_and(|it| it.question != question.digest) {
            return Err(bad_cursor());
        }
        Ok(question)
    }

    fn take(&mut self, endpoint: &Endpoint, name: &str, value: &str, now: DateTime<Utc>) -> Result<(), Refusal> {
        match name {
            "filter" if !endpoint.filters.is_empty() => self.conditions = conditions(endpoint, value, now)?,
            "sort" if !endpoint.sort.is_empty() => self.sort = Some(sort(endpoint, value)?),
            "include" if !endpoint.include.is_empty() => self.include = words(value, endpoint.include, "include")?,
            "page[size]" => self.size = size(endpoint.paging, value)?,
            "page[cursor]" if endpoint.paging != Paging::Whole => {
                self.cursor = Some(Cursor::parse(value).ok_or_else(bad_cursor)?);
            }
            _ => match bracketed(name) {
                Some(("fields", kind)) => {
                    let known = of_kind(endpoint.fields, kind, name)?;
                    self.fields.push((kind.to_owned(), attributes(value, known, name)?));
                }
                Some(("additional-fields", kind)) => {
                    let known = of_kind(endpoint.additional, kind, name)?;
                    self.additional = words(value, known, name)?;
                }
                _ => return Err(Refusal::invalid(name, format!("'{name}' is not a valid field for this resource."))),
            },
        }
        Ok(())
    }

    /// Whether the largest comes first, as the records are walked through: backwards for the page before.
    pub(super) fn walks_down(&self, usually: bool) -> bool {
        self.sort.as_ref().map_or(usually, |it| it.1) != self.goes_back()
    }

    pub(super) fn goes_back(&self) -> bool {
        self.cursor.as_ref().is_some_and(|it| it.back)
    }

    pub(super) fn includes(&self, what: &str) -> bool {
        self.include.iter().any(|it| it == what)
    }

    pub(super) fn adds(&self, what: &str) -> bool {
        self.additional.iter().any(|it| it == what)
    }

    /// The attributes that are wanted of a type; all of them where none are named.
    pub(super) fn fields_of(&self, kind: &str) -> Option<&[String]> {
        self.fields.iter().find(|it| it.0 == kind).map(|it| it.1.as_slice())
    }
}

pub(super) fn bad_cursor() -> Refusal {
    Refusal::invalid("page[cursor]", "Invalid cursor provided.")
}

fn usual_size(paging: Paging) -> usize {
    match paging {
        Paging::Whole => usize::MAX,
        Paging::Cursor(size) => size,
        Paging::Sized { usual, .. } => usual,
    }
}

fn size(paging: Paging, value: &str) -> Result<usize, Refusal> {
    let Paging::Sized { max, .. } = paging else {
        return Err(Refusal::invalid("page[size]", "'page[size]' is not a valid field for this resource."));
    };
    let size = value.parse().ok().filter(|it| (1..=max).contains(it));
    size.ok_or_else(|| Refusal::invalid("page[size]", format!("Page size must be an integer between 1 and {max}.")))
}

fn sort(endpoint: &Endpoint, value: &str) -> Result<(String, bool), Refusal> {
    let (field, descending) = value.strip_prefix('-').map_or((value, false), |it| (it, true));
    if endpoint.sort.contains(&field) {
        return Ok((field.to_owned(), descending));
    }
    Err(Refusal::invalid("sort", format!("'{value}' is not an allowed sort field for this resource.")))
}

/// The part before and the part within the brackets.
fn bracketed(name: &str) -> Option<(&str, &str)> {
    name.strip_suffix(']')?.split_once('[')
}

fn of_kind<'a>(table: &'a [(&str, &'a [&'a str])], kind: &str, name: &str) -> Result<&'a [&'a str], Refusal> {
    let found = table.iter().find(|it| it.0 == kind).map(|it| it.1);
    found.ok_or_else(|| Refusal::invalid(name, format!("'{kind}' is not an allowed type for this resource.")))
}

fn words(value: &str, known: &[&str], name: &str) -> Result<Vec<String>, Refusal> {
    value.split(',').map(|it| one_word(it, known.contains(&it), name)).collect()
}

fn attributes(value: &str, known: &[&str], name: &str) -> Result<Vec<String>, Refusal> {
    let is_known = |word: &str| {
        known.iter().any(|it| match it.strip_suffix(".*") {
            Some(object) => word == object || word.strip_prefix(object).is_some_and(|rest| rest.starts_with('.')),
            None => *it == word,
        })
    };
    value.split(',').map(|it| one_word(it, is_known(it), name)).collect()
}

fn one_word(word: &str, known: bool, name: &str) -> Result<String, Refusal> {
    if known {
        return Ok(word.to_owned());
    }
    Err(Refusal::invalid(name, format!("'{word}' is not an allowed {name} parameter for this resource.")))
}

fn conditions(endpoint: &Endpoint, text: &str, now: DateTime<Utc>) -> Result<Vec<Condition>, Refusal> {
    let calls = filter::parse(text).map_err(|error| Refusal::invalid("filter", error.to_string()))?;
    let conditions: Vec<Condition> =
        calls.into_iter().map(|it| condition(endpoint, it, now)).collect::<Result<_, _>>()?;
    for condition in &conditions {
        check_bounds(condition.field, &conditions)?;
    }
    Ok(conditions)
}

fn condition(endpoint: &Endpoint, call: Call, now: DateTime<Utc>) -> Result<Condition, Refusal> {
    let Call { operator, field, operand } = call;
    let invalid = |detail: String| Refusal::invalid("filter", detail);
    let known = endpoint.filters.iter().find(|it| it.name == field);
    let known = known.ok_or_else(|| invalid(format!("'{field}' is not a valid filter field for this resource.")))?;
    let as_table = if matches!(operand, Operand::List(_)) { format!("{operator}[]") } else { operator.clone() };
    if !known.operators.contains(&as_table.as_str()) {
        return Err(invalid(format!("'{operator}' is not an allowed operator for '{field}'.")));
    }
    let value = value(known, &operand, now)?;
    Ok(Condition { field: known.name, operator, value })
}

fn value(field: &Field, operand: &Operand, now: DateTime<Utc>) -> Result<Wanted, Refusal> {
    let bad = || Refusal::invalid("filter", format!("Invalid value for filter field '{}'.", field.name));
    match (field.takes, operand) {
        (Takes::Nothing, Operand::Nothing) => Ok(Wanted::Nothing),
        (Takes::Text, Operand::Text(text)) => Ok(Wanted::Texts(vec![text.clone()])),
        (Takes::Text, Operand::List(texts)) => Ok(Wanted::Texts(texts.clone())),
        (Takes::OneOf(allowed), Operand::Text(text)) if allowed.contains(&text.as_str()) => {
            Ok(Wanted::Texts(vec![text.clone()]))
        }
        (Takes::OneOf(allowed), Operand::List(texts)) if texts.iter().all(|it| allowed.contains(&it.as_str())) => {
            Ok(Wanted::Texts(texts.clone()))
        }
        (Takes::Flag, Operand::Bare(word)) => word.parse().map(Wanted::Flag).map_err(|_| bad()),
        (Takes::Flag, Operand::List(words)) => {
            let flags: Vec<bool> = words.iter().map(|it| it.parse().map_err(|_| bad())).collect::<Result<_, _>>()?;
            // Either of both is anything at all.
            Ok(if flags.contains(&!flags[0]) { Wanted::Nothing } else { Wanted::Flag(flags[0]) })
        }
        (Takes::PastTime | Takes::AnyTime, Operand::Bare(word)) => {
            let time = DateTime::parse_from_rfc3339(word).map_err(|_| bad())?;
            if field.takes == Takes::PastTime && time > now {
                return Err(Refusal::invalid("filter", format!("'{}' must not be in the future.", field.name)));
            }
            Ok(Wanted::Time(time.timestamp_micros()))
        }
        (Takes::Seconds, Operand::Bare(word)) => {
            let seconds: i64 = word.parse().map_err(|_| bad())?;
            if seconds > now.timestamp() {
                return Err(Refusal::invalid("filter", format!("'{}' must not be in the future.", field.name)));
            }
            seconds.checked_mul(1_000_000).map(Wanted::Time).ok_or_else(bad)
        }
        _ => Err(bad()),
    }
}

/// A window of time has to be at least a second long.
fn check_bounds(field: &str, conditions: &[Condition]) -> Result<(), Refusal> {
    let bounds = |prefix: &str| -> Vec<i64> {
        let of_field = conditions.iter().filter(|it| it.field == field && it.operator.starts_with(prefix));
        of_field.filter_map(|it| if let Wanted::Time(time) = it.value { Some(time) } else { None }).collect()
    };
    let (Some(after), Some(before)) = (bounds("greater").into_iter().max(), bounds("less").into_iter().min()) else {
        return Ok(());
    };
    if before - after >= 1_000_000 {
        return Ok(());
    }
    let show = |micros| DateTime::from_timestamp_micros(micros).map_or_else(String::new, |it| it.to_rfc3339());
    Err(Refusal {
        source: Source::Pointer("datetime"),
        ..Refusal::of(
            400,
            "invalid",
            "Invalid input.",
            format!("Datetime bounds {} (exclusive) to {} (inclusive) is empty or invalid", show(after), show(before)),
        )
    })
}

/// A cursor stands for a place in one order of one selection; the size of the pages may change.
fn digest_of(path: &str, query: &[(String, String)]) -> u64 {
    let mut parts: Vec<String> = query
        .iter()
        .filter(|(name, _)| name == "filter" || name == "sort")
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    parts.sort();
    digest(&format!("{}?{}", path, parts.join("&")))
}
