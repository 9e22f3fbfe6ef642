//! What Klaviyo's headers say about its rate limits.

use std::time::Duration;

use ureq::http::HeaderMap;

/// The limits that an answer tells of; each may be missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Limits {
    /// Requests a second.
    pub(super) burst: Option<u32>,
    /// Requests a minute.
    pub(super) steady: Option<u32>,
    /// How long nothing is left, where nothing is left.
    pub(super) empty_for: Option<Duration>,
}

impl Limits {
    pub(super) fn of(headers: &HeaderMap) -> Limits {
        let limit = text(headers, "ratelimit-limit").unwrap_or_default();
        let nothing_left = number(headers, "ratelimit-remaining") == Some(0);
        let reset = number(headers, "ratelimit-reset").filter(|it| nothing_left && *it > 0);
        Limits { burst: of_window(limit, 1), steady: of_window(limit, 60), empty_for: reset.map(Duration::from_secs) }
    }
}

/// The pause that a refusal asks for, in whole seconds. It has been missing, and a proxy may spell it as a date.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    number(headers, "retry-after").map(Duration::from_secs)
}

/// From `10, 10;w=1, 150;w=60` the limit of the window of so many seconds.
fn of_window(limit: &str, seconds: u32) -> Option<u32> {
    limit.split(',').find_map(|item| {
        let (count, window) = item.split_once(';')?;
        let window: u32 = window.trim().strip_prefix("w=")?.parse().ok()?;
        (window == seconds).then(|| count.trim().parse().ok()).flatten().filter(|it| *it > 0)
    })
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    text(headers, name)?.trim().parse().ok()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
