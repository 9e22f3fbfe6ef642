//! Klaviyo's rate limits: fixed windows per endpoint, of a second, a minute and, for reports, a day.

use crate::demo::endpoints::Rate;
use std::collections::HashMap;
use std::time::Duration;

/// How much of Klaviyo's limits the fake allows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limits {
    None,
    /// Klaviyo's own limits, of which other tools leave us this share.
    Klaviyo {
        share: f64,
    },
}

/// What has been counted, by endpoint.
#[derive(Debug, Default)]
pub(super) struct Counters(HashMap<&'static str, [Window; 3]>);

#[derive(Debug, Clone, Copy, Default)]
struct Window {
    number: u64,
    count: u32,
}

/// What the headers say of a request that was let through.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Allowance {
    pub(super) limit: String,
    pub(super) remaining: u32,
    pub(super) reset_secs: u64,
}

/// The lengths of the windows in seconds.
const LENGTHS: [u64; 3] = [1, 60, 86_400];

impl Counters {
    /// Counts a request at that time since the start; or says after how many seconds to ask again.
    pub(super) fn count(
        &mut self,
        path: &'static str,
        rate: Rate,
        share: f64,
        time: Duration,
    ) -> Result<Allowance, u64> {
        let daily = rate.daily.map_or(u32::MAX, |it| part(it, share));
        let limits = [part(rate.burst, share), part(rate.steady, share), daily];
        let windows = self.0.entry(path).or_default();
        for (window, length) in windows.iter_mut().zip(LENGTHS) {
            let number = time.as_secs() / length;
            if window.number != number {
                *window = Window { number, count: 0 };
            }
        }
        for index in [2, 1, 0] {
            if windows[index].count >= limits[index] {
                return Err(LENGTHS[index] - time.as_secs() % LENGTHS[index]);
            }
        }
        for window in windows.iter_mut() {
            window.count += 1;
        }
        Ok(Allowance { limit: header(limits), remaining: limits[0] - windows[0].count, reset_secs: 0 })
    }
}

/// As the header spells it: the limit in force, then each with its window.
fn header([burst, steady, daily]: [u32; 3]) -> String {
    let day = if daily == u32::MAX { String::new() } else { format!(", {daily};w=86400") };
    format!("{burst}, {burst};w=1, {steady};w=60{day}")
}

fn part(limit: u32, share: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a small positive number")]
    let part = (f64::from(limit) * share) as u32;
    part.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 3, steady: 5, daily: None };

    #[test]
    fn a_second_and_a_minute_are_counted_apart() {
        let mut counters = Counters::default();
        let mut ask = |secs| counters.count("/api/flows", RATE, 1.0, Duration::from_secs(secs)).map(|it| it.remaining);
        assert_eq!([ask(0), ask(0), ask(0), ask(0)], [Ok(2), Ok(1), Ok(0), Err(1)]);
        assert_eq!([ask(10), ask(10), ask(10)], [Ok(2), Ok(1), Err(50)]);
        assert_eq!(ask(60), Ok(2));
    }

    #[test]
    fn a_day_of_reports_ends_with_the_day() {
        let mut counters = Counters::default();
        let rate = Rate { burst: 1, steady: 2, daily: Some(225) };
        let mut ask = |secs| counters.count("/api/flow-series-reports", rate, 1.0, Duration::from_secs(secs)).err();
        assert!((0..225).all(|number| ask(number * 30).is_none()));
        assert_eq!(ask(225 * 30), Some(86_400 - 225 * 30));
        assert_eq!(ask(86_399), Some(1));
        assert_eq!(ask(86_400), None);
    }

    #[test]
    fn endpoints_do_not_share() {
        let mut counters = Counters::default();
        let rate = Rate { burst: 1, steady: 15, daily: None };
        assert!(counters.count("/api/accounts", rate, 1.0, Duration::ZERO).is_ok());
        assert_eq!(counters.count("/api/accounts", rate, 1.0, Duration::ZERO), Err(1));
        let other = counters.count("/api/webhooks", rate, 1.0, Duration::ZERO).expect("its own budget");
        assert_eq!(other.limit, "1, 1;w=1, 15;w=60");
    }
}
