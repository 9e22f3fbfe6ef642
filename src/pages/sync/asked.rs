//! Which finished runs are asked for: parameters of the query, understood once for the page and the API.

use serde::Serialize;

use super::unknown;
use crate::catalog;
use crate::range::Unclear;
use crate::store::history::Filter;
use crate::store::runs::Status;

/// Runs on one page.
const LIMIT_DEFAULT: i64 = 25;

/// Runs in one answer of the API.
const LIMIT_MAX: i64 = 1_000;

const TRIGGERS: &[&str] = &["schedule", "page", "api", "command line"];

/// The filters of the history of runs.
#[derive(Debug, Clone, Serialize)]
pub struct Asked {
    pub status: Option<Status>,
    pub entity: Option<&'static str>,
    pub trigger: Option<&'static str>,
    pub limit: i64,
    pub offset: i64,
}

impl Asked {
    /// Reads the parameters; what is missing or empty does not matter.
    ///
    /// # Errors
    /// Names the parameter that cannot be read.
    pub fn parse(
        status: Option<&str>,
        entity: Option<&str>,
        trigger: Option<&str>,
        limit: Option<&str>,
        offset: Option<&str>,
    ) -> Result<Asked, Unclear> {
        let given = |text: Option<&str>| text.map(str::trim).filter(|it| !it.is_empty()).map(ToOwned::to_owned);
        let status = given(status).map(|it| of_run(&it)).transpose()?;
        let entity = given(entity).map(|it| catalog::find(&it).ok_or_else(|| unknown("entity", &it))).transpose()?;
        let trigger = given(trigger).map(|it| one_of(&it)).transpose()?;
        Ok(Asked {
            status,
            entity: entity.map(|it| it.name),
            trigger,
            limit: given(limit).map_or(Ok(LIMIT_DEFAULT), |it| number("limit", &it, 1, LIMIT_MAX))?,
            offset: given(offset).map_or(Ok(0), |it| number("offset", &it, 0, i64::from(u32::MAX)))?,
        })
    }

    #[must_use]
    pub fn filter(&self) -> Filter {
        Filter { status: self.status, trigger: self.trigger.map(ToOwned::to_owned), entity: self.entity }
    }
}

/// The number of a run.
///
/// # Errors
/// When it is none.
pub fn run_of(text: &str) -> Result<i64, Unclear> {
    number("run", text, 1, i64::MAX)
}

fn of_run(text: &str) -> Result<Status, Unclear> {
    let status = Status::find(text).filter(|it| Status::OF_RUNS.contains(it));
    status.ok_or_else(|| {
        let known = Status::OF_RUNS.map(Status::name).join(", ");
        Unclear { parameter: "status", problem: format!("“{text}” is none of {known}") }
    })
}

fn one_of(text: &str) -> Result<&'static str, Unclear> {
    let trigger = TRIGGERS.iter().copied().find(|it| *it == text);
    trigger.ok_or_else(|| Unclear {
        parameter: "trigger",
        problem: format!("“{text}” is none of {}", TRIGGERS.join(", ")),
    })
}

fn number(parameter: &'static str, text: &str, least: i64, most: i64) -> Result<i64, Unclear> {
    let number = text.parse().ok().filter(|it| (least..=most).contains(it));
    number.ok_or_else(|| {
        let most = if most > i64::from(u32::MAX) { "on".to_owned() } else { format!("to {most}") };
        Unclear { parameter, problem: format!("“{text}” is no whole number from {least} {most}") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_understood_or_refused_by_name() {
        let asked = Asked::parse(Some("failed"), Some("events"), Some("page"), Some("5"), Some("10")).expect("an ask");
        assert_eq!((asked.status, asked.entity, asked.trigger), (Some(Status::Failed), Some("events"), Some("page")));
        assert_eq!((asked.limit, asked.offset), (5, 10));
        let asked = Asked::parse(Some(""), None, Some(" "), None, Some("")).expect("an ask");
        assert_eq!((asked.status, asked.trigger, asked.limit, asked.offset), (None, None, LIMIT_DEFAULT, 0));
        let refused = |parts: [Option<&str>; 5]| {
            let [status, entity, trigger, limit, offset] = parts;
            Asked::parse(status, entity, trigger, limit, offset).expect_err("a refusal").parameter
        };
        for (at, name) in ["status", "entity", "trigger", "limit", "offset"].into_iter().enumerate() {
            let mut parts = [None; 5];
            parts[at] = Some("-1");
            assert_eq!(refused(parts), name);
        }
        // An entity may be that, a run may not.
        assert_eq!(refused([Some("never"), None, None, None, None]), "status");
    }
}
