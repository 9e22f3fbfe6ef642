//! How far chance may have moved what subject lines of a kind seem to bring, and what may be said of it.

use serde_json::Value;

use super::account::Sender;
use super::content::FEATURES;
use super::facts::{Counts, Fact, Way, count};
use super::paper::{Paper, Range};
use super::{METRICS, SHOP};

/// E-mails and clicks of either side below which nothing is said.
const LEAST: (usize, f64) = (5, 20.0);

/// A part and a whole of each message.
type Pairs = Vec<(f64, f64)>;

/// A difference of two quotients, and what it may be as well.
#[derive(Debug, Clone, Copy)]
struct Apart {
    value: f64,
    reach: f64,
}

#[test]
fn what_subjects_bring_is_as_sure_as_the_raw_events_make_it() {
    let served = SHOP.serve();
    let facts = SHOP.facts(METRICS[0], false);
    let mut words = std::collections::BTreeSet::new();
    for range in SHOP.ranges() {
        let paper = Paper::of(&served, &format!("/content?range={}", range.text));
        let of = |it: &Fact<'_>| {
            let is_mail = it.channel == "email" && matches!(it.sender, Some(Sender::Campaign(_)));
            SHOP.account
                .subjects
                .get(&it.message)
                .filter(|_| is_mail)
                .map(|subject| (it.message.clone(), subject.clone()))
        };
        let mut messages = facts.counts(Way::by_send_day(range.first, range.last), of);
        messages.retain(|_, it| it.recipients() > 0);
        for row in paper.block("content_subjects")["rows"].as_array().expect("rows") {
            let feature = FEATURES.iter().find(|it| row["feature"] == it.0);
            let Some((_, is_in)) = feature else { continue };
            let (with, without): (Vec<_>, Vec<_>) = messages.iter().partition(|it| is_in(&it.0.1));
            let counts = |side: Vec<(&(String, String), &Counts)>| -> Vec<Counts> {
                side.into_iter().map(|it| it.1.clone()).collect()
            };
            words.insert(sides(&paper, &range, row, &counts(with), &counts(without)));
        }
    }
    assert!(words.len() > 1, "verdicts that are met: {words:?}");
}

/// The verdict.
fn sides(paper: &Paper, range: &Range, row: &Value, with: &[Counts], without: &[Counts]) -> &'static str {
    let pairs = |side: &[Counts], of: fn(&Counts) -> (f64, f64)| side.iter().map(of).collect::<Pairs>();
    let clicks = |it: &Counts| (float(it.clicked), float(it.delivered));
    let revenue = |it: &Counts| (float(it.revenue) / 10_000.0, float(it.recipients()));
    let clicked = apart(&pairs(with, clicks), &pairs(without, clicks));
    let earned = apart(&pairs(with, revenue), &pairs(without, revenue));
    for (name, it) in [("click", clicked), ("revenue", earned)] {
        let close = |got: &Value, expected: Option<f64>| match (got.as_f64(), expected) {
            // Quantiles are rounded.
            (Some(got), Some(expected)) => it.is_some_and(|it| (got - expected).abs() <= 2e-3 * it.reach + 1e-12),
            (got, expected) => got.is_none() && expected.is_none(),
        };
        for (side, expected) in [
            ("Difference", it.map(|it| it.value)),
            ("Low", it.map(|it| it.value - it.reach)),
            ("High", it.map(|it| it.value + it.reach)),
        ] {
            let got = &row[format!("{name}{side}")];
            assert!(close(got, expected), "{}: {range:?}: {name}{side} of {row}, and counted {it:?}", paper.asked);
        }
    }
    let is_enough =
        |it: &[Counts]| it.len() >= LEAST.0 && it.iter().map(|it| float(it.clicked)).sum::<f64>() >= LEAST.1;
    let known: Vec<Apart> = [clicked, earned].into_iter().flatten().collect();
    let (more, less) = (known.iter().any(|it| it.value > it.reach), known.iter().any(|it| it.value < -it.reach));
    let verdict = match (clicked.is_some() && is_enough(with) && is_enough(without), more, less) {
        (false, ..) => "Too few messages",
        (_, false, false) => "No difference seen",
        (_, true, false) => "Better",
        (_, false, true) => "Worse",
        (_, true, true) => "Mixed",
    };
    assert_eq!(row["verdict"], verdict, "{}: {row}", paper.asked);
    verdict
}

/// The quotient of the sums on one side less that on the other: each varies as its messages lie off it.
fn apart(with: &[(f64, f64)], without: &[(f64, f64)]) -> Option<Apart> {
    let ((value, variance), (other, other_variance)) = (quotient(with)?, quotient(without)?);
    let freedom = with.len().min(without.len()) - 1;
    let reach = student(freedom) * (variance + other_variance).sqrt();
    Some(Apart { value: value - other, reach })
}

/// A quotient of sums with its variance; of one message nobody knows how it varies.
fn quotient(pairs: &[(f64, f64)]) -> Option<(f64, f64)> {
    let whole: f64 = pairs.iter().map(|it| it.1).sum();
    if pairs.len() < 2 || whole <= 0.0 {
        return None;
    }
    let value = pairs.iter().map(|it| it.0).sum::<f64>() / whole;
    let off: f64 = pairs.iter().map(|it| (it.0 - value * it.1) * (it.0 - value * it.1)).sum();
    let number = of(pairs.len());
    Some((value, number / (number - 1.0) * off / (whole * whole)))
}

/// Between minus and plus which of Student's distribution 95 in a hundred lie, by its density.
fn student(freedom: usize) -> f64 {
    let (mut low, mut high) = (0.0, 13.0);
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        if below(middle, freedom) < 0.475 { low = middle } else { high = middle }
    }
    low
}

/// The part of Student's distribution between nothing and `t`, by Simpson's rule.
fn below(t: f64, freedom: usize) -> f64 {
    let n = of(freedom);
    let density = |x: f64| (1.0 + x * x / n).powf(-f64::midpoint(n, 1.0));
    let steps = 200;
    let width = t / of(steps);
    let weigh = |it: usize| match it {
        0 => 1.0,
        it if it == steps => 1.0,
        it if it % 2 == 1 => 4.0,
        _ => 2.0,
    };
    let sum: f64 = (0..=steps).map(|it| weigh(it) * density(of(it) * width)).sum();
    peak(freedom) * sum * width / 3.0
}

/// The density of Student's distribution at nothing, from that of two degrees less.
fn peak(freedom: usize) -> f64 {
    match freedom {
        0 | 1 => std::f64::consts::FRAC_1_PI,
        2 => std::f64::consts::FRAC_1_SQRT_2 / 2.0,
        more => {
            let n = of(more - 2);
            peak(more - 2) * (n + 1.0) / n * (n / (n + 2.0)).sqrt()
        }
    }
}

fn float(it: i64) -> f64 {
    count(it).unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "numbers of a small shop")]
fn of(it: usize) -> f64 {
    it as f64
}
