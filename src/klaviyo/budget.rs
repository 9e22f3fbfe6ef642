//! How often an endpoint may be asked: turns are given out in order, so that no thread overtakes another.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard},
    time::{Duration, Instant},
};

use super::{Request, Why, limits::Limits};
use crate::catalog::Tier;

/// Klaviyo counts requests in a window of a second, in one of a minute, and for reports in one of a day.
const BURST_WINDOW: Duration = Duration::from_secs(1);
const STEADY_WINDOW: Duration = Duration::from_mins(1);
pub(super) const DAILY_WINDOW: Duration = Duration::from_hours(24);

/// The budgets of all endpoints, shared by threads. The pages of one entity and another's do not compete.
pub(super) struct Budgets {
    share: f64,
    endpoints: Mutex<HashMap<Key, Budget>>,
}

/// What Klaviyo counts apart: an endpoint, and where additional fields make a request dearer, that kind of request.
type Key = (&'static str, Tier);

/// How much of one endpoint's budget is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// The path as the documentation spells it.
    pub endpoint: &'static str,
    pub tier: Tier,
    pub second: Spent,
    pub minute: Spent,
    /// Where the endpoint has a daily limit.
    pub day: Option<Spent>,
    /// How long nothing goes out, because Klaviyo said so or our share of the day is used up.
    pub held_for: Option<Duration>,
}

/// Requests in the last second, minute or day, and how many we allow ourselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    pub used: usize,
    pub limit: usize,
}

/// Our share of a day is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full {
    /// Requests that it holds.
    pub(super) limit: usize,
    pub(super) opens_in: Duration,
}

/// When a request may go out, and what it waits for until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) at: Instant,
    pub(super) why: Why,
}

impl Budgets {
    pub(super) fn new(share: f64) -> Budgets {
        Budgets { share, endpoints: Mutex::default() }
    }

    /// Gives out the next turn. Whoever has it waits for it, and then asks whether it [is held](Self::is_held).
    ///
    /// # Errors
    /// When our share of the day is used up.
    pub(super) fn book(&self, request: &Request, now: Instant) -> Result<Turn, Full> {
        let mut endpoints = self.lock();
        let (endpoint, tier) = key(request);
        endpoints.entry((endpoint, tier)).or_insert_with(|| Budget::new(tier, self.share)).book(now)
    }

    /// Counts requests that another process sent so long ago.
    pub(super) fn recall(&self, endpoint: &'static str, tier: Tier, now: Instant, ages: &[Duration]) {
        let mut endpoints = self.lock();
        let budget = endpoints.entry((endpoint, tier)).or_insert_with(|| Budget::new(tier, self.share));
        let mut sent: Vec<Instant> = ages.iter().filter_map(|it| now.checked_sub(*it)).collect();
        sent.sort();
        budget.day.extend(sent);
    }

    /// How much is used of everything that was asked so far, in the order of the endpoints' names.
    pub(super) fn usage(&self, now: Instant) -> Vec<Usage> {
        let mut all: Vec<Usage> =
            self.lock().iter().map(|((endpoint, tier), it)| it.usage(endpoint, *tier, now)).collect();
        all.sort_by_key(|it| it.endpoint);
        all
    }

    /// Lets nothing go out for so long, turns already given out included.
    pub(super) fn hold(&self, request: &Request, now: Instant, time: Duration) {
        if let Some(budget) = self.lock().get_mut(&key(request)) {
            budget.hold(now, now + time);
        }
    }

    pub(super) fn is_held(&self, request: &Request, now: Instant) -> bool {
        self.lock().get(&key(request)).is_some_and(|it| it.is_held(now))
    }

    /// Takes over the limits that Klaviyo tells of.
    pub(super) fn learn(&self, request: &Request, now: Instant, limits: Limits) {
        if let Some(budget) = self.lock().get_mut(&key(request)) {
            budget.learn(now, limits, self.share);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Budget>> {
        self.endpoints.lock().expect("no holder panics")
    }
}

fn key(request: &Request) -> Key {
    (request.endpoint(), request.tier())
}

/// The turns of one endpoint. In any second there are at most `burst` of them, in any minute at most `steady`;
/// wherever Klaviyo's own windows begin, that keeps within them.
#[derive(Debug)]
struct Budget {
    burst: usize,
    steady: usize,
    /// The latest turns given out, `steady` at most, earliest first. Some are still to come.
    turns: VecDeque<Instant>,
    /// Requests a day, where they are limited.
    daily: Option<usize>,
    /// The turns of the last day, where they are limited; earliest first.
    day: VecDeque<Instant>,
    held_until: Option<Instant>,
}

impl Budget {
    fn new(tier: Tier, share: f64) -> Budget {
        Budget {
            burst: share_of(tier.burst(), share),
            steady: share_of(tier.steady(), share),
            turns: VecDeque::new(),
            daily: tier.daily().map(|it| share_of(it, share)),
            day: VecDeque::new(),
            held_until: None,
        }
    }

    fn book(&mut self, now: Instant) -> Result<Turn, Full> {
        self.day.retain(|it| *it + DAILY_WINDOW > now);
        if let Some(full) = self.full(now) {
            return Err(full);
        }
        let free = [
            self.turns.back().copied(),
            self.nth_last(self.burst).map(|it| it + BURST_WINDOW),
            self.nth_last(self.steady).map(|it| it + STEADY_WINDOW),
        ];
        let free = free.into_iter().flatten().fold(now, Instant::max);
        let turn = match self.held_until.filter(|it| free < *it) {
            Some(until) => Turn { at: until, why: Why::RateLimit },
            None => Turn { at: free, why: Why::Budget },
        };
        self.turns.push_back(turn.at);
        if self.daily.is_some() {
            self.day.push_back(turn.at);
        }
        self.forget();
        Ok(turn)
    }

    /// Whether the day's share is used up.
    fn full(&self, now: Instant) -> Option<Full> {
        let limit = self.daily?;
        let day = || self.day.iter().filter(|it| **it + DAILY_WINDOW > now);
        let blocking = day().count().checked_sub(limit).and_then(|it| day().nth(it))?;
        Some(Full { limit, opens_in: *blocking + DAILY_WINDOW - now })
    }

    fn usage(&self, endpoint: &'static str, tier: Tier, now: Instant) -> Usage {
        let within = |turns: &VecDeque<Instant>, window: Duration| {
            turns.iter().filter(|it| **it <= now && now - **it < window).count()
        };
        Usage {
            endpoint,
            tier,
            second: Spent { used: within(&self.turns, BURST_WINDOW), limit: self.burst },
            minute: Spent { used: within(&self.turns, STEADY_WINDOW), limit: self.steady },
            day: self.daily.map(|limit| Spent { used: within(&self.day, DAILY_WINDOW), limit }),
            held_for: self
                .held_until
                .filter(|it| now < *it)
                .map(|it| it - now)
                .max(self.full(now).map(|it| it.opens_in)),
        }
    }

    /// Turns before the end of the hold are taken back; whoever has one finds the endpoint held and books again.
    fn hold(&mut self, now: Instant, until: Instant) {
        let is_kept = |it: &Instant| *it <= now || until <= *it;
        self.turns.retain(is_kept);
        self.day.retain(is_kept);
        self.held_until = self.held_until.max(Some(until));
    }

    fn is_held(&self, now: Instant) -> bool {
        self.held_until.is_some_and(|it| now < it)
    }

    fn learn(&mut self, now: Instant, limits: Limits, share: f64) {
        self.burst = limits.burst.map_or(self.burst, |it| share_of(it, share));
        self.steady = limits.steady.map_or(self.steady, |it| share_of(it, share));
        self.daily = limits.daily.map(|it| share_of(it, share)).or(self.daily);
        self.forget();
        if let Some(time) = limits.empty_for {
            self.hold(now, now + time.min(STEADY_WINDOW));
        }
    }

    fn nth_last(&self, count: usize) -> Option<Instant> {
        self.turns.len().checked_sub(count).and_then(|it| self.turns.get(it)).copied()
    }

    fn forget(&mut self) {
        while self.turns.len() > self.steady {
            self.turns.pop_front();
        }
    }
}

/// At least one: a share of once a second is still once a second.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a limit is small and positive")]
fn share_of(limit: u32, share: f64) -> usize {
    ((f64::from(limit) * share) as usize).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Limits = Limits { burst: None, steady: None, daily: None, empty_for: None };

    fn millis(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    fn book(budget: &mut Budget, now: Instant) -> Turn {
        budget.book(now).expect("a quota that is not used up")
    }

    /// The turns of callers that all come at once, counted from then.
    fn turns(budget: &mut Budget, count: usize, now: Instant) -> Vec<Duration> {
        (0..count).map(|_| book(budget, now).at - now).collect()
    }

    /// The most of these sorted turns that fall into any stretch of that length.
    fn densest(turns: &[Duration], window: Duration) -> usize {
        let within = |(index, start)| turns.partition_point(|it| *it < start + window) - index;
        turns.iter().copied().enumerate().map(within).max().unwrap_or_default()
    }

    #[test]
    fn every_tier_keeps_within_its_share_in_both_windows() {
        let cases = [(Tier::Xs, 1, 12), (Tier::S, 2, 48), (Tier::M, 8, 120), (Tier::L, 60, 600), (Tier::Xl, 280, 2800)];
        for (tier, burst, steady) in cases {
            let turns = turns(&mut Budget::new(tier, 0.8), steady * 3, Instant::now());
            assert!(turns.is_sorted(), "{tier:?}");
            assert_eq!(densest(&turns, BURST_WINDOW), burst, "{tier:?}");
            assert_eq!(densest(&turns, STEADY_WINDOW), steady, "{tier:?}");
            // Nor is any of it given away: the last of three shares goes out in the third minute.
            assert!(turns.last().is_some_and(|it| *it < STEADY_WINDOW * 3), "{tier:?}");
        }
    }

    #[test]
    fn the_smallest_share_is_one() {
        let now = Instant::now();
        let turns = turns(&mut Budget::new(Tier::Xs, 0.01), 3, now);
        assert_eq!(turns, [millis(0), STEADY_WINDOW, STEADY_WINDOW * 2]);
    }

    #[test]
    fn a_caller_after_a_lull_does_not_wait() {
        let now = Instant::now();
        let mut budget = Budget::new(Tier::Xs, 0.8);
        turns(&mut budget, 12, now);
        let later = now + STEADY_WINDOW * 2;
        assert_eq!(book(&mut budget, later), Turn { at: later, why: Why::Budget });
    }

    #[test]
    fn a_hold_takes_turns_back_and_gives_them_out_again_in_their_pace() {
        let now = Instant::now();
        let mut budget = Budget::new(Tier::S, 0.8);
        assert_eq!(turns(&mut budget, 6, now), [0, 0, 1000, 1000, 2000, 2000].map(millis));
        let now = now + millis(500);
        budget.hold(now, now + millis(1500));
        for (after, held) in [(0, true), (1499, true), (1500, false)] {
            assert_eq!(budget.is_held(now + millis(after)), held, "{after}");
        }
        // Two had a turn at the end of the hold and keep it; the other two come a second later.
        let again = [book(&mut budget, now), book(&mut budget, now)];
        assert_eq!(again.map(|it| it.at - now), [2500, 2500].map(millis));
    }

    #[test]
    fn turns_taken_back_were_not_used() {
        let now = Instant::now();
        let mut budget = Budget::new(Tier::Xs, 1.0);
        budget.learn(now, Limits { steady: Some(4), ..NOTHING }, 1.0);
        assert_eq!(turns(&mut budget, 4, now), [0, 1000, 2000, 3000].map(millis));
        budget.hold(now, now + millis(10_000));
        assert_eq!(turns(&mut budget, 4, now), [10_000, 11_000, 12_000, 60_000].map(millis));
    }

    #[test]
    fn nobody_overtakes_when_the_limit_grows() {
        let now = Instant::now();
        let mut budget = Budget::new(Tier::Xs, 1.0);
        assert_eq!(turns(&mut budget, 3, now), [0, 1000, 2000].map(millis));
        budget.learn(now, Limits { burst: Some(10), ..NOTHING }, 1.0);
        assert_eq!(turns(&mut budget, 2, now), [2000, 2000].map(millis));
    }

    #[test]
    fn who_comes_during_a_hold_is_told_why_it_waits() {
        let now = Instant::now();
        let mut budget = Budget::new(Tier::M, 0.8);
        budget.hold(now, now + millis(5000));
        budget.hold(now, now + millis(2000));
        assert_eq!(book(&mut budget, now), Turn { at: now + millis(5000), why: Why::RateLimit });
    }

    #[test]
    fn klaviyos_own_limits_replace_the_documented_ones() {
        let now = Instant::now();
        let mut budget = Budget::new(Tier::L, 0.8);
        budget.learn(now, Limits { burst: Some(5), steady: Some(10), ..NOTHING }, 0.8);
        let turns = turns(&mut budget, 9, now);
        assert_eq!(densest(&turns, BURST_WINDOW), 4);
        assert_eq!(turns[8], STEADY_WINDOW);
    }

    #[test]
    fn an_empty_limit_is_waited_for_but_never_longer_than_its_window() {
        for (told, waited) in [(millis(12_000), millis(12_000)), (millis(900_000), STEADY_WINDOW)] {
            let now = Instant::now();
            let mut budget = Budget::new(Tier::M, 0.8);
            budget.learn(now, Limits { empty_for: Some(told), ..NOTHING }, 0.8);
            assert_eq!(book(&mut budget, now).at - now, waited);
        }
    }

    #[test]
    fn a_day_has_its_quota_whoever_sent_the_requests() {
        let budgets = Budgets::new(0.8);
        let request = Request::post("/api/form-values-reports", Tier::Report, &[], &serde_json::Value::Null);
        let hours = |count| Duration::from_hours(count);
        let ages: Vec<Duration> = (0..179).map(|it| Duration::from_mins(20 * 60 - it)).collect();
        let now = Instant::now();
        budgets.recall("/api/form-values-reports", Tier::Report, now, &ages);
        budgets.recall("/api/form-values-reports", Tier::Report, now, &[hours(25)]);
        assert!(budgets.book(&request, now).is_ok(), "the last of four fifths of 225");
        let full = Full { limit: 180, opens_in: hours(4) };
        assert_eq!(budgets.book(&request, now), Err(full), "until the first of them is a day old");
        assert_eq!(budgets.usage(now)[0].held_for, Some(hours(4)));
        assert!(budgets.book(&request, now + hours(4)).is_ok());
        let day = budgets.usage(now)[0].day;
        assert_eq!(day.map(|it| it.limit), Some(180));
    }
}
