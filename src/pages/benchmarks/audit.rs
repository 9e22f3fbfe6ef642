//! The audit: what is wrong with an account, or may be, by rules that are descriptions. Each has its evidence, which is a
//! table with a file, and a verdict that follows from it: the worst of its rows, and "cannot tell" without any.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use super::super::frame::{Frame, Value};
use super::super::sheet::{Sheet, Unit};
use super::super::view::Badge;
use super::limits::LIMITS;
use super::rules::RULES;
use crate::store::repository::Document;
use crate::store::zone::beginning;
use crate::store::{self, Query};

/// A question to the account, and what follows from its answer.
#[derive(Debug)]
pub struct Rule {
    /// In addresses: `welcome-flow`.
    pub id: &'static str,
    pub area: &'static str,
    pub question: &'static str,
    pub why: &'static str,
    pub todo: &'static str,
    /// What its rows are: "flows".
    pub of: &'static str,
    /// Why there is no verdict where there are no rows.
    pub unknown: &'static str,
    /// Everything that was judged, with `name`, `verdict` (`Act`, `Look` or `Passes`) and `finding`, which says it in words.
    pub evidence: &'static Sheet,
    /// What its evidence is judged by, by their names in `LIMITS`.
    pub limits: &'static [&'static str],
    /// What the names of flows are searched for, where a rule does.
    pub pattern: &'static str,
}

/// A number that rules judge by: its name in queries, its value, and whose it is.
#[derive(Debug)]
pub struct Limit {
    pub name: &'static str,
    pub value: f64,
    pub unit: Unit,
    pub about: &'static str,
    pub source: &'static str,
}

/// What became of a rule.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    pub id: &'static str,
    pub name: &'static str,
    pub area: &'static str,
    pub verdict: Verdict,
    pub found: String,
    pub todo: &'static str,
    /// Rows of evidence.
    pub judged: i64,
    /// Of those, the ones that do not pass.
    pub beyond: i64,
    /// From 0, what to act on, to 3, what passes.
    pub urgency: u8,
}

/// In the order of urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Verdict {
    Act,
    Look,
    #[serde(rename = "Cannot tell")]
    Unknown,
    Passes,
}

impl Verdict {
    pub const ALL: [Verdict; 4] = [Verdict::Act, Verdict::Look, Verdict::Unknown, Verdict::Passes];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Act => "Act",
            Verdict::Look => "Look",
            Verdict::Unknown => "Cannot tell",
            Verdict::Passes => "Passes",
        }
    }

    #[must_use]
    pub fn badge(self, why: &str) -> Badge {
        let tone = match self {
            Verdict::Act => "bad",
            Verdict::Look => "poor",
            Verdict::Unknown => "neutral",
            Verdict::Passes => "good",
        };
        Badge { tone, word: self.word().to_owned(), why: why.to_owned() }
    }

    fn of(word: Option<&str>) -> Verdict {
        Verdict::ALL.into_iter().find(|it| Some(it.word()) == word).unwrap_or(Verdict::Unknown)
    }
}

/// The rule of that id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|it| it.id == id)
}

impl Rule {
    #[must_use]
    pub fn limits(&self) -> Vec<&'static Limit> {
        LIMITS.iter().filter(|it| self.limits.contains(&it.name)).collect()
    }

    /// What its evidence names.
    #[must_use]
    pub fn values(&self, frame: &Frame<'_>) -> Vec<Value> {
        let instant = |day| beginning(day, frame.zone).naive_utc();
        let mut values: Vec<Value> = LIMITS.iter().map(|it| (it.name, Box::new(it.value) as Box<_>)).collect();
        values.push(("start_at", Box::new(instant(frame.period.range.start()))));
        values.push(("before_at", Box::new(instant(frame.period.range.before()))));
        let searched = RULES.iter().filter(|it| !it.pattern.is_empty());
        let patterns: Vec<_> = searched.map(|it| json!({ "rule": it.id, "pattern": it.pattern })).collect();
        values.push(("patterns", Box::new(json!(patterns).to_string())));
        values.push(("rule", Box::new(self.id)));
        values
    }

    /// Whether its evidence holds rows of several rules, which a column `rule` tells apart.
    fn is_shared(&self) -> bool {
        self.evidence.query.text.contains("$rule")
    }

    /// What its evidence amounts to.
    ///
    /// # Errors
    /// When a query fails.
    pub fn finding(&self, frame: &Frame<'_>) -> Result<Finding, store::Error> {
        let rows = evidence(frame, self, self.values(frame))?;
        Ok(self.found(rows.first()))
    }

    /// From the row that sums up its evidence, if it has any.
    fn found(&self, row: Option<&Document>) -> Finding {
        let number = |name: &str| row.and_then(|it| it.get(name)?.as_i64()).unwrap_or_default();
        let words = |name: &str| row.and_then(|it| it.get(name)?.as_str());
        let (judged, beyond) = (number("judged"), number("beyond"));
        let verdict = Verdict::of(words("verdict"));
        let worst = words("finding").unwrap_or_default();
        let found = match verdict {
            Verdict::Unknown => self.unknown.to_owned(),
            _ if judged == 1 => worst.to_owned(),
            Verdict::Passes if judged == 2 => format!("both {}", self.of),
            Verdict::Passes => format!("all {judged} {}", self.of),
            _ => format!("{beyond} of {judged} {}: {worst}", self.of),
        };
        let urgency = Verdict::ALL.iter().position(|it| *it == verdict).and_then(|it| u8::try_from(it).ok());
        Finding {
            id: self.id,
            name: self.question,
            area: self.area,
            verdict,
            found: capital(&found),
            todo: if verdict == Verdict::Passes { "" } else { self.todo },
            judged,
            beyond,
            urgency: urgency.unwrap_or_default(),
        }
    }
}

/// The evidence of a rule, and of those that share its query where `values` name none, summed up: one row a rule that has any.
fn evidence(frame: &Frame<'_>, rule: &Rule, values: Vec<Value>) -> Result<Vec<Document>, store::Error> {
    let Query { name, text } = rule.evidence.query;
    let of = if rule.is_shared() { "rule" } else { "'' as rule" };
    let text = format!(
        "with answer as materialized (\n{text}\n)
        select
            {of},
            count(*) as judged,
            count(*) filter (where verdict <> 'Passes') as beyond,
            -- Their words stand in the order of urgency.
            min(verdict) as verdict,
            first(finding order by verdict, name) as finding
        from answer
        group by all"
    );
    frame.found(name, &text, values)
}

/// Every rule, what is urgent first.
///
/// # Errors
/// When a query fails.
pub fn findings(frame: &Frame<'_>) -> Result<Vec<Finding>, store::Error> {
    let mut summed: BTreeMap<&str, Vec<Document>> = BTreeMap::new();
    let mut all = Vec::with_capacity(RULES.len());
    for rule in RULES {
        let name = rule.evidence.name;
        if !summed.contains_key(name) {
            // One query answers all rules that share it.
            let mut values = rule.values(frame);
            values.retain(|it| it.0 != "rule");
            values.push(("rule", Box::new(None::<String>)));
            summed.insert(name, evidence(frame, rule, values)?);
        }
        let is_own = |it: &&Document| !rule.is_shared() || it.get("rule").and_then(|it| it.as_str()) == Some(rule.id);
        all.push(rule.found(summed[name].iter().find(is_own)));
    }
    all.sort_by_key(|it| it.verdict);
    Ok(all)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::super::evidence::SHEETS;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_rule_says_all_that_it_has_to() {
        let ids: BTreeSet<_> = RULES.iter().map(|it| it.id).collect();
        assert_eq!(ids.len(), RULES.len());
        assert!(RULES.len() >= 20);
        for rule in RULES {
            for words in [rule.area, rule.question, rule.why, rule.todo, rule.of, rule.unknown] {
                assert!(!words.is_empty(), "{} says too little", rule.id);
            }
            assert!(rule.question.ends_with('?'), "{}", rule.id);
            let columns: Vec<_> = rule.evidence.columns.iter().map(|it| it.name).collect();
            assert!(columns.contains(&"name") && columns.contains(&"verdict") && columns.contains(&"finding"));
            assert!(SHEETS.iter().any(|it| it.name == rule.evidence.name), "{} has no file", rule.id);
            for name in rule.limits {
                assert!(LIMITS.iter().any(|it| it.name == *name), "{} has an unknown limit {name}", rule.id);
                assert!(rule.evidence.query.text.contains(&format!("${name}")), "{} does not use {name}", rule.id);
            }
        }
    }

    #[test]
    fn words_of_verdicts_stand_in_the_order_of_urgency() {
        let words = ["Act", "Look", "Passes"];
        assert!(words.is_sorted(), "queries take the least of them for the worst");
        assert!(Verdict::Act < Verdict::Look && Verdict::Look < Verdict::Unknown && Verdict::Unknown < Verdict::Passes);
    }
}
