//! Whether one variation did better than another: confidence intervals of rates and of their difference, and a verdict
//! only where the sample allows one. Pure functions.

use crate::pages::campaigns::counts::Counts;
use crate::pages::view::Badge;
use crate::web::format;

/// Recipients of each arm below which no verdict is given.
pub(super) const LEAST: i64 = 1_000;

/// Quantiles of the normal distribution for 95 % in both directions, when the best of so many is held against each of the
/// others at once (Bonferroni): with more comparisons chance has more tries.
const QUANTILES: [f64; 9] =
    [1.959_964, 2.241_403, 2.393_980, 2.497_705, 2.575_829, 2.638_257, 2.690_110, 2.734_369, 2.772_921];

/// Bounds that hold the true rate in 95 of a hundred such samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Interval {
    pub(super) low: f64,
    pub(super) high: f64,
}

/// A variation with its counts.
#[derive(Debug, Clone)]
pub(super) struct Arm {
    pub(super) name: String,
    pub(super) counts: Counts,
}

/// A rate that arms are compared by: what it is of, and of how many.
pub(super) struct Rate {
    pub(super) title: &'static str,
    pub(super) of: fn(&Counts) -> Option<(i64, i64)>,
}

pub(super) const RATES: &[Rate] = &[
    Rate { title: "Open rate", of: |it| Some((it.opened, it.openable)) },
    Rate { title: "Click rate", of: |it| Some((it.clicked, it.delivered)) },
    Rate { title: "Conversion rate", of: |it| Some((it.converted?, it.delivered)) },
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// An arm has too few recipients to tell.
    TooFew,
    /// What differs may be chance.
    Chance,
    /// The best is better than each of the others by more than chance gives.
    Better,
}

/// What is known of one rate of all arms.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    /// The arm with the highest rate, by its place.
    pub(super) best: usize,
    /// The arm after it, and by how much the best is ahead.
    pub(super) next: usize,
    pub(super) ahead: f64,
    pub(super) interval: Interval,
    pub(super) verdict: Verdict,
}

/// Wilson's score interval of `part` in `whole`, which holds also near 0 and 1. Nothing where there is no whole, or the
/// part exceeds it. Wilson (1927), J. Am. Stat. Assoc. 22, 209–212.
pub(super) fn wilson(part: i64, whole: i64, z: f64) -> Option<Interval> {
    let (rate, n) = rate_of(part, whole)?;
    let z2 = z * z;
    let middle = (rate + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = z / (1.0 + z2 / n) * (rate * (1.0 - rate) / n + z2 / (4.0 * n * n)).sqrt();
    Some(Interval { low: (middle - half).max(0.0), high: (middle + half).min(1.0) })
}

/// The interval of the difference of two rates, the first less the second, from the Wilson intervals of both. Newcombe
/// (1998), Stat. Med. 17, 873–890, method 10.
pub(super) fn difference(one: (i64, i64), other: (i64, i64), z: f64) -> Option<Interval> {
    let (rate, less) = (rate_of(one.0, one.1)?.0, rate_of(other.0, other.1)?.0);
    let (of_rate, of_less) = (wilson(one.0, one.1, z)?, wilson(other.0, other.1, z)?);
    let low = (rate - less) - (rate - of_rate.low).hypot(of_less.high - less);
    let high = (rate - less) + (of_rate.high - rate).hypot(less - of_less.low);
    Some(Interval { low, high })
}

/// Which arm has the highest rate, and whether that means anything. Nothing where fewer than two arms have one.
pub(super) fn outcome(arms: &[Arm], rate: &Rate) -> Option<Outcome> {
    let mut rates: Vec<(usize, (i64, i64), f64)> = arms
        .iter()
        .enumerate()
        .filter_map(|(at, it)| (rate.of)(&it.counts).and_then(|of| Some((at, of, rate_of(of.0, of.1)?.0))))
        .collect();
    rates.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0)));
    let [first, second, ..] = rates[..] else { return None };
    let z = quantile(rates.len() - 1);
    // The nearest rival need not be the next best: a small arm has a wide interval.
    let is_better = rates[1..].iter().all(|it| difference(first.1, it.1, z).is_some_and(|it| it.low > 0.0));
    let enough = rates.iter().all(|it| arms[it.0].counts.recipients >= LEAST);
    Some(Outcome {
        best: first.0,
        next: second.0,
        ahead: first.2 - second.2,
        interval: difference(first.1, second.1, z)?,
        verdict: match (enough, is_better) {
            (false, _) => Verdict::TooFew,
            (true, true) => Verdict::Better,
            (true, false) => Verdict::Chance,
        },
    })
}

/// What is known of every rate, in sentences.
pub(super) fn words(arms: &[Arm]) -> Vec<String> {
    let outcomes = RATES.iter().filter_map(|rate| Some((rate, outcome(arms, rate)?)));
    outcomes.map(|(rate, it)| sentence(arms, rate, &it)).collect()
}

/// The word for all of it: what clicks say comes first, for opens are told by machines, too.
pub(super) fn badge(arms: &[Arm]) -> Badge {
    let outcomes: Vec<Outcome> = RATES.iter().rev().filter_map(|rate| outcome(arms, rate)).collect();
    let any = |verdict| outcomes.iter().any(|it| it.verdict == verdict);
    let (tone, word, why) = if outcomes.is_empty() || any(Verdict::TooFew) {
        ("neutral", "Too few to tell", format!("A verdict needs {} recipients of each", format::grouped(1_000.0, 0)))
    } else if any(Verdict::Better) {
        ("good", "A difference beyond chance", "At 95 % confidence".to_owned())
    } else {
        ("neutral", "No difference beyond chance", "At 95 % confidence".to_owned())
    };
    Badge { tone, word: word.to_owned(), why }
}

fn sentence(arms: &[Arm], rate: &Rate, outcome: &Outcome) -> String {
    let each: Vec<String> = arms
        .iter()
        .filter_map(|it| {
            let (part, whole) = (rate.of)(&it.counts)?;
            let (value, _) = rate_of(part, whole)?;
            let interval = wilson(part, whole, QUANTILES[0])?;
            Some(format!(
                "“{}” {} ({} to {})",
                it.name,
                format::percent(value),
                format::percent(interval.low),
                format::percent(interval.high)
            ))
        })
        .collect();
    let (best, next) = (&arms[outcome.best].name, &arms[outcome.next].name);
    let points = |it: f64| format::grouped(it * 100.0, 2);
    let ahead = format!(
        "{} points between the first two ({} to {})",
        points(outcome.ahead),
        points(outcome.interval.low),
        points(outcome.interval.high)
    );
    let verdict = match outcome.verdict {
        // Said once, before all of these.
        Verdict::TooFew => String::new(),
        Verdict::Chance => " That may be chance.".to_owned(),
        Verdict::Better if arms.len() > 2 => format!(" “{best}” did better than each of the others."),
        Verdict::Better => format!(" “{best}” did better than “{next}”."),
    };
    format!("{}: {}; {ahead}.{verdict}", rate.title, each.join(", "))
}

fn quantile(comparisons: usize) -> f64 {
    QUANTILES[comparisons.clamp(1, QUANTILES.len()) - 1]
}

#[expect(clippy::cast_precision_loss, reason = "no campaign reaches 2^53 people")]
fn rate_of(part: i64, whole: i64) -> Option<(f64, f64)> {
    (whole > 0 && (0..=whole).contains(&part)).then(|| (part as f64 / whole as f64, whole as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(one: Option<Interval>, low: f64, high: f64) {
        let it = one.expect("an interval");
        assert!((it.low - low).abs() < 5e-5 && (it.high - high).abs() < 5e-5, "{it:?} is not {low} to {high}");
    }

    fn arm(recipients: i64, clicked: i64) -> Arm {
        let counts = Counts { recipients, delivered: recipients, clicked, ..Counts::nothing(true) };
        Arm { name: format!("{clicked}"), counts }
    }

    fn verdict(arms: &[Arm]) -> Verdict {
        outcome(arms, &RATES[1]).expect("an outcome").verdict
    }

    #[test]
    fn wilson_is_as_published() {
        // Newcombe (1998), Stat. Med. 17, 857–872, table I, method 3.
        near(wilson(81, 263, QUANTILES[0]), 0.2553, 0.3662);
        near(wilson(15, 148, QUANTILES[0]), 0.0624, 0.1605);
        near(wilson(0, 20, QUANTILES[0]), 0.0, 0.1611);
        near(wilson(1, 29, QUANTILES[0]), 0.0061, 0.1718);
        near(wilson(20, 20, QUANTILES[0]), 0.8389, 1.0);
    }

    #[test]
    fn of_nothing_there_is_no_interval() {
        assert_eq!(wilson(0, 0, QUANTILES[0]), None);
        assert_eq!(wilson(3, 2, QUANTILES[0]), None, "more opened than were told of");
        assert_eq!(difference((0, 0), (1, 2), QUANTILES[0]), None);
    }

    #[test]
    fn a_difference_is_as_published() {
        // Newcombe (1998), Stat. Med. 17, 873–890, table II, method 10.
        near(difference((56, 70), (48, 80), QUANTILES[0]), 0.0524, 0.3339);
        near(difference((9, 10), (3, 10), QUANTILES[0]), 0.1705, 0.8090);
        near(difference((10, 10), (0, 20), QUANTILES[0]), 0.6791, 1.0);
    }

    #[test]
    fn a_verdict_needs_a_thousand_recipients_of_each() {
        assert_eq!(verdict(&[arm(999, 90), arm(1_000, 10)]), Verdict::TooFew);
        assert_eq!(verdict(&[arm(1_000, 90), arm(1_000, 10)]), Verdict::Better);
        assert_eq!(verdict(&[arm(1_000, 30), arm(1_000, 25)]), Verdict::Chance);
        assert!(outcome(&[arm(1_000, 30)], &RATES[1]).is_none(), "one arm is no test");
        assert!(outcome(&[arm(1_000, 30), arm(0, 0)], &RATES[1]).is_none());
    }

    #[test]
    fn more_arms_have_to_show_more() {
        let two = [arm(1_000, 50), arm(1_000, 31)];
        assert_eq!(verdict(&two), Verdict::Better);
        let many: Vec<Arm> = two.into_iter().chain((0..7).map(|_| arm(1_000, 31))).collect();
        assert_eq!(verdict(&many), Verdict::Chance);
    }

    #[test]
    fn the_best_is_found_wherever_it_stands() {
        let outcome = outcome(&[arm(1_000, 10), arm(1_000, 90), arm(1_000, 40)], &RATES[1]).expect("an outcome");
        assert_eq!((outcome.best, outcome.next), (1, 2));
        assert!((outcome.ahead - 0.05).abs() < 1e-12);
    }
}
