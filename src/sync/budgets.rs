//! How much of Klaviyo's rate limits is used, for a person.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::Handle;
use crate::klaviyo;

/// The budget of one endpoint.
#[derive(Debug, Clone, Serialize)]
pub struct Budget {
    /// The path as Klaviyo's documentation spells it; where it is asked in dearer ways too, with the rate tier.
    pub endpoint: String,
    pub second: Spent,
    pub minute: Spent,
    /// Where there is a daily limit.
    pub day: Option<Spent>,
    /// Until when nothing is asked there, because Klaviyo said so or our share of the day is used up.
    pub held_until: Option<DateTime<Utc>>,
}

/// Requests in the last second, minute or day, and how many we allow ourselves.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
pub struct Spent {
    pub used: usize,
    pub limit: usize,
}

impl Handle {
    /// What is used at each endpoint that was asked since the start, in the order of their names.
    #[must_use]
    pub fn budgets(&self) -> Vec<Budget> {
        let now = self.now();
        let all: Vec<klaviyo::Usage> = self.0.client.iter().flat_map(|it| it.usage()).collect();
        let name = |it: &klaviyo::Usage| match all.iter().filter(|other| other.endpoint == it.endpoint).count() {
            1 => it.endpoint.to_owned(),
            _ => format!("{} (tier {})", it.endpoint, format!("{:?}", it.tier).to_uppercase()),
        };
        let budget = |it: &klaviyo::Usage| Budget {
            endpoint: name(it),
            second: it.second.into(),
            minute: it.minute.into(),
            day: it.day.map(Spent::from),
            held_until: it.held_for.and_then(|it| TimeDelta::from_std(it).ok()).map(|it| now + it),
        };
        all.iter().map(budget).collect()
    }
}

impl From<klaviyo::Spent> for Spent {
    fn from(it: klaviyo::Spent) -> Spent {
        Spent { used: it.used, limit: it.limit }
    }
}
