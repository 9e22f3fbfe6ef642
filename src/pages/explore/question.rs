//! What an address asks of Explore: a metric, what is counted of it, by what, how often, and which events alone.

use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime, TimeDelta};

use crate::pages::view::Shape;
use crate::range::{Ask, DateRange, Unclear};
use crate::web::format;

/// A question.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    /// None where the account has no metric at all.
    pub(super) metric: String,
    pub(super) measure: Measure,
    pub(super) by: By,
    pub(super) interval: Interval,
    pub(super) filters: Vec<Filter>,
    pub(super) chart: Option<Shape>,
    /// Groups that are shown by themselves; the others are one.
    pub(super) top: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    Count,
    Unique,
    Sum,
    Average,
}

/// What events are grouped by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum By {
    Nothing,
    Of(Dimension),
    /// A property of the event's document, by its name.
    Property(String),
}

/// What every event has besides its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dimension {
    Message,
    Campaign,
    Flow,
    Channel,
    Variation,
    Form,
    Country,
    Weekday,
    Hour,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interval {
    Hour,
    Day,
    Week,
    Month,
}

/// Only events of which this holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filter {
    /// As it was written: a property, or a dimension with its mark.
    pub(super) of: String,
    pub(super) by: By,
    pub(super) test: Test,
    pub(super) value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    Is,
    IsNot,
    Contains,
    Lacks,
    Starts,
    More,
    Less,
    Known,
    Unknown,
}

pub(super) const MEASURES: &[(&str, &str, Measure)] = &[
    ("count", "Events", Measure::Count),
    ("unique", "Unique profiles", Measure::Unique),
    ("sum", "Sum of value", Measure::Sum),
    ("average", "Average value", Measure::Average),
];

/// No property of Klaviyo's begins with this mark.
pub(super) const DIMENSIONS: &[(&str, &str, Dimension)] = &[
    ("@message", "Message", Dimension::Message),
    ("@campaign", "Campaign", Dimension::Campaign),
    ("@flow", "Flow", Dimension::Flow),
    ("@channel", "Channel", Dimension::Channel),
    ("@variation", "Variation", Dimension::Variation),
    ("@form", "Form", Dimension::Form),
    ("@country", "Country of the profile", Dimension::Country),
    ("@weekday", "Weekday", Dimension::Weekday),
    ("@hour", "Hour of the day", Dimension::Hour),
];

pub(super) const INTERVALS: &[(&str, &str, Interval)] = &[
    ("hour", "Hours", Interval::Hour),
    ("day", "Days", Interval::Day),
    ("week", "Weeks", Interval::Week),
    ("month", "Months", Interval::Month),
];

pub(super) const CHARTS: &[(&str, &str, Shape)] =
    &[("stacks", "Stacked bars", Shape::Stacks), ("lines", "Lines", Shape::Lines), ("columns", "Bars", Shape::Columns)];

pub(super) const TESTS: &[(&str, &str, Test)] = &[
    ("is", "is", Test::Is),
    ("is-not", "is not", Test::IsNot),
    ("contains", "contains", Test::Contains),
    ("lacks", "does not contain", Test::Lacks),
    ("starts", "begins with", Test::Starts),
    ("more", "is more than", Test::More),
    ("less", "is less than", Test::Less),
    ("known", "is there", Test::Known),
    ("unknown", "is not there", Test::Unknown),
];

/// The names of a filter's parts in an address. More than these nobody reads.
pub(super) const FILTERS: &[(&str, &str, &str)] =
    &[("f1", "o1", "v1"), ("f2", "o2", "v2"), ("f3", "o3", "v3"), ("f4", "o4", "v4"), ("f5", "o5", "v5")];

/// Groups, unless the address says how many: with all others as many as a chart has colours.
const TOP: usize = 5;
/// More lines than these nobody can tell apart; more rows a file may have.
const TOP_MAX: usize = 1_000;

/// Points of a chart and rows of a file.
const POINTS_MAX: usize = 1_500;

/// Characters of a property's name or a filter's value.
const TEXT_MAX: usize = 255;

impl Question {
    /// What the address asks; `usual` is the metric unless it names one.
    pub(super) fn of(ask: &Ask, range: DateRange, usual: &str) -> Result<Question, Unclear> {
        let interval = match ask.own("interval") {
            None => Interval::usual(range),
            Some(_) => choice(ask, "interval", INTERVALS)?,
        };
        let points = interval.starts(range).len();
        if points > POINTS_MAX {
            let problem = format!("{points} of them are too many to draw; choose a longer interval or a shorter range");
            return Err(Unclear { parameter: "interval", problem });
        }
        let question = Question {
            metric: ask.own("metric_id").unwrap_or(usual).to_owned(),
            measure: choice(ask, "measure", MEASURES)?,
            by: by("by", ask.own("by"))?,
            interval,
            filters: filters(ask)?,
            chart: ask.own("chart").map(|_| choice(ask, "chart", CHARTS)).transpose()?,
            top: top(ask)?,
        };
        let rows = points * question.top;
        if question.by != By::Nothing && rows > POINTS_MAX * 20 {
            let problem = format!("{} groups of {points} points are too many; choose a longer interval", question.top);
            return Err(Unclear { parameter: "top", problem });
        }
        Ok(question)
    }

    /// Whether sums that are kept answer it, so that no event has to be read.
    pub(super) fn is_summed(&self) -> bool {
        self.by == By::Nothing && self.filters.is_empty() && self.measure != Measure::Unique
    }

    /// Whether one line beside the groups says something of all of them: where there are none, or they are stacked to a sum.
    pub(super) fn adds_up(&self) -> bool {
        let is_sum = matches!(self.measure, Measure::Count | Measure::Sum);
        self.by == By::Nothing || (is_sum && self.shape() == Shape::Stacks)
    }

    pub(super) fn shape(&self) -> Shape {
        self.chart.unwrap_or(match (self.measure, &self.by) {
            (Measure::Count | Measure::Sum, _) => Shape::Stacks,
            (_, By::Nothing) => Shape::Columns,
            _ => Shape::Lines,
        })
    }
}

/// The value that the parameter stands for; without it the first.
pub(super) fn choice<T: Copy>(ask: &Ask, parameter: &'static str, values: &[(&str, &str, T)]) -> Result<T, Unclear> {
    let Some(text) = ask.own(parameter) else { return Ok(values[0].2) };
    one_of(parameter, text, values)
}

fn one_of<T: Copy>(parameter: &'static str, text: &str, values: &[(&str, &str, T)]) -> Result<T, Unclear> {
    values.iter().find(|it| it.0 == text).map(|it| it.2).ok_or_else(|| {
        let names: Vec<_> = values.iter().map(|it| it.0).collect();
        Unclear { parameter, problem: format!("“{text}” is not one of {}", names.join(", ")) }
    })
}

fn by(parameter: &'static str, text: Option<&str>) -> Result<By, Unclear> {
    match text {
        None => Ok(By::Nothing),
        Some(text) if text.starts_with('@') => one_of(parameter, text, DIMENSIONS).map(By::Of),
        Some(text) if text.chars().count() > TEXT_MAX => {
            Err(Unclear { parameter, problem: format!("no property has a name of more than {TEXT_MAX} characters") })
        }
        Some(text) => Ok(By::Property(text.to_owned())),
    }
}

fn filters(ask: &Ask) -> Result<Vec<Filter>, Unclear> {
    let mut found = Vec::new();
    for (of, test, value) in FILTERS {
        let Some(text) = ask.own(of) else { continue };
        let kind = choice(ask, test, TESTS)?;
        let given = ask.own(value).unwrap_or_default();
        if given.is_empty() && !matches!(kind, Test::Known | Test::Unknown) {
            return Err(Unclear { parameter: value, problem: format!("a filter by “{text}” needs a value") });
        }
        if given.chars().count() > TEXT_MAX {
            return Err(Unclear { parameter: value, problem: format!("a value has {TEXT_MAX} characters at most") });
        }
        if matches!(kind, Test::More | Test::Less) && given.parse::<f64>().ok().is_none_or(|it| !it.is_finite()) {
            return Err(Unclear { parameter: value, problem: format!("“{given}” is no number to compare with") });
        }
        let by = by(of, Some(text))?;
        found.push(Filter { of: text.to_owned(), by, test: kind, value: given.to_owned() });
    }
    Ok(found)
}

fn top(ask: &Ask) -> Result<usize, Unclear> {
    let Some(text) = ask.own("top") else { return Ok(TOP) };
    text.parse().ok().filter(|it| (1..=TOP_MAX).contains(it)).ok_or_else(|| Unclear {
        parameter: "top",
        problem: format!("“{text}” is not a whole number from 1 to {TOP_MAX}"),
    })
}

/// What is called so on the page.
pub(super) fn titled(name: &str) -> Option<Dimension> {
    let is = |it: &str| it.eq_ignore_ascii_case(name);
    DIMENSIONS.iter().find(|(word, title, _)| is(title) || is(word.trim_start_matches('@'))).map(|it| it.2)
}

impl Interval {
    /// Fine enough to see something, coarse enough to see it at once.
    fn usual(range: DateRange) -> Interval {
        match range.day_count() {
            0..=2 => Interval::Hour,
            3..=130 => Interval::Day,
            131..=910 => Interval::Week,
            _ => Interval::Month,
        }
    }

    /// As `date_trunc` calls it.
    pub(super) fn name(self) -> &'static str {
        INTERVALS.iter().find(|it| it.2 == self).map_or("day", |it| it.0)
    }

    /// Where each bucket of the range starts, in order; the first may begin before the range.
    pub(super) fn starts(self, range: DateRange) -> Vec<NaiveDateTime> {
        let midnight = |day: NaiveDate| day.and_time(chrono::NaiveTime::MIN);
        let (start, before) = (range.start(), midnight(range.before()));
        let first = match self {
            Interval::Hour | Interval::Day => start,
            Interval::Week => start - Days::new(start.weekday().num_days_from_monday().into()),
            Interval::Month => start - Days::new(start.day0().into()),
        };
        std::iter::successors(Some(midnight(first)), |it| match self {
            Interval::Hour => it.checked_add_signed(TimeDelta::hours(1)),
            Interval::Day => it.checked_add_days(Days::new(1)),
            Interval::Week => it.checked_add_days(Days::new(7)),
            Interval::Month => it.checked_add_months(Months::new(1)),
        })
        .take_while(|it| *it < before)
        .collect()
    }

    /// A bucket in words, and in the few that stand under its bar: with the year, where they are of several.
    pub(super) fn words(self, start: NaiveDateTime, of_years: bool) -> (String, String) {
        let (day, month) = (start.date(), || start.format("%b %Y").to_string());
        let tick = if of_years { format::date } else { format::day };
        match self {
            Interval::Hour => {
                (format!("{}, {}", format::date(day), start.format("%H:%M")), start.format("%H:%M").to_string())
            }
            Interval::Day => (format::date(day), tick(day)),
            Interval::Week => (format!("Week of {}", format::date(day)), tick(day)),
            Interval::Month => (month(), month()),
        }
    }

    /// Whether the bucket lies in the range as a whole.
    pub(super) fn is_whole(self, start: NaiveDateTime, range: DateRange) -> bool {
        let last = match self {
            Interval::Hour | Interval::Day => start.date(),
            Interval::Week => start.date() + Days::new(6),
            Interval::Month => (start.date() + Months::new(1)) - Days::new(1),
        };
        range.start() <= start.date() && last <= range.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Result<Question, Unclear> {
        let ask = Ask::parse(query.split('&').filter_map(|it| it.split_once('='))).expect("an ask");
        let range =
            ask.period("2026-11-21".parse().expect("a day"), "2024-02-03".parse().ok()).expect("a period").range;
        Question::of(&ask, range, "m1")
    }

    #[test]
    fn nothing_asked_is_the_usual_metric_by_days() {
        let question = asked("").expect("a question");
        assert_eq!(
            (question.metric.as_str(), question.measure, question.interval),
            ("m1", Measure::Count, Interval::Day)
        );
        assert!(question.is_summed() && question.shape() == Shape::Stacks);
        assert!(!asked("measure=unique").expect("a question").is_summed(), "people are not in the sums");
        assert!(!asked("by=@flow").expect("a question").is_summed());
        assert!(!asked("f1=URL&v1=x").expect("a question").is_summed());
        assert_eq!(asked("range=all").expect("a question").interval, Interval::Month);
        assert_eq!(asked("range=today").expect("a question").interval, Interval::Hour);
    }

    #[test]
    fn a_question_is_read_from_its_address() {
        let question =
            asked("metric_id=m2&measure=average&by=Client Type&top=3&f2=$value&o2=more&v2=10.5&f4=URL&o4=known");
        let question = question.expect("a question");
        assert_eq!((question.by, question.top), (By::Property("Client Type".to_owned()), 3));
        let filters: Vec<_> = question.filters.iter().map(|it| (it.of.as_str(), it.test, it.value.as_str())).collect();
        assert_eq!(filters, [("$value", Test::More, "10.5"), ("URL", Test::Known, "")]);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_by_name() {
        for (query, parameter, words) in [
            ("measure=median", "measure", "count, unique, sum, average"),
            ("by=@colour", "by", "@message"),
            ("interval=year", "interval", "hour, day, week, month"),
            ("range=all&interval=hour", "interval", "too many to draw"),
            ("chart=pie", "chart", "stacks"),
            ("top=0", "top", "1 to 1000"),
            ("top=1001", "top", "1 to 1000"),
            ("range=last-365-days&interval=day&top=1000&by=URL", "top", "too many"),
            ("f1=URL", "v1", "needs a value"),
            ("f1=URL&o1=near&v1=x", "o1", "is-not"),
            ("f1=$value&o1=more&v1=ten", "v1", "no number"),
            ("f1=$value&o1=less&v1=NaN", "v1", "no number"),
        ] {
            let error = asked(query).expect_err(query);
            assert_eq!(error.parameter, parameter, "{query}");
            assert!(error.problem.contains(words), "{query}: {error}");
        }
    }

    #[test]
    fn buckets_follow_one_another_without_a_gap() {
        let range = DateRange::new("2026-01-30".parse().expect("a day"), "2026-03-02".parse().expect("a day"))
            .expect("a range");
        let months = Interval::Month.starts(range);
        assert_eq!(
            months.iter().map(|it| it.date().to_string()).collect::<Vec<_>>(),
            ["2026-01-01", "2026-02-01", "2026-03-01"]
        );
        assert!(!Interval::Month.is_whole(months[0], range) && Interval::Month.is_whole(months[1], range));
        assert_eq!(Interval::Day.starts(range).len(), 32);
        assert_eq!(Interval::Hour.starts(range).len(), 32 * 24);
        assert_eq!(Interval::Week.starts(range)[0].date().to_string(), "2026-01-26", "weeks start on Monday");
    }
}
