//! `/sync`: is it current? Every entity with its state, what runs now, what ran before, and the buttons.

use chrono::{DateTime, Utc};
use serde::Serialize;

/// All that the sync page shows.
#[derive(Debug, Serialize)]
pub struct SyncPage {
    /// Whether a key is set; without one the page says how to set it.
    pub has_key: bool,
    /// The run that goes on or waits, if any.
    pub running: Option<Run>,
    pub entities: Vec<EntityStatus>,
    /// Finished runs, newest first.
    pub history: Vec<Run>,
}

#[derive(Debug, Clone, Serialize)]
pub struct EntityStatus {
    /// `campaign_messages`
    pub name: String,
    /// "Campaign messages"
    pub title: String,
    pub about: String,
    /// One of never, queued, running, parked, completed, failed, disabled.
    pub status: String,
    pub rows: i64,
    pub last_synced_at: Option<DateTime<Utc>>,
    pub next_run_at: Option<DateTime<Utc>>,
    /// What went wrong last time and what to do about it, in words.
    pub error: Option<String>,
    /// Events only: the span of time that is copied completely.
    pub covered_from: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Run {
    pub id: i64,
    /// queued, running, paused, parked, completed, cancelled, failed, interrupted.
    pub status: String,
    /// `schedule`, `page`, `api`, `command line`.
    pub trigger: String,
    pub forced: bool,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub entities: Vec<RunEntity>,
}

#[derive(Debug, Clone, Serialize)]
pub struct RunEntity {
    pub name: String,
    pub title: String,
    /// queued, running, completed, failed, disabled, cancelled.
    pub status: String,
    /// What it is doing now: "waiting 12 s for Klaviyo's rate limit".
    pub doing: Option<String>,
    pub rows_seen: i64,
    pub rows_new: i64,
    pub rows_changed: i64,
    pub rows_deleted: i64,
    pub requests: i64,
    pub bytes: i64,
    /// Time spent waiting for rate limits and retries.
    pub waited_secs: f64,
    /// Share that is done, 0–1, where it can be known.
    pub done: Option<f64>,
    pub error: Option<String>,
}
