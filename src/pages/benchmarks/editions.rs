//! Published averages: which there are, where they come from, what a rate is beside them, and a file of one's own in place
//! of ours.
//!
//! What is shipped and what a person writes have one form and one reading; `editions.toml` says it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::SystemTime;

use figment::providers::{Format, Toml};
use figment::value::Value;
use figment::{Error, Figment};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::pages::view::Badge;

const SHIPPED: &str = include_str!("editions.toml");

/// A file of this name in the data directory is read, too.
const FILE: &str = "benchmarks.toml";

/// A rate below this part of the average is poor; up to the average it is fair, up to the best tenth good.
pub const FAIR_FROM: f64 = 0.6;

/// Measures that have benchmarks, as definitions name them; the last is money.
pub const MEASURES: &[&str] = &["open_rate", "click_rate", "conversion_rate", MONEY];
pub const MONEY: &str = "revenue_per_recipient";

const CHANNELS: &[&str] = &["email", "sms", "push", "whatsapp"];

/// Who published what, and when.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Edition {
    /// In addresses: `klaviyo-2026`.
    pub name: String,
    pub title: String,
    pub year: u16,
    pub source: String,
    #[serde(skip)]
    values: Vec<Stated>,
}

/// One published figure.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stated {
    pub kind: Kind,
    #[serde(default = "email")]
    pub channel: String,
    pub metric: String,
    pub average: Option<f64>,
    /// What the best tenth reaches.
    pub top: Option<f64>,
    /// ISO 4217, of money.
    pub currency: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Campaign,
    Flow,
}

/// All editions there are, and what is wrong with the file of one's own.
#[derive(Debug, Clone)]
pub struct Benchmarks {
    pub editions: Vec<Edition>,
    pub problem: Option<Problem>,
}

/// Why a file is not used: the shipped editions count then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub file: String,
    /// From 1.
    pub line: usize,
    pub words: String,
}

/// How a rate stands beside a published figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Poor,
    Fair,
    Good,
    Excellent,
}

impl Kind {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Campaign => "campaign",
            Kind::Flow => "flow",
        }
    }
}

impl Standing {
    pub const ALL: [Standing; 4] = [Standing::Poor, Standing::Fair, Standing::Good, Standing::Excellent];

    #[must_use]
    pub fn badge(self, edition: &Edition) -> Badge {
        let why = format!("beside {}: {BANDS}", edition.title);
        Badge { tone: self.tone(), word: self.word().to_owned(), why }
    }

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Standing::Poor => "Poor",
            Standing::Fair => "Fair",
            Standing::Good => "Good",
            Standing::Excellent => "Excellent",
        }
    }

    fn tone(self) -> &'static str {
        match self {
            Standing::Poor => "bad",
            Standing::Fair => "poor",
            Standing::Good | Standing::Excellent => "good",
        }
    }
}

impl Stated {
    /// Where `value` stands; nothing where the figure does not reach so far: without an average only the best are told.
    #[must_use]
    pub fn standing(&self, value: f64) -> Option<Standing> {
        match (self.average, self.top) {
            (_, Some(top)) if value >= top => Some(Standing::Excellent),
            (Some(average), _) if value >= average => Some(Standing::Good),
            (Some(average), _) if value >= FAIR_FROM * average => Some(Standing::Fair),
            (Some(_), _) => Some(Standing::Poor),
            (None, _) => None,
        }
    }
}

impl Edition {
    /// The published figure; of money only where it is in the account's currency.
    #[must_use]
    pub fn stated(&self, kind: Kind, channel: &str, metric: &str, currency: &str) -> Option<&Stated> {
        let alike = |it: &&Stated| it.kind == kind && it.channel == channel && it.metric == metric;
        self.values.iter().find(alike).filter(|it| it.currency.as_deref().is_none_or(|it| it == currency))
    }

    /// Whether it states amounts, and in another currency.
    #[must_use]
    pub fn is_foreign(&self, currency: &str) -> bool {
        self.values.iter().filter_map(|it| it.currency.as_deref()).any(|it| it != currency)
    }

    /// How a rate of e-mail stands, in a word.
    #[must_use]
    pub fn badge(&self, kind: Kind, metric: &str, value: Option<f64>, currency: &str) -> Option<Badge> {
        Some(self.stated(kind, "email", metric, currency)?.standing(value?)?.badge(self))
    }
}

/// How badges are given.
pub const BANDS: &str = "poor below 60% of the average, fair up to the average, good up to what the best tenth reaches, excellent from there on";

impl Benchmarks {
    /// The edition of that name; without one the first.
    #[must_use]
    pub fn edition(&self, name: Option<&str>) -> Option<&Edition> {
        match name {
            Some(name) => self.editions.iter().find(|it| it.name == name),
            None => self.editions.first(),
        }
    }

    fn shipped() -> Benchmarks {
        static EDITIONS: LazyLock<Vec<Edition>> =
            LazyLock::new(|| read(SHIPPED).expect("a test reads what is shipped"));
        Benchmarks { editions: EDITIONS.clone(), problem: None }
    }

    /// The shipped editions with those of `text`, which come first.
    fn with(text: &str, file: String) -> Benchmarks {
        let shipped = Benchmarks::shipped();
        match read(text) {
            Ok(mut editions) => {
                let others = shipped.editions.into_iter().filter(|it| editions.iter().all(|own| own.name != it.name));
                let others: Vec<Edition> = others.collect();
                editions.extend(others);
                Benchmarks { editions, problem: None }
            }
            Err((line, words)) => Benchmarks { problem: Some(Problem { file, line, words }), ..shipped },
        }
    }
}

/// The editions as the data directory has them: the file is looked at again whenever it changed.
#[derive(Debug, Default)]
pub struct Shelf {
    path: Option<PathBuf>,
    last: Mutex<Option<(Mark, Arc<Benchmarks>)>>,
}

/// What tells whether a file changed.
type Mark = Option<(u64, Option<SystemTime>)>;

impl Shelf {
    #[must_use]
    pub fn of(data_dir: &Path) -> Shelf {
        Shelf { path: Some(data_dir.join(FILE)), last: Mutex::default() }
    }

    /// What there is now, and whether it is other than at the look before.
    #[must_use]
    pub fn look(&self) -> (Arc<Benchmarks>, bool) {
        let about = self.path.as_ref().and_then(|it| std::fs::metadata(it).ok());
        let mark: Mark = about.map(|it| (it.len(), it.modified().ok()));
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, kept)) = last.as_ref().filter(|it| it.0 == mark) {
            return (Arc::clone(kept), false);
        }
        let text = mark.and_then(|_| std::fs::read_to_string(self.path.as_ref()?).ok());
        let fresh = Arc::new(text.map_or_else(Benchmarks::shipped, |it| Benchmarks::with(&it, FILE.to_owned())));
        let is_first = last.is_none();
        *last = Some((mark, Arc::clone(&fresh)));
        (fresh, !is_first)
    }
}

fn email() -> String {
    "email".to_owned()
}

/// An edition as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    title: String,
    year: u16,
    source: String,
    values: Vec<Value>,
}

/// The editions of a text; else the line that is wrong, from 1, and why.
fn read(text: &str) -> Result<Vec<Edition>, (usize, String)> {
    let said = |error: &Error| error.kind.to_string();
    let figment = Figment::from(Toml::string(text));
    let tables: std::collections::BTreeMap<String, Value> = figment.extract().map_err(|error| syntax(&error))?;
    if let Some(other) = tables.keys().find(|it| *it != "edition") {
        return Err((line_of(text, other), format!("“{other}” is not “edition”")));
    }
    let written: Vec<Value> = match tables.get("edition") {
        Some(it) => it.deserialize().map_err(|error| (1, said(&error)))?,
        None => return Err((1, "there is no [[edition]]".to_owned())),
    };
    let mut editions: Vec<Edition> = Vec::new();
    for (place, value) in written.iter().enumerate() {
        let lines = lines_of(text, place);
        let written: Written = value.deserialize().map_err(|error| (lines.head, said(&error)))?;
        let edition = edition(written, &lines)?;
        if editions.iter().any(|it| it.name == edition.name) {
            return Err((lines.head, format!("there is an edition “{}” already", edition.name)));
        }
        editions.push(edition);
    }
    Ok(editions)
}

fn edition(written: Written, lines: &Lines) -> Result<Edition, (usize, String)> {
    let wrong = |words: &str| Err((lines.head, words.to_owned()));
    let is_plain = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
    if written.name.is_empty() || !written.name.chars().all(is_plain) {
        return wrong("name: an edition is named by small letters, digits and hyphens, as addresses have it");
    }
    if written.title.trim().is_empty() || written.source.trim().is_empty() {
        return wrong("title and source: a benchmark without them cannot be trusted");
    }
    if !(2000..=2100).contains(&written.year) {
        return wrong("year: from 2000 to 2100");
    }
    let mut values: Vec<Stated> = Vec::new();
    for (place, value) in written.values.iter().enumerate() {
        let line = lines.values.get(place).copied().unwrap_or(lines.head);
        let stated: Stated = value.deserialize().map_err(|error: Error| (line, error.kind.to_string()))?;
        check(&stated).map_err(|words| (line, words))?;
        if values.iter().any(|it| (it.kind, &it.channel, &it.metric) == (stated.kind, &stated.channel, &stated.metric))
        {
            return Err((line, "the same figure is stated twice".to_owned()));
        }
        values.push(stated);
    }
    let Written { name, title, year, source, .. } = written;
    Ok(Edition { name, title, year, source, values })
}

fn check(stated: &Stated) -> Result<(), String> {
    let (metric, is_money) = (stated.metric.as_str(), stated.metric == MONEY);
    if !MEASURES.contains(&metric) {
        return Err(format!("metric: “{metric}” is not one of {}", MEASURES.join(", ")));
    }
    if !CHANNELS.contains(&stated.channel.as_str()) {
        return Err(format!("channel: “{}” is not one of {}", stated.channel, CHANNELS.join(", ")));
    }
    let figures: Vec<f64> = [stated.average, stated.top].into_iter().flatten().collect();
    if figures.is_empty() {
        return Err("a figure has an average, a top, or both".to_owned());
    }
    if figures.iter().any(|it| !(0.0..).contains(it) || !is_money && *it > 1.0) {
        return Err("average and top: rates are fractions from 0 to 1, 1.69% is 0.0169".to_owned());
    }
    if stated.average.zip(stated.top).is_some_and(|(average, top)| top < average) {
        return Err("top: the best tenth is not below the average".to_owned());
    }
    let is_code = |it: &String| it.len() == 3 && it.bytes().all(|it| it.is_ascii_uppercase());
    match &stated.currency {
        Some(it) if is_money && is_code(it) => Ok(()),
        Some(_) if is_money => Err("currency: three capital letters, such as USD".to_owned()),
        Some(_) => Err("currency: a rate has none".to_owned()),
        None if is_money => Err("currency: an amount has one".to_owned()),
        None => Ok(()),
    }
}

/// Where an edition stands in its text: its heading, and the lines of its values where each has one of its own.
struct Lines {
    head: usize,
    values: Vec<usize>,
}

fn lines_of(text: &str, place: usize) -> Lines {
    let is_head = |it: &str| it.trim().replace(' ', "").starts_with("[[edition]]");
    let heads: Vec<usize> = text.lines().enumerate().filter(|it| is_head(it.1)).map(|it| it.0).collect();
    let head = heads.get(place).copied().unwrap_or_default();
    let end = heads.get(place + 1).copied().unwrap_or(usize::MAX);
    let within = text.lines().enumerate().skip(head).take_while(|it| it.0 < end);
    let values = within.filter(|it| it.1.trim().starts_with('{')).map(|it| it.0 + 1);
    Lines { head: head + 1, values: values.collect() }
}

/// The first line that begins with `key`.
fn line_of(text: &str, key: &str) -> usize {
    let begins = |it: &str| it.trim_start_matches(['[', ' ']).starts_with(key);
    text.lines().position(begins).map_or(1, |it| it + 1)
}

/// What the parser says: "TOML parse error at line 3, column 7", a drawing, and in the last line what is wrong.
fn syntax(error: &Error) -> (usize, String) {
    let text = error.kind.to_string();
    let digits = |rest: &str| rest.chars().take_while(char::is_ascii_digit).collect::<String>();
    let line = text.split_once("line ").and_then(|it| digits(it.1).parse().ok()).unwrap_or(1);
    let words = text.lines().map(str::trim).rfind(|it| !it.is_empty()).unwrap_or("it cannot be read");
    (line, words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = r#"
[[edition]]
name = "own"
title = "Our peers"
year = 2025
source = "a round table"
values = [
  { kind = "campaign", metric = "click_rate", average = 0.02, top = 0.05 },
  { kind = "campaign", channel = "sms", metric = "revenue_per_recipient", average = 0.5, currency = "EUR" },
]
"#;

    #[test]
    fn what_is_shipped_can_be_read() {
        let editions = read(SHIPPED).expect("editions");
        assert_eq!(editions[0].name, "klaviyo-2026");
        assert!(editions.iter().all(|it| !it.values.is_empty()));
        let stated = editions[0].stated(Kind::Campaign, "email", "click_rate", "USD").expect("a figure");
        assert_eq!((stated.average, stated.top), (Some(0.0169), Some(0.0338)));
    }

    #[test]
    fn a_rate_stands_where_the_bands_say() {
        let stated = |average, top| Stated {
            kind: Kind::Flow,
            channel: email(),
            metric: "click_rate".to_owned(),
            average,
            top,
            currency: None,
        };
        for (value, standing) in [
            (0.0, Standing::Poor),
            (0.0599, Standing::Poor),
            (0.06, Standing::Fair),
            (0.0999, Standing::Fair),
            (0.1, Standing::Good),
            (0.1999, Standing::Good),
            (0.2, Standing::Excellent),
        ] {
            assert_eq!(stated(Some(0.1), Some(0.2)).standing(value), Some(standing), "{value}");
        }
        assert_eq!(stated(Some(0.1), None).standing(9.0), Some(Standing::Good), "the best tenth is not known");
        assert_eq!(stated(None, Some(0.2)).standing(0.1), None);
        assert_eq!(stated(None, Some(0.2)).standing(0.3), Some(Standing::Excellent));
    }

    #[test]
    fn ones_own_editions_come_first() {
        let both = Benchmarks::with(OWN, FILE.to_owned());
        assert_eq!((both.problem.clone(), both.editions[0].name.as_str()), (None, "own"));
        assert_eq!(both.editions.len(), Benchmarks::shipped().editions.len() + 1);
        let own = both.edition(None).expect("an edition");
        assert!(own.stated(Kind::Campaign, "sms", MONEY, "USD").is_none(), "euros are no dollars");
        assert!(own.is_foreign("USD") && !own.is_foreign("EUR"));
        let again = Benchmarks::with(&OWN.replace("\"own\"", "\"klaviyo-2026\""), FILE.to_owned());
        assert_eq!(again.editions.len(), Benchmarks::shipped().editions.len(), "one of the same name takes its place");
    }

    #[test]
    fn a_mistake_is_told_with_its_line() {
        for (from, to, line, words) in [
            ("name = \"own\"", "name = own", 3, ""),
            ("\"own\"", "\"Our own\"", 2, "name"),
            ("year = 2025", "year = 25", 2, "year"),
            ("a round table", " ", 2, "source"),
            ("title", "titel", 2, "titel"),
            ("average = 0.02", "average = 2", 8, "fractions"),
            ("top = 0.05", "top = 0.01", 8, "not below"),
            ("click_rate", "clicks", 8, "clicks"),
            ("kind = \"campaign\", channel", "kind = \"letter\", channel", 9, "letter"),
            ("sms", "fax", 9, "fax"),
            (", currency = \"EUR\"", "", 9, "currency"),
            ("[[edition]]", "[[editions]]", 2, "editions"),
            ("average = 0.5, ", "", 9, "average"),
        ] {
            let wrong = Benchmarks::with(&OWN.replacen(from, to, 1), FILE.to_owned());
            let problem = wrong.problem.unwrap_or_else(|| panic!("{to} is accepted"));
            assert_eq!(problem.line, line, "{to}: {problem:?}");
            assert!(problem.words.contains(words), "{to}: {problem:?}");
            assert_eq!(wrong.editions.len(), Benchmarks::shipped().editions.len(), "{to}");
        }
    }

    #[test]
    fn a_changed_file_is_read_again() {
        let directory = tempfile::tempdir().expect("a directory");
        let shelf = Shelf::of(directory.path());
        assert_eq!(shelf.look().0.editions[0].name, "klaviyo-2026");
        assert!(!shelf.look().1);
        std::fs::write(directory.path().join(FILE), OWN).expect("a file");
        let (fresh, changed) = shelf.look();
        assert!(changed && fresh.editions[0].name == "own");
        assert!(!shelf.look().1, "once is enough");
        std::fs::remove_file(directory.path().join(FILE)).expect("gone");
        assert!(shelf.look().1);
    }
}
