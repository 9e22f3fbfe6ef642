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
    /// Requests a day.
    pub(super) daily: Option<u32>,
    /// How long nothing is left, where nothing is left.
    pub(super) empty_for: Option<Duration>,
}

impl Limits {
    pub(super) fn of(headers: &HeaderMap) -> Limits {
        let limit = text(headers, "ratelimit-limit").unwrap_or_default();
        let nothing_left = number(headers, "ratelimit-remaining") == Some(0);
        let reset = number(headers, "ratelimit-reset").filter(|it| nothing_left && *it > 0);
        Limits {
            burst: of_window(limit, 1),
            steady: of_window(limit, 60),
            daily: of_window(limit, 86_400),
            empty_for: reset.map(Duration::from_secs),
        }
    }
}

/// No window of Klaviyo's is longer than a day. What asks for more is a mistake, and is asked again after two.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(48);

/// The pause that a refusal asks for, in whole seconds. It has been missing, and a proxy may spell it as a date.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    number(headers, "retry-after").map(|it| Duration::from_secs(it).min(RETRY_AFTER_MAX))
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

#[cfg(test)]
mod tests {
    use super::*;
    use ureq::http::{HeaderName, HeaderValue};

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let header = |(name, value): &(&str, &str)| {
            let name: HeaderName = name.parse().expect("a name");
            (name, HeaderValue::from_str(value).expect("a value"))
        };
        pairs.iter().map(header).collect()
    }

    #[test]
    fn limits_are_read_from_the_composite_header() {
        let cases = [
            ("10, 10;w=1, 150;w=60", (Some(10), Some(150), None)),
            ("350,350;w=1,3500;w=60", (Some(350), Some(3500), None)),
            ("1, 1;w=1, 2;w=60, 225;w=86400", (Some(1), Some(2), Some(225))),
            ("150;w=60", (None, Some(150), None)),
            ("10 ; w=1", (Some(10), None, None)),
            ("10", (None, None, None)),
            ("0;w=1, -5;w=60", (None, None, None)),
            ("many;w=1, 10;w=soon, ;w=60", (None, None, None)),
            ("", (None, None, None)),
        ];
        for (limit, (burst, steady, daily)) in cases {
            let expected = Limits { burst, steady, daily, empty_for: None };
            assert_eq!(Limits::of(&headers(&[("RateLimit-Limit", limit)])), expected, "{limit}");
        }
        assert_eq!(Limits::of(&headers(&[])), Limits::default());
    }

    #[test]
    fn only_a_limit_with_nothing_left_is_waited_for() {
        let cases = [("9", "0", None), ("9", "12", None), ("0", "12", Some(12)), ("0", "0", None), ("0", "soon", None)];
        for (remaining, reset, seconds) in cases {
            let limits = Limits::of(&headers(&[("RateLimit-Remaining", remaining), ("RateLimit-Reset", reset)]));
            assert_eq!(limits.empty_for, seconds.map(Duration::from_secs), "{remaining} {reset}");
        }
    }

    #[test]
    fn retry_after_is_whole_seconds_or_nothing() {
        for (value, seconds) in [
            ("1", Some(1)),
            (" 73473 ", Some(73_473)),
            ("31536000000000", Some(172_800)),
            ("0", Some(0)),
            ("1.5", None),
            ("Sat, 21 Nov 2026 09:00:00 GMT", None),
        ] {
            let told = retry_after(&headers(&[("Retry-After", value)]));
            assert_eq!(told, seconds.map(Duration::from_secs), "{value}");
        }
        assert_eq!(retry_after(&headers(&[])), None);
    }
}
