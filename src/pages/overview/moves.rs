//! What changed most, and why: a change taken apart into what made it.
//!
//! Revenue is recipients × orders a recipient × value an order, and submissions are views × submissions a view. A change of
//! such a product is the sum of one effect a factor: by the logarithmic mean (Ang, "The LMDI approach to decomposition
//! analysis", 2005), which leaves no rest, or, where a factor was or became nothing, by changing one factor after the other.

use crate::web::format::{self, counted};

/// A product of a volume, a rate and a value, as it was counted: so many reached, so many of them did it, worth so much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Factors {
    pub(super) reached: f64,
    pub(super) done: f64,
    pub(super) worth: f64,
}

/// What each factor added to a change, in the unit of what it is worth; they add up to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Effects {
    /// More or fewer were reached.
    pub(super) volume: f64,
    /// More or fewer of them did it.
    pub(super) rate: f64,
    /// Each was worth more or less.
    pub(super) value: f64,
}

/// What things are called in a reason.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    /// "recipients"
    pub(super) reached: &'static str,
    /// "orders"
    pub(super) done: &'static str,
    /// "conversion"
    pub(super) rate: &'static str,
    /// "order value"; empty where each is worth one
    pub(super) value: &'static str,
}

pub(super) const EARNED: Words =
    Words { reached: "recipients", done: "orders", rate: "conversion", value: "order value" };
pub(super) const SUBMITTED: Words = Words { reached: "views", done: "submissions", rate: "submit rate", value: "" };

/// An effect smaller than this part of the largest is not worth a word.
const WORTH_A_WORD: f64 = 0.1;

/// Klaviyo's usual window of attribution: on fewer days orders mostly follow earlier sends.
pub(super) const DAYS_LEAST: u64 = 5;

impl Factors {
    fn rate(self) -> f64 {
        if self.reached > 0.0 { self.done / self.reached } else { 0.0 }
    }

    fn value(self) -> f64 {
        if self.done > 0.0 { self.worth / self.done } else { 0.0 }
    }

    fn is_positive(self) -> bool {
        self.reached > 0.0 && self.done > 0.0 && self.worth > 0.0
    }

    /// Whether something was done though nobody was reached: by those reached earlier.
    fn is_late(self) -> bool {
        self.reached == 0.0 && self.done > 0.0
    }
}

/// What made the change from `before` to `now`; nothing where one side cannot be taken apart, because something was done
/// though nobody was reached on these days.
pub(super) fn effects(before: Factors, now: Factors) -> Option<Effects> {
    if before.is_late() || now.is_late() {
        return None;
    }
    if before.is_positive() && now.is_positive() {
        let weight = logarithmic_mean(now.worth, before.worth);
        return Some(Effects {
            volume: weight * (now.reached / before.reached).ln(),
            rate: weight * (now.rate() / before.rate()).ln(),
            value: weight * (now.value() / before.value()).ln(),
        });
    }
    // Where nothing was done there is no value: that of the other side stands in, so that it explains nothing.
    let (was, is) = match (before.done > 0.0, now.done > 0.0) {
        (false, _) => (now.value(), now.value()),
        (true, false) => (before.value(), before.value()),
        (true, true) => (before.value(), now.value()),
    };
    Some(Effects {
        volume: (now.reached - before.reached) * before.rate() * was,
        rate: now.reached * (now.rate() - before.rate()) * was,
        value: now.reached * now.rate() * (is - was),
    })
}

/// Between two positive numbers: `(a − b) / (ln a − ln b)`, and `a` where they are equal.
fn logarithmic_mean(a: f64, b: f64) -> f64 {
    let ratio = (a / b).ln();
    if ratio.abs() < 1e-9 { a } else { (a - b) / ratio }
}

/// The reason of a change in words, by its own numbers, the largest effect first; `write` writes what it is worth.
pub(super) fn reason(before: Factors, now: Factors, words: Words, write: impl Fn(f64) -> String) -> String {
    let count = |it: f64| format::grouped(it, 0);
    let Words { reached, done, .. } = words;
    if before.reached == 0.0 && before.done == 0.0 {
        if now.is_late() {
            return format!("nothing before; now {} from earlier sends", counted(now.done, done));
        }
        return format!("nothing before; now {}, {}", counted(now.reached, reached), counted(now.done, done));
    }
    if now.reached == 0.0 && now.done == 0.0 && before.is_late() {
        return format!("nothing now; before {} from earlier sends", counted(before.done, done));
    }
    if now.reached == 0.0 && now.done == 0.0 {
        return format!("nothing now; before {}, {}", counted(before.reached, reached), counted(before.done, done));
    }
    let Some(effects) = effects(before, now) else {
        let late = if now.is_late() { "these days" } else { "the days before" };
        return format!("{} after {}: nothing was sent on {late}", counted(now.done, done), count(before.done));
    };
    let signed = |it: f64| format!("{}{}", if it > 0.0 { "+" } else { "" }, write(it));
    let percent = format::percent;
    let mut said = vec![
        (
            effects.volume,
            format!("{} {reached}, {} → {}", more(effects.volume), count(before.reached), count(now.reached)),
        ),
        (
            effects.rate,
            format!("{} {}, {} → {}", higher(effects.rate), words.rate, percent(before.rate()), percent(now.rate())),
        ),
        (
            effects.value,
            format!("{} {}, {} → {}", higher(effects.value), words.value, write(before.value()), write(now.value())),
        ),
    ];
    said.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    let largest = said[0].0.abs();
    let said = said.into_iter().filter(|it| it.0 != 0.0 && it.0.abs() >= largest * WORTH_A_WORD);
    said.map(|(effect, words)| format!("{words} ({})", signed(effect))).collect::<Vec<_>>().join("; ")
}

/// The reason of a change on so few days that what was done mostly follows what was sent before them: without those reached,
/// because no rate is theirs.
pub(super) fn reason_of_few_days(before: Factors, now: Factors, words: Words, write: impl Fn(f64) -> String) -> String {
    if before.is_late() || now.is_late() {
        return reason(before, now, words, write);
    }
    let Words { done, .. } = words;
    let said = match (before.done > 0.0, now.done > 0.0) {
        (false, true) => format!("nothing before; now {}", counted(now.done, done)),
        (true, false) => format!("nothing now; before {}", counted(before.done, done)),
        _ => {
            let alone = |it: Factors| Factors { reached: it.done, ..it };
            reason(alone(before), alone(now), Words { reached: done, ..words }, write)
        }
    };
    format!("{said}; {done} may follow earlier sends")
}

fn more(effect: f64) -> &'static str {
    if effect < 0.0 { "fewer" } else { "more" }
}

fn higher(effect: f64) -> &'static str {
    if effect < 0.0 { "lower" } else { "higher" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn factors(reached: f64, done: f64, worth: f64) -> Factors {
        Factors { reached, done, worth }
    }

    fn sum(effects: Effects) -> f64 {
        effects.volume + effects.rate + effects.value
    }

    #[test]
    fn a_change_of_one_factor_is_its_effect_alone() {
        let before = factors(1_000.0, 10.0, 500.0);
        for (now, wanted) in [
            (factors(2_000.0, 20.0, 1_000.0), [500.0, 0.0, 0.0]),
            (factors(1_000.0, 20.0, 1_000.0), [0.0, 500.0, 0.0]),
            (factors(1_000.0, 10.0, 1_000.0), [0.0, 0.0, 500.0]),
            (factors(500.0, 5.0, 250.0), [-250.0, 0.0, 0.0]),
            (factors(1_000.0, 0.0, 0.0), [0.0, -500.0, 0.0]),
        ] {
            let Effects { volume, rate, value } = effects(before, now).expect("effects");
            let close = [volume, rate, value].iter().zip(wanted).all(|(got, wanted)| (got - wanted).abs() < 1e-9);
            assert!(close, "{now:?}: {volume} {rate} {value}");
        }
    }

    #[test]
    fn what_nobody_was_reached_for_cannot_be_taken_apart() {
        assert_eq!(effects(factors(0.0, 2.0, 100.0), factors(1_000.0, 10.0, 500.0)), None);
        assert_eq!(effects(factors(1_000.0, 10.0, 500.0), factors(0.0, 2.0, 100.0)), None);
    }

    #[test]
    fn a_reason_names_the_largest_effect_first_and_leaves_out_the_small() {
        let dollars = |it: f64| format::money_short(it, "USD");
        let said = reason(factors(1_000.0, 10.0, 500.0), factors(1_010.0, 20.0, 1_000.0), EARNED, dollars);
        assert!(said.starts_with("higher conversion, 1.00% → 1.98% (+$4"), "{said}");
        assert!(!said.contains("recipients") && !said.contains("order value"), "{said}");
        let said = reason(factors(1_000.0, 10.0, 500.0), factors(500.0, 10.0, 400.0), EARNED, dollars);
        assert!(
            said.contains("fewer recipients, 1,000 → 500 (−$") && said.contains("lower order value, $50"),
            "{said}"
        );
        let said = reason(factors(0.0, 0.0, 0.0), factors(500.0, 10.0, 400.0), EARNED, dollars);
        assert_eq!(said, "nothing before; now 500 recipients, 10 orders");
        let said = reason(factors(500.0, 10.0, 400.0), factors(0.0, 2.0, 80.0), EARNED, dollars);
        assert_eq!(said, "2 orders after 10: nothing was sent on these days");
    }

    #[test]
    fn a_reason_of_few_days_names_no_rate() {
        let said = |before, now| reason_of_few_days(before, now, EARNED, |it| format::money_short(it, "USD"));
        assert_eq!(
            said(factors(20.0, 0.0, 0.0), factors(17.0, 6.0, 500.0)),
            "nothing before; now 6 orders; orders may follow earlier sends"
        );
        assert_eq!(
            said(factors(20.0, 1.0, 80.0), factors(17.0, 0.0, 0.0)),
            "nothing now; before 1 order; orders may follow earlier sends"
        );
        assert_eq!(
            said(factors(20.0, 2.0, 100.0), factors(17.0, 6.0, 300.0)),
            "more orders, 2 → 6 (+$200.00); orders may follow earlier sends"
        );
        assert_eq!(
            said(factors(20.0, 2.0, 100.0), factors(0.0, 1.0, 50.0)),
            "1 order after 2: nothing was sent on these days"
        );
    }

    proptest! {
        #[test]
        fn effects_add_up_to_the_change(
            a in (1_u32..100_000, 0_u32..500, 1_u32..50_000),
            b in (1_u32..100_000, 0_u32..500, 1_u32..50_000),
        ) {
            let of = |(reached, done, cents): (u32, u32, u32)| {
                factors(f64::from(reached), f64::from(done), f64::from(done) * f64::from(cents) / 100.0)
            };
            let (before, now) = (of(a), of(b));
            let effects = effects(before, now).expect("somebody was reached");
            let change = now.worth - before.worth;
            prop_assert!((sum(effects) - change).abs() < 1e-6 * (1.0 + before.worth + now.worth), "{effects:?} of {change}");
        }
    }
}
