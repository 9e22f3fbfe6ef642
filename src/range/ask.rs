use super::{DateRange, EARLIEST, Period, Preset, Unclear};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

/// Rows of a listing, unless the request says how many.
pub const LIMIT_DEFAULT: usize = 50;

/// Most rows of one listing: what a client can take in one bite. Exports stream all.
pub const LIMIT_MAX: usize = 1_000;

/// Longest search text; no name of Klaviyo's is longer.
const SEARCH_MAX: usize = 255;

/// A request's query string, understood: the one vocabulary of pages and API.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ask {
    span: Span,
    /// Whether the request itself names a range, rather than leaving it to the default.
    pub names_range: bool,
    pub compare: Compare,
    pub basis: Basis,
    /// Whether the request itself names a basis: what is usual differs from page to page.
    pub names_basis: bool,
    pub machine: Machine,
    /// The id of the metric whose events are conversions; nothing means the account's own.
    pub metric: Option<String>,
    /// What names must contain, whatever the case.
    pub search: Option<String>,
    /// Only what has this status.
    pub status: Option<String>,
    /// Only what changed since then.
    pub updated_since: Option<Moment>,
    /// Whether what Klaviyo deleted is meant, too.
    pub with_deleted: bool,
    /// Only what this person did.
    pub profile: Option<String>,
    /// Only what went through this channel.
    pub channel: Option<Channel>,
    /// Only what reached so many.
    pub least: u32,
    pub columns: Columns,
    /// What is not of the vocabulary, as it came: pages may have words of their own.
    own: Vec<(String, String)>,
    sort: Option<Sort>,
    pub limit: usize,
    pub offset: usize,
}

/// Which columns of a table are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Columns {
    Usual,
    /// Those that are else only in files, too.
    All,
}

/// A time, or the local day that begins with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moment {
    At(DateTime<Utc>),
    Day(NaiveDate),
}

/// Which days were asked for, before it is known what day it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Span {
    Preset(Preset),
    /// Two days, and the parameter to blame where they cannot be had.
    Days {
        days: DateRange,
        parameter: &'static str,
    },
}

/// What a period is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compare {
    /// As many days just before.
    Previous,
    /// The same weekdays a year before.
    Year,
    None,
}

/// By which day messages are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The day a message was sent, with all that happened to it since.
    Sent,
    /// The day on which something happened.
    Event,
}

impl Basis {
    /// As a request writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Basis::Sent => "sent",
            Basis::Event => "event",
        }
    }
}

/// Whether opens and clicks by machines are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Machine {
    Exclude,
    Include,
}

/// What a message is sent through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    Email,
    Sms,
    Push,
    Whatsapp,
}

impl Channel {
    pub const ALL: &'static [Channel] = &[Channel::Email, Channel::Sms, Channel::Push, Channel::Whatsapp];

    /// As the query string and the views spell it.
    #[must_use]
    pub fn name(self) -> &'static str {
        CHANNELS.iter().find(|(_, it)| *it == self).map_or("", |it| it.0)
    }

    /// As a person calls it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Channel::Email => "Email",
            Channel::Sms => "SMS",
            Channel::Push => "Push",
            Channel::Whatsapp => "WhatsApp",
        }
    }

    /// Every word of views for a channel, with what a person calls it; `unknown` is a channel that nothing tells.
    pub fn words() -> impl Iterator<Item = (&'static str, &'static str)> {
        Self::ALL.iter().map(|it| (it.name(), it.title())).chain([("unknown", "Unknown channel")])
    }

    /// What a person calls the channel that views call so; any other word stays.
    #[must_use]
    pub fn title_of(word: &str) -> &str {
        Self::words().find(|it| it.0 == word).map_or(word, |it| it.1)
    }
}

/// An order of rows, by the name of a field.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Sort {
    pub field: String,
    pub descending: bool,
}

impl Ask {
    /// Understands the decoded pairs of a query string. Of a name given twice the first counts; an empty value is as
    /// good as none, because that is what empty fields of a form send; names that are not of the vocabulary are ignored.
    ///
    /// # Errors
    /// [`Unclear`] names the first parameter whose value is none that it can have.
    pub fn parse<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Ask, Unclear> {
        let pairs: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.trim().is_empty()).collect();
        let one = |name| pairs.iter().find(|(it, _)| *it == name).map(|(_, value)| value.trim());
        Ok(Ask {
            span: span(one)?,
            names_range: one("range").or_else(|| one("dateRange")).is_some(),
            compare: choice("compare", one("compare"), COMPARISONS)?,
            basis: choice("basis", one("basis"), BASES)?,
            names_basis: one("basis").is_some(),
            machine: choice("machine", one("machine"), MACHINES)?,
            metric: one("metric").map(str::to_owned),
            search: search(one)?,
            status: one("status").map(str::to_owned),
            updated_since: one("updatedSince").map(|it| moment("updatedSince", it)).transpose()?,
            with_deleted: choice("deleted", one("deleted"), DELETED)?,
            profile: one("profile").map(str::to_owned),
            channel: one("channel").map(|it| choice("channel", Some(it), CHANNELS)).transpose()?,
            least: number("min", one("min"), 0, 0..=1_000_000_000)?.try_into().unwrap_or(u32::MAX),
            columns: choice("columns", one("columns"), COLUMNS)?,
            own: own(&pairs),
            sort: one("sort").map(Sort::parse),
            limit: number("limit", one("limit"), LIMIT_DEFAULT, 1..=LIMIT_MAX)?,
            offset: number("offset", one("offset"), 0, 0..=1_000_000_000)?,
        })
    }

    /// The days that this means when it is `today`, and what they are compared with. `first` is the first day of which
    /// anything is stored. A range that ends in the future is cut to today.
    ///
    /// # Errors
    /// [`Unclear`] where the range begins in the future.
    pub fn period(&self, today: NaiveDate, first: Option<NaiveDate>) -> Result<Period, Unclear> {
        let range = self.span.days(today, first)?;
        let whole = self.span == Span::Preset(Preset::All);
        let compared = match self.compare {
            // Nothing lies before all that there is.
            _ if whole => None,
            Compare::Previous => Some(range.previous()),
            Compare::Year => Some(range.year_before()),
            Compare::None => None,
        };
        Ok(Period {
            range,
            compared,
            name: self.span.name(range),
            label: self.span.label(range),
            compare: self.compare,
            basis: self.basis,
            machine: self.machine,
            incomplete: range.contains(today),
            earlier: Some(range.previous()).filter(|it| !whole && EARLIEST <= it.start()).map(|it| it.to_string()),
            reach: None,
            later: Some(range.next()).filter(|it| it.start() <= today).map(|it| it.to_string()),
        })
    }

    /// The same, about all days unless the request itself names a range.
    #[must_use]
    pub fn or_all(self) -> Ask {
        if self.names_range { self } else { Ask { span: Span::Preset(Preset::All), ..self } }
    }

    /// The value of a word that only some page knows; of a name given twice the first.
    #[must_use]
    pub fn own(&self, name: &str) -> Option<&str> {
        self.own.iter().find(|it| it.0 == name).map(|it| it.1.as_str())
    }

    /// Every value of such a word, in their order: fields of a form may share a name.
    pub fn all_own<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.own.iter().filter(move |it| it.0 == name).map(|it| it.1.as_str())
    }

    /// Whether what did nothing in the range is listed, too; nothing where the request does not say.
    ///
    /// # Errors
    /// [`Unclear`] where it says neither.
    pub fn with_idle(&self) -> Result<Option<bool>, Unclear> {
        match self.own("activity") {
            None => Ok(None),
            Some("range") => Ok(Some(false)),
            Some("any") => Ok(Some(true)),
            Some(other) => Err(unclear("activity", format!("“{other}” is not one of range, any"))),
        }
    }

    /// The order that was asked for, of the fields that the listing has.
    ///
    /// # Errors
    /// [`Unclear`] where it has no such field.
    pub fn sort(&self, fields: &[&str]) -> Result<Option<&Sort>, Unclear> {
        match &self.sort {
            Some(sort) if !fields.contains(&sort.field.as_str()) => {
                Err(unclear("sort", format!("“{}” is not one of {}", sort.field, fields.join(", "))))
            }
            sort => Ok(sort.as_ref()),
        }
    }
}

/// What an empty query string means.
impl Default for Ask {
    fn default() -> Ask {
        Ask {
            span: Span::Preset(Preset::Last30Days),
            names_range: false,
            compare: Compare::Previous,
            basis: Basis::Sent,
            names_basis: false,
            machine: Machine::Exclude,
            metric: None,
            search: None,
            status: None,
            updated_since: None,
            with_deleted: false,
            profile: None,
            channel: None,
            least: 0,
            columns: Columns::Usual,
            own: Vec::new(),
            sort: None,
            limit: LIMIT_DEFAULT,
            offset: 0,
        }
    }
}

impl Span {
    fn days(self, today: NaiveDate, first: Option<NaiveDate>) -> Result<DateRange, Unclear> {
        match self {
            Span::Preset(preset) => Ok(preset.days(today, first)),
            Span::Days { days, parameter } => DateRange::new(days.start(), days.end().min(today))
                .ok_or_else(|| unclear(parameter, "a date range cannot include future dates only".to_owned())),
        }
    }

    /// How a query string spells it; two days as they were cut.
    fn name(self, range: DateRange) -> String {
        match self {
            Span::Preset(preset) => preset.name().to_owned(),
            Span::Days { .. } => range.to_string(),
        }
    }

    fn label(self, range: DateRange) -> String {
        let day = |it: NaiveDate| it.format("%-d %b %Y").to_string();
        match self {
            Span::Preset(preset) => preset.label().to_owned(),
            Span::Days { .. } if range.start() == range.end() => day(range.start()),
            Span::Days { .. } => format!("{} – {}", day(range.start()), day(range.end())),
        }
    }
}

impl Sort {
    fn parse(text: &str) -> Sort {
        match text.strip_prefix('-') {
            Some(field) => Sort { field: field.to_owned(), descending: true },
            None => Sort { field: text.to_owned(), descending: false },
        }
    }
}

/// Written as the query string takes it: `-revenue`.
impl std::fmt::Display for Sort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", if self.descending { "-" } else { "" }, self.field)
    }
}

const COMPARISONS: &[(&str, Compare)] =
    &[("previous", Compare::Previous), ("year", Compare::Year), ("none", Compare::None)];
const BASES: &[(&str, Basis)] = &[("sent", Basis::Sent), ("event", Basis::Event)];
const COLUMNS: &[(&str, Columns)] = &[("usual", Columns::Usual), ("all", Columns::All)];
const DELETED: &[(&str, bool)] = &[("exclude", false), ("include", true)];
const CHANNELS: &[(&str, Channel)] =
    &[("email", Channel::Email), ("sms", Channel::Sms), ("push", Channel::Push), ("whatsapp", Channel::Whatsapp)];

/// What every page understands, and so what a way from one to another carries along.
pub const SHARED: &[&str] = &["range", "dateRange", "compare", "basis", "machine", "metric", "channel"];

/// What is said of a table that an address is about.
pub const OF_TABLES: &[&str] = &["q", "search", "min", "columns", "sort", "limit", "offset"];

/// What is said of a file besides: which one it is of, where its page is about one thing.
pub const OF_FILES: &[&str] = &["id"];

/// What [`Ask::parse`] understands besides, which listings of the API take.
const OF_LISTINGS: &[&str] = &["status", "updatedSince", "deleted", "profile"];

/// Whether a request can say it once only; words of one page may stand several times, as fields of a form do.
#[must_use]
pub fn has_one_value(name: &str) -> bool {
    [SHARED, OF_TABLES, OF_FILES, OF_LISTINGS].iter().any(|it| it.contains(&name))
}

const MACHINES: &[(&str, Machine)] = &[("exclude", Machine::Exclude), ("include", Machine::Include)];

fn unclear(parameter: &'static str, problem: String) -> Unclear {
    Unclear { parameter, problem }
}

/// Pairs that are not of the vocabulary, by name; those of one name keep their order.
fn own(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = pairs.iter().filter(|(name, _)| !has_one_value(name));
    let mut own: Vec<_> = pairs.map(|(name, value)| ((*name).to_owned(), value.trim().to_owned())).collect();
    own.sort_by(|a, b| a.0.cmp(&b.0));
    own
}

/// `range`, or `dateRange` as the API has always called it.
fn span<'a>(one: impl Fn(&'static str) -> Option<&'a str>) -> Result<Span, Unclear> {
    if let (Some(range), Some(other)) = (one("range"), one("dateRange"))
        && range != other
    {
        return Err(unclear("dateRange", "says other days than `range`; one of the two is enough".to_owned()));
    }
    let given = ["range", "dateRange"].into_iter().find_map(|it| one(it).map(|text| (it, text)));
    match given {
        None => Ok(Ask::default().span),
        Some((parameter, text)) => match Preset::named(text) {
            Some(preset) => Ok(Span::Preset(preset)),
            None => two_days(parameter, text),
        },
    }
}

fn two_days(parameter: &'static str, text: &str) -> Result<Span, Unclear> {
    let Some((start, end)) = text.split_once("_to_").or_else(|| text.split_once(',')) else {
        let presets: Vec<_> = Preset::ALL.iter().map(|it| it.name()).collect();
        let expected = presets.join(", ");
        return Err(unclear(
            parameter,
            format!("“{text}” is neither YYYY-MM-DD_to_YYYY-MM-DD nor a predefined range ({expected})"),
        ));
    };
    days(parameter, day(parameter, start)?, day(parameter, end)?)
}

fn days(parameter: &'static str, start: NaiveDate, end: NaiveDate) -> Result<Span, Unclear> {
    if start < EARLIEST {
        return Err(unclear(parameter, format!("a date range cannot begin before {EARLIEST}")));
    }
    match DateRange::new(start, end) {
        Some(days) => Ok(Span::Days { days, parameter }),
        None => Err(unclear(parameter, format!("the date range ends on {end}, before it starts on {start}"))),
    }
}

/// A day in exactly the form of ISO 8601, which alone is never mistaken.
fn day(parameter: &'static str, text: &str) -> Result<NaiveDate, Unclear> {
    Some(text)
        .filter(|it| it.len() == "YYYY-MM-DD".len())
        .and_then(|it| it.parse().ok())
        .ok_or_else(|| unclear(parameter, format!("“{text}” is not a day in the form YYYY-MM-DD")))
}

/// A time in RFC 3339, or a day.
fn moment(parameter: &'static str, text: &str) -> Result<Moment, Unclear> {
    let time = DateTime::parse_from_rfc3339(text).map(|it| Moment::At(it.to_utc()));
    time.or_else(|_| day(parameter, text).map(Moment::Day)).map_err(|_: Unclear| {
        unclear(parameter, format!("“{text}” is neither a time in RFC 3339 nor a day in the form YYYY-MM-DD"))
    })
}

/// The value that a word stands for; without a word the first.
fn choice<T: Copy>(parameter: &'static str, text: Option<&str>, values: &[(&str, T)]) -> Result<T, Unclear> {
    let Some(text) = text else { return Ok(values[0].1) };
    values.iter().find(|(name, _)| *name == text).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<_> = values.iter().map(|(name, _)| *name).collect();
        unclear(parameter, format!("“{text}” is not one of {}", names.join(", ")))
    })
}

fn number(
    parameter: &'static str,
    text: Option<&str>,
    default: usize,
    bounds: std::ops::RangeInclusive<usize>,
) -> Result<usize, Unclear> {
    let Some(text) = text else { return Ok(default) };
    text.parse().ok().filter(|it| bounds.contains(it)).ok_or_else(|| {
        let (least, most) = bounds.into_inner();
        let bounds = if most == usize::MAX { format!("from {least}") } else { format!("from {least} to {most}") };
        unclear(parameter, format!("“{text}” is not a whole number {bounds}"))
    })
}

/// `q`, or `search` as the API also calls it.
fn search<'a>(one: impl Fn(&'static str) -> Option<&'a str>) -> Result<Option<String>, Unclear> {
    let Some((parameter, text)) = ["q", "search"].into_iter().find_map(|it| one(it).map(|text| (it, text))) else {
        return Ok(None);
    };
    if text.chars().count() > SEARCH_MAX {
        return Err(unclear(parameter, format!("a search text cannot be longer than {SEARCH_MAX} characters")));
    }
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        "2026-11-21".parse().expect("a day")
    }

    fn ask(query: &str) -> Result<Ask, Unclear> {
        Ask::parse(query.split('&').filter_map(|it| it.split_once('=')))
    }

    fn period(query: &str) -> Result<Period, Unclear> {
        ask(query)?.period(today(), Some("2024-02-03".parse().expect("a day")))
    }

    #[test]
    fn nothing_asked_is_the_last_thirty_days_against_those_before() {
        let period = period("").expect("a period");
        assert_eq!(period.range.to_string(), "2026-10-23_to_2026-11-21");
        assert_eq!(period.compared.expect("a comparison").to_string(), "2026-09-23_to_2026-10-22");
        assert_eq!((period.name.as_str(), period.incomplete), ("last-30-days", true));
        assert_eq!((period.shift(), period.since().to_string()), (Some(30), "2026-09-23".to_owned()));
        assert_eq!((period.earlier.as_deref(), period.later), (Some("2026-09-23_to_2026-10-22"), None));
        assert_eq!(ask(""), Ok(Ask::default()));
    }

    #[test]
    fn a_range_can_be_written_in_all_its_ways() {
        for query in [
            "range=2023-12-25_to_2024-01-05",
            "range=2023-12-25,2024-01-05",
            "dateRange=2023-12-25_to_2024-01-05",
            "dateRange=2023-12-25,2024-01-05",
            "range=2023-12-25,2024-01-05&dateRange=2023-12-25,2024-01-05",
            "range=&dateRange=2023-12-25,2024-01-05",
            "unknown=1&range=2023-12-25,2024-01-05&range=today",
        ] {
            let period = period(query).expect(query);
            assert_eq!(period.range.to_string(), "2023-12-25_to_2024-01-05", "{query}");
            assert_eq!((period.name.as_str(), period.incomplete), ("2023-12-25_to_2024-01-05", false), "{query}");
            assert_eq!(period.label, "25 Dec 2023 – 5 Jan 2024", "{query}");
        }
        assert_eq!(period("range=2024-01-01_to_2024-01-01").expect("one day").label, "1 Jan 2024");
    }

    #[test]
    fn what_cannot_be_meant_is_refused_by_name() {
        for (query, parameter, problem) in [
            ("range=2023-12-25,2024-01-05&dateRange=today", "dateRange", "other days than `range`"),
            ("dateRange=garbage", "dateRange", "predefined range"),
            ("range=last-8-days", "range", "predefined range"),
            ("range=2024-1-1,2024-01-05", "range", "YYYY-MM-DD"),
            ("range=2023-02-29,2023-03-01", "range", "2023-02-29"),
            ("range=2024-01-05_to_2024-01-01", "range", "before it starts"),
            ("dateRange=2026-11-22,2026-11-30", "dateRange", "cannot include future dates"),
            ("range=1989-12-31,2024-01-01", "range", "1990"),
            ("compare=last", "compare", "previous, year, none"),
            ("basis=both", "basis", "sent, event"),
            ("machine=yes", "machine", "exclude, include"),
            ("limit=0", "limit", "from 1 to 1000"),
            ("limit=1001", "limit", "from 1 to 1000"),
            ("limit=ten", "limit", "“ten”"),
            ("offset=-1", "offset", "from 0"),
            ("updatedSince=yesterday", "updatedSince", "RFC 3339"),
            ("deleted=yes", "deleted", "exclude, include"),
        ] {
            let error = period(query).expect_err(query);
            assert_eq!(error.parameter, parameter, "{query}");
            assert!(error.to_string().contains(problem), "{query}: {error}");
        }
    }

    #[test]
    fn a_range_that_ends_in_the_future_is_cut_to_today() {
        let period = period("range=2026-11-20,2027-01-01").expect("a period");
        assert_eq!(period.range.to_string(), "2026-11-20_to_2026-11-21");
        assert_eq!((period.name.as_str(), period.incomplete), ("2026-11-20_to_2026-11-21", true));
    }

    #[test]
    fn a_comparison_is_what_was_asked_for() {
        for (query, compared) in [
            ("range=yesterday&compare=previous", Some("2026-11-19_to_2026-11-19")),
            ("range=yesterday&compare=year", Some("2025-11-21_to_2025-11-21")),
            ("range=yesterday&compare=none", None),
            // Nothing lies before all that there is.
            ("range=all", None),
        ] {
            assert_eq!(period(query).expect(query).compared.map(|it| it.to_string()).as_deref(), compared, "{query}");
        }
        assert_eq!(period("range=all").expect("all").range.to_string(), "2024-02-03_to_2026-11-21");
    }

    #[test]
    fn the_arrows_stop_at_today() {
        let arrows = |query| period(query).map(|it| (it.earlier, it.later)).expect(query);
        let (earlier, later) = arrows("range=last-month");
        assert_eq!(earlier.as_deref(), Some("2026-08-31_to_2026-09-30"));
        assert_eq!(later.as_deref(), Some("2026-11-01_to_2026-12-01"));
        assert_eq!(arrows("range=all"), (None, None));
    }

    #[test]
    fn what_changed_since_is_a_time_or_a_day() {
        let since = |text| ask(&format!("updatedSince={text}")).map(|it| it.updated_since);
        let time = "2026-03-01T10:00:00Z".parse().expect("a time");
        assert_eq!(since("2026-03-01T12:00:00+02:00"), Ok(Some(Moment::At(time))));
        assert_eq!(since("2026-03-01"), Ok(Some(Moment::Day("2026-03-01".parse().expect("a day")))));
    }

    #[test]
    fn a_channel_is_called_as_people_call_it() {
        let called = ["email", "sms", "push", "whatsapp", "unknown", "fax"].map(Channel::title_of);
        assert_eq!(called, ["Email", "SMS", "Push", "WhatsApp", "Unknown channel", "fax"]);
    }

    #[test]
    fn rows_can_be_searched_sorted_and_paged() {
        let ask = ask("search=Sale&sort=-revenue&limit=1000&offset=2000").expect("an ask");
        assert_eq!(ask.search.as_deref(), Some("Sale"));
        assert_eq!((ask.limit, ask.offset), (1000, 2000));
        let sort = Sort { field: "revenue".to_owned(), descending: true };
        assert_eq!(ask.sort(&["name", "revenue"]), Ok(Some(&sort)));
        let error = ask.sort(&["name", "sent"]).expect_err("no such field");
        assert_eq!(error.to_string(), "sort: “revenue” is not one of name, sent");
    }
}
