//! Sender health: one number for how an account's e-mail is received, by a formula of our own that is shown in full.
//!
//! Each rate scores from 0, at the bound from which on it needs attention, to 100, at the bound of what is healthy; the
//! score is their weighted mean. Klaviyo has a score, too, whose formula is not public: this is not it.

use serde_json::Value;

use crate::pages::definitions;
use crate::pages::overview::share;
use crate::pages::sheet::Unit;
use crate::pages::view::{Badge, Bar, Bars};
use crate::store::repository::Document;
use crate::web::format;

/// Below so many e-mails one complaint decides everything.
pub(super) const SENDS_LEAST: i64 = 1_000;

/// Local days that it looks at.
pub(super) const DAYS: u64 = 30;

/// What counts, and how much: the weights add up to a hundred.
const FACTORS: &[Weighed] = &[
    Weighed { definition: "complaint_rate", words: "spam complaints", weight: 30.0 },
    Weighed { definition: "click_rate", words: "clicks", weight: 25.0 },
    Weighed { definition: "bounce_rate", words: "bounces", weight: 20.0 },
    Weighed { definition: "unsubscribe_rate", words: "unsubscribes", weight: 15.0 },
    Weighed { definition: "open_rate", words: "opens", weight: 10.0 },
];

struct Weighed {
    definition: &'static str,
    words: &'static str,
    weight: f64,
}

/// What became of e-mails.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sent {
    pub recipients: i64,
    pub delivered: i64,
    pub bounced: i64,
    pub complained: i64,
    pub unsubscribed: i64,
    pub opened: i64,
    pub clicked: i64,
}

/// The score and what it is made of.
#[derive(Debug)]
pub struct Health {
    pub recipients: i64,
    /// From 0 to 100; unknown where too little was sent.
    pub score: Option<f64>,
    pub factors: Vec<Factor>,
}

/// One rate's part of the score.
#[derive(Debug)]
pub struct Factor {
    pub name: &'static str,
    words: &'static str,
    pub rate: f64,
    pub healthy: f64,
    /// Points that it can give.
    pub weight: f64,
    /// From 0 to 1.
    pub score: f64,
}

impl Sent {
    pub(super) fn of(document: &Document) -> Sent {
        let count = |name: &str| document.get(name).and_then(Value::as_i64).unwrap_or_default();
        Sent {
            recipients: count("recipients"),
            delivered: count("delivered"),
            bounced: count("bounced"),
            complained: count("complained"),
            unsubscribed: count("unsubscribed"),
            opened: count("opened"),
            clicked: count("clicked"),
        }
    }

    fn rate(&self, definition: &str) -> Option<f64> {
        match definition {
            "bounce_rate" => share(self.bounced, self.recipients),
            "complaint_rate" => share(self.complained, self.delivered),
            "unsubscribe_rate" => share(self.unsubscribed, self.delivered),
            "open_rate" => share(self.opened, self.delivered),
            _ => share(self.clicked, self.delivered),
        }
    }
}

impl Health {
    /// Of what was sent in `DAYS`; without a score below `SENDS_LEAST`, and where nothing arrived.
    #[must_use]
    pub fn of(sent: &Sent) -> Health {
        let factors: Option<Vec<Factor>> = FACTORS
            .iter()
            .map(|it| {
                let definition = definitions::find(it.definition)?;
                let (bands, rate) = (definition.bands?, sent.rate(it.definition)?);
                let score = interpolated(rate, bands.attention, bands.healthy);
                let (name, healthy) = (definition.title, bands.healthy);
                Some(Factor { name, words: it.words, rate, healthy, weight: it.weight, score })
            })
            .collect();
        let factors = factors.filter(|_| sent.recipients >= SENDS_LEAST).unwrap_or_default();
        let score = (!factors.is_empty()).then(|| factors.iter().map(Factor::points).sum());
        Health { recipients: sent.recipients, score, factors }
    }

    /// What the score is called.
    #[must_use]
    pub fn badge(&self) -> Option<Badge> {
        let (tone, word) = self.score.map(grade)?;
        let why = "0–49 poor, 50–74 fair, 75–89 good, 90–100 excellent";
        Some(Badge { tone, word: word.to_owned(), why: why.to_owned() })
    }

    /// What would raise it most, in words; none where nothing would, or nothing is known.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        let most = self.factors.iter().max_by(|a, b| a.missing().total_cmp(&b.missing()))?;
        (most.missing() >= 0.05).then(|| {
            let more = format::grouped(most.missing(), 1);
            format!("{} would raise it most: at {} it gives {more} points more.", capital(most.words), most.goal())
        })
    }

    /// Every factor with its points, the largest weight first.
    #[must_use]
    pub fn bars(&self) -> Bars {
        let bars = self.factors.iter().map(|it| Bar {
            name: format!("{} {}", it.name, format::percent(it.rate)),
            value: Some(it.points()),
            share: Some(it.score),
            tick_words: it.explained(),
            ..Bar::default()
        });
        Bars { unit: Unit::Number, bars: bars.collect() }
    }
}

impl Factor {
    /// What it gives.
    #[must_use]
    pub fn points(&self) -> f64 {
        self.weight * self.score
    }

    fn missing(&self) -> f64 {
        self.weight - self.points()
    }

    fn goal(&self) -> String {
        format::percent(self.healthy)
    }

    fn explained(&self) -> String {
        let weight = format::grouped(self.weight, 0);
        if self.missing() < 0.05 {
            return format!("all of {weight} points: healthy");
        }
        let more = format::grouped(self.missing(), 1);
        format!("of {weight} points; {} at {} would add {more}", self.words, self.goal())
    }
}

/// Where `value` lies between `worst`, which is 0, and `best`, which is 1; beyond them it is the one or the other.
#[must_use]
pub fn interpolated(value: f64, worst: f64, best: f64) -> f64 {
    ((value - worst) / (best - worst)).clamp(0.0, 1.0)
}

/// A score's tone and word. It is judged as it is written: without decimals.
fn grade(score: f64) -> (&'static str, &'static str) {
    match score.round() {
        it if it >= 90.0 => ("good", "Excellent"),
        it if it >= 75.0 => ("good", "Good"),
        it if it >= 50.0 => ("poor", "Fair"),
        _ => ("bad", "Poor"),
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn the_weights_add_up_to_a_hundred() {
        assert!(near(FACTORS.iter().map(|it| it.weight).sum(), 100.0));
        assert!(FACTORS.iter().all(|it| definitions::find(it.definition).is_some_and(|it| it.bands.is_some())));
    }

    #[test]
    fn between_the_bounds_it_is_a_straight_line_and_beyond_them_level() {
        for (value, worst, best, want) in [
            (0.02, 0.02, 0.01, 0.0),
            (0.015, 0.02, 0.01, 0.5),
            (0.01, 0.02, 0.01, 1.0),
            (0.5, 0.02, 0.01, 0.0),
            (0.0, 0.02, 0.01, 1.0),
            (0.27, 0.27, 0.33, 0.0),
            (0.30, 0.27, 0.33, 0.5),
            (0.90, 0.27, 0.33, 1.0),
        ] {
            assert!(near(interpolated(value, worst, best), want), "{value} from {worst} to {best}");
        }
    }

    /// 100,000 sends of which all rates are halfway between the bounds.
    fn halfway() -> Sent {
        Sent {
            recipients: 100_000,
            delivered: 100_000,
            bounced: 1_500,
            complained: 30,
            unsubscribed: 650,
            opened: 30_000,
            clicked: 1_000,
        }
    }

    #[test]
    fn the_score_is_the_weighted_mean_of_its_factors() {
        let score = |it: Sent| Health::of(&it).score.expect("a score");
        assert!(near(score(halfway()), 50.0));
        let perfect = Sent { bounced: 0, complained: 0, unsubscribed: 0, opened: 90_000, clicked: 50_000, ..halfway() };
        assert!(near(score(perfect), 100.0));
        assert!(near(score(Sent { complained: 1_000, ..perfect }), 70.0));
        assert!(near(score(Sent { bounced: 10_000, ..perfect }), 80.0));
        assert!(near(score(Sent { unsubscribed: 5_000, ..perfect }), 85.0));
        assert!(near(score(Sent { clicked: 0, ..perfect }), 75.0));
        assert!(near(score(Sent { opened: 0, ..perfect }), 90.0));
    }

    #[test]
    fn below_a_thousand_sends_there_is_none() {
        let few = |recipients| Sent { recipients, delivered: recipients, opened: 500, ..Sent::default() };
        assert!(Health::of(&few(999)).score.is_none() && Health::of(&few(999)).factors.is_empty());
        assert!(Health::of(&few(1_000)).score.is_some());
        assert!(Health::of(&Sent { recipients: 5_000, bounced: 5_000, ..Sent::default() }).score.is_none());
    }

    #[test]
    fn words_follow_the_written_score() {
        let words = [49.4, 49.5, 74.4, 74.6, 89.6, 100.0].map(|it| grade(it).1);
        assert_eq!(words, ["Poor", "Fair", "Fair", "Good", "Excellent", "Excellent"]);
    }

    #[test]
    fn what_would_raise_it_most_is_said() {
        let advice = Health::of(&Sent { complained: 0, ..halfway() }).advice();
        assert_eq!(advice.as_deref(), Some("Clicks would raise it most: at 1.20% it gives 12.5 points more."));
        let perfect = Sent { bounced: 0, complained: 0, unsubscribed: 0, opened: 90_000, clicked: 50_000, ..halfway() };
        assert_eq!(Health::of(&perfect).advice(), None);
    }
}
