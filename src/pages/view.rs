//! What a page says, before it is drawn: figures, charts, tables and the words around them. One template draws it, and
//! the JSON twin is the same as it stands.

pub mod chart;

use serde::Serialize;
use utoipa::ToSchema;

use super::definitions::{self, Definition};
use super::overview::Figure;
use super::sheet::{Table, Unit};
pub use chart::{Chart, Mark, Shape};

/// A page.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct View {
    pub title: String,
    /// One sentence under the title.
    pub lead: String,
    /// Where the thing that the page is about is listed.
    pub parent: Option<Link>,
    pub cards: Vec<Card>,
    pub blocks: Vec<Block>,
    /// Whether it is about all days, so that no others can be chosen.
    pub is_of_all_days: bool,
    /// Whether nothing on it is compared with earlier days, so that none can be chosen for that.
    pub is_uncompared: bool,
    /// That a channel is asked for, to which the page cannot be narrowed; empty otherwise.
    pub all_channels: String,
    /// What the numbers count and what they leave out.
    pub notes: Vec<String>,
    /// What only this page's own template draws.
    #[schema(value_type = Object)]
    pub more: serde_json::Map<String, serde_json::Value>,
    /// What all amounts are in, ISO 4217.
    pub currency: String,
    pub events_stored: i64,
    /// From this local day on every event is copied, where that is later than the first day that the page needs.
    pub complete_from: Option<chrono::NaiveDate>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Link {
    pub title: String,
    /// Within this server.
    pub path: String,
}

/// A key figure.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    pub name: &'static str,
    pub title: String,
    pub unit: Unit,
    #[serde(flatten)]
    pub figure: Figure,
    /// What stands under it, in words.
    pub detail: String,
    /// The verdict of a threshold or benchmark.
    pub badge: Option<Badge>,
    pub definition: Option<Definition>,
}

/// A judgement in a word, with why.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Badge {
    /// `good`, `poor`, `bad` or `neutral`.
    pub tone: &'static str,
    pub word: String,
    pub why: String,
}

/// How many a rate has to be of to be worth a verdict: of fewer it is mostly chance.
pub const JUDGED_LEAST: u32 = 100;

/// Whether a rate of so many is worth a verdict.
#[must_use]
pub fn is_judged(sample: f64) -> bool {
    sample >= f64::from(JUDGED_LEAST)
}

/// A part of the page with a heading.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Block {
    /// As its anchor is named.
    pub name: &'static str,
    pub title: String,
    pub subtitle: String,
    pub width: Width,
    pub content: Content,
    pub definition: Option<Definition>,
    /// The file that holds what it shows, without its ending; none where there is none.
    pub file: Option<&'static str>,
    /// Where all of it is, of which it shows the first.
    pub all: Option<Link>,
    /// Small print under it.
    pub hint: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Width {
    Third,
    Half,
    TwoThirds,
    #[default]
    Full,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Content {
    Table(Table),
    Chart(Chart),
    Bars(Bars),
    Heat(Heat),
    Funnel(Funnel),
    Facts {
        facts: Vec<Fact>,
    },
    Words {
        words: Vec<String>,
    },
    Preview(Preview),
    Path(Path),
    /// Key figures, small, side by side.
    Strip {
        cards: Vec<Card>,
    },
    /// Nothing to show, and why.
    Nothing {
        words: String,
    },
}

/// Parts of a whole, or values side by side.
#[derive(Debug, Serialize, ToSchema)]
pub struct Bars {
    pub unit: Unit,
    pub bars: Vec<Bar>,
}

#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Bar {
    pub name: String,
    pub value: Option<f64>,
    /// Of the whole, or of the largest: from 0 to 1.
    pub share: Option<f64>,
    /// Where a benchmark lies on the same scale as `share`, and its words.
    pub tick: Option<f64>,
    pub tick_words: String,
    pub path: Option<String>,
    /// Where the best tenth lies, on the same scale.
    pub top: Option<f64>,
    pub badge: Option<Badge>,
    /// In place of the unit of all bars.
    pub unit: Option<Unit>,
}

/// A table whose cells are shaded by their value.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Heat {
    pub unit: Unit,
    pub columns: Vec<String>,
    pub rows: Vec<HeatRow>,
    /// What a cell is, for its title: "clicked".
    pub what: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HeatRow {
    pub name: String,
    pub cells: Vec<HeatCell>,
}

#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct HeatCell {
    /// Missing where the sample is too small or there is none.
    pub value: Option<f64>,
    /// From 0, the least, to 9, the most.
    pub level: u8,
    /// Its sample, in words.
    pub detail: String,
}

/// Steps of which each is a part of the first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Funnel {
    pub steps: Vec<Step>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    pub name: String,
    pub count: i64,
    /// Of the first step.
    pub of_first: Option<f64>,
    /// Of the step before.
    pub of_previous: Option<f64>,
}

/// What people got to see of a message.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// "Tea & Co <hello@tea.example>"
    pub sender: Option<String>,
    pub subject: Option<String>,
    pub preview_text: Option<String>,
    /// Of a text or a push, which have no HTML.
    pub body: Option<String>,
    /// Where its HTML is, for a frame that may do nothing; missing while it was not copied.
    pub frame: Option<String>,
    /// Where a form has it copied.
    pub fetch: Option<String>,
    /// Why there is nothing to see, where there is not.
    pub words: String,
}

/// The way that somebody takes through a flow.
#[derive(Debug, Serialize, ToSchema)]
pub struct Path {
    pub steps: Vec<PathStep>,
}

/// Something that a flow does, or how it goes on.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct PathStep {
    /// `start`, `send`, `wait`, `split`, `act`, `end`, or `jump` to a step that stands elsewhere.
    pub kind: &'static str,
    pub icon: &'static str,
    pub name: String,
    /// What else there is to say: how long it waits, what a message is about.
    pub detail: String,
    /// Where it is another than the flow's.
    pub status: String,
    /// What came of a message.
    pub counts: Vec<Fact>,
    /// Its recipients, of the largest message of the path.
    pub share: Option<f64>,
    /// How many are left of the message before, in words.
    pub drop: String,
    #[schema(value_type = Vec<Object>)]
    pub branches: Vec<PathBranch>,
}

/// One of the ways on from a split.
#[derive(Debug, Serialize)]
pub struct PathBranch {
    pub name: String,
    pub steps: Vec<PathStep>,
}

/// A line of a list of facts.
#[derive(Debug, Serialize, ToSchema)]
pub struct Fact {
    pub name: String,
    pub unit: Unit,
    /// As the unit has it: a number or a text.
    #[schema(value_type = serde_json::Value)]
    pub value: serde_json::Value,
    pub path: Option<String>,
    /// A remark beside it.
    pub detail: String,
}

impl Badge {
    /// The verdict on a number by the bands of the definition of that name; none where either is missing.
    #[must_use]
    pub fn by_bands(name: &str, value: Option<f64>) -> Option<Badge> {
        let definition = definitions::find(name)?;
        let (bands, value) = (definition.bands?, value?);
        let is_up = definition.good == definitions::Good::Up;
        let reaches = |bound: f64| if is_up { value >= bound } else { value <= bound };
        let (tone, word) = match (reaches(bands.healthy), reaches(bands.attention)) {
            (true, _) => ("good", "Healthy"),
            (false, true) => ("poor", "Room for improvement"),
            (false, false) => ("bad", "Needs attention"),
        };
        let (above, below) = if is_up { ("from", "below") } else { ("up to", "above") };
        let percent = crate::web::format::percent;
        let why =
            format!("Healthy {above} {}, needs attention {below} {}", percent(bands.healthy), percent(bands.attention));
        Some(Badge { tone, word: word.to_owned(), why })
    }
}

/// Those words that say anything, side by side.
#[must_use]
pub fn said(words: &[&str]) -> String {
    words.iter().filter(|it| !it.is_empty()).copied().collect::<Vec<_>>().join(", ")
}

impl Card {
    /// Its title, its definition and the welcome direction come from the definition of that name.
    #[must_use]
    pub fn new(name: &'static str, unit: Unit, figure: Figure) -> Card {
        let definition = definitions::find(name);
        Card {
            name,
            title: definition.map_or_else(|| name.to_owned(), |it| it.title.to_owned()),
            unit,
            figure,
            detail: String::new(),
            badge: None,
            definition: definition.copied(),
        }
    }

    #[must_use]
    pub fn titled(self, title: impl Into<String>) -> Card {
        Card { title: title.into(), ..self }
    }

    #[must_use]
    pub fn with(self, detail: impl Into<String>) -> Card {
        Card { detail: detail.into(), ..self }
    }

    #[must_use]
    pub fn judged(self, badge: Option<Badge>) -> Card {
        Card { badge, ..self }
    }
}

impl Block {
    #[must_use]
    pub fn new(name: &'static str, title: impl Into<String>, content: Content) -> Block {
        Block {
            name,
            title: title.into(),
            subtitle: String::new(),
            width: Width::Full,
            content,
            definition: definitions::find(name).copied(),
            file: None,
            all: None,
            hint: String::new(),
        }
    }

    /// A table with its file.
    #[must_use]
    pub fn table(title: impl Into<String>, table: Table) -> Block {
        let name = table.name;
        Block { file: Some(name), ..Block::new(name, title, Content::Table(table)) }
    }

    #[must_use]
    pub fn wide(self, width: Width) -> Block {
        Block { width, ..self }
    }

    #[must_use]
    pub fn with(self, subtitle: impl Into<String>) -> Block {
        Block { subtitle: subtitle.into(), ..self }
    }

    #[must_use]
    pub fn hinting(self, hint: impl Into<String>) -> Block {
        Block { hint: hint.into(), ..self }
    }

    /// With a way to the page where all of it is.
    #[must_use]
    pub fn leading_to(self, title: &str, path: &str) -> Block {
        Block { all: Some(Link { title: title.to_owned(), path: path.to_owned() }), ..self }
    }

    /// With links to the file of that name.
    #[must_use]
    pub fn filed(self, file: &'static str) -> Block {
        Block { file: Some(file), ..self }
    }

    #[must_use]
    pub fn defined(self, name: &str) -> Block {
        Block { definition: definitions::find(name).copied(), ..self }
    }
}

impl Funnel {
    /// Of steps with their counts.
    #[must_use]
    pub fn of(steps: &[(&str, i64)]) -> Funnel {
        let share = super::overview::share;
        let first = steps.first().map_or(0, |it| it.1);
        let before = steps.iter().map(|it| it.1);
        let before = std::iter::once(first).chain(before);
        let steps = steps.iter().zip(before).map(|((name, count), previous)| Step {
            name: (*name).to_owned(),
            count: *count,
            of_first: share(*count, first),
            of_previous: share(*count, previous),
        });
        Funnel { steps: steps.collect() }
    }
}

impl Bars {
    /// Each with its part of the largest.
    #[must_use]
    pub fn side_by_side(unit: Unit, values: impl IntoIterator<Item = (String, Option<f64>)>) -> Bars {
        let mut bars: Vec<Bar> =
            values.into_iter().map(|(name, value)| Bar { name, value, ..Bar::default() }).collect();
        let largest = bars.iter().filter_map(|it| it.value).fold(0.0, f64::max);
        for bar in &mut bars {
            bar.share = bar.value.filter(|_| largest > 0.0).map(|it| it.max(0.0) / largest);
        }
        Bars { unit, bars }
    }
}

impl Heat {
    /// Shades every cell by its place between the least and the largest value.
    #[must_use]
    pub fn shaded(mut self) -> Heat {
        let values = || self.rows.iter().flat_map(|it| &it.cells).filter_map(|it| it.value);
        let (least, most) = values().fold((f64::MAX, f64::MIN), |(a, b), it| (a.min(it), b.max(it)));
        for cell in self.rows.iter_mut().flat_map(|it| &mut it.cells) {
            cell.level = cell.value.map_or(0, |it| level(it, least, most));
        }
        self
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is from 0 to 9")]
fn level(value: f64, least: f64, most: f64) -> u8 {
    if most <= least { 5 } else { ((value - least) / (most - least) * 9.0).round() as u8 }
}

#[cfg(test)]
mod tests {
    use super::Badge;

    #[test]
    fn a_verdict_follows_the_bands_and_the_direction_that_is_welcome() {
        for (name, value, word) in [
            ("bounce_rate", 0.0, "Healthy"),
            ("bounce_rate", 0.01, "Healthy"),
            ("bounce_rate", 0.011, "Room for improvement"),
            ("bounce_rate", 0.02, "Room for improvement"),
            ("bounce_rate", 0.021, "Needs attention"),
            ("open_rate", 0.33, "Healthy"),
            ("open_rate", 0.32, "Room for improvement"),
            ("open_rate", 0.27, "Room for improvement"),
            ("open_rate", 0.26, "Needs attention"),
        ] {
            assert_eq!(Badge::by_bands(name, Some(value)).expect("a verdict").word, word, "{name} {value}");
        }
        assert!(Badge::by_bands("bounce_rate", None).is_none() && Badge::by_bands("revenue", Some(1.0)).is_none());
    }
}
