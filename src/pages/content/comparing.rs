//! Whether messages with a feature do better than those without: quotients of sums, and how far chance may have moved them.

/// What one message was sent to, and what came of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Message {
    pub(super) recipients: f64,
    pub(super) delivered: f64,
    pub(super) openable: f64,
    pub(super) opened: f64,
    pub(super) clicked: f64,
    /// Unknown where nothing stands for conversions.
    pub(super) revenue: Option<f64>,
}

/// Messages below which a comparison says nothing: the spread among fewer is not known.
pub(super) const MESSAGES_LEAST: usize = 5;

/// Clicks below which a side is too thin for a rate.
const CLICKS_LEAST: f64 = 20.0;

/// A quotient of sums with its variance over messages, by the ratio estimator (Cochran, Sampling Techniques, chapter 6).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ratio {
    pub(super) value: f64,
    variance: f64,
    count: usize,
}

/// How much more it is on one side, with the interval that holds it in 95 of 100 such samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Difference {
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// What the sample says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    TooFew,
    Nothing,
    Better,
    Worse,
    /// More clicks and less revenue, or the other way round.
    Mixed,
}

impl Verdict {
    #[must_use]
    pub(super) fn word(self) -> &'static str {
        match self {
            Verdict::TooFew => "Too few messages",
            Verdict::Nothing => "No difference seen",
            Verdict::Better => "Better",
            Verdict::Worse => "Worse",
            Verdict::Mixed => "Mixed",
        }
    }

    /// By clicks and revenue; opens do not count, because machines make most of them.
    #[must_use]
    pub(super) fn of(clicks: Option<Difference>, revenue: Option<Difference>, enough: bool) -> Verdict {
        let Some(clicks) = clicks.filter(|_| enough) else { return Verdict::TooFew };
        let sides = [Some(clicks), revenue].into_iter().flatten();
        let (more, less) = sides.fold((false, false), |it, side| (it.0 || side.low > 0.0, it.1 || side.high < 0.0));
        match (more, less) {
            (false, false) => Verdict::Nothing,
            (true, false) => Verdict::Better,
            (false, true) => Verdict::Worse,
            (true, true) => Verdict::Mixed,
        }
    }
}

impl Ratio {
    /// The sum of the first over the sum of the second; nothing where that is zero.
    #[must_use]
    pub(super) fn of(pairs: &[(f64, f64)]) -> Option<Ratio> {
        let (part, whole) = pairs.iter().fold((0.0, 0.0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
        if whole <= 0.0 {
            return None;
        }
        let (value, count) = (part / whole, pairs.len());
        let spread: f64 = pairs.iter().map(|(part, whole)| (part - value * whole).powi(2)).sum();
        let variance =
            if count > 1 { of_count(count) / of_count(count - 1) * spread / whole.powi(2) } else { f64::NAN };
        Some(Ratio { value, variance, count })
    }

    /// How much more this is than the other; nothing where a side is a single message.
    #[must_use]
    pub(super) fn less(self, other: Ratio) -> Option<Difference> {
        let fewer = self.count.min(other.count);
        if fewer < 2 {
            return None;
        }
        let value = self.value - other.value;
        let reach = quantile(fewer - 1) * (self.variance + other.variance).sqrt();
        Some(Difference { value, low: value - reach, high: value + reach })
    }
}

/// How both sides compare: the rate of the one, how far it is from the other, and what that says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comparison {
    pub(super) click_rate: Option<f64>,
    pub(super) clicks: Option<Difference>,
    pub(super) revenue_per_recipient: Option<f64>,
    pub(super) revenue: Option<Difference>,
    pub(super) verdict: Verdict,
}

impl Comparison {
    /// Of messages with something against those without it.
    #[must_use]
    pub(super) fn of(with: &[Message], without: &[Message]) -> Comparison {
        let clicks =
            |side: &[Message]| Ratio::of(&side.iter().map(|it| (it.clicked, it.delivered)).collect::<Vec<_>>());
        let revenue = |side: &[Message]| {
            let pairs: Option<Vec<_>> = side.iter().map(|it| Some((it.revenue?, it.recipients))).collect();
            Ratio::of(&pairs?)
        };
        let between = |one: Option<Ratio>, other: Option<Ratio>| one?.less(other?);
        let clicked = |side: &[Message]| side.iter().map(|it| it.clicked).sum::<f64>();
        let (clicks_with, revenue_with) = (clicks(with), revenue(with));
        let (clicks_apart, revenue_apart) =
            (between(clicks_with, clicks(without)), between(revenue_with, revenue(without)));
        let enough = [with, without].iter().all(|it| it.len() >= MESSAGES_LEAST && clicked(it) >= CLICKS_LEAST);
        Comparison {
            click_rate: clicks_with.map(|it| it.value),
            clicks: clicks_apart,
            revenue_per_recipient: revenue_with.map(|it| it.value),
            revenue: revenue_apart,
            verdict: Verdict::of(clicks_apart, revenue_apart, enough),
        }
    }
}

/// How much larger the share of `one` is than that of `other`, each `(part, whole)`, where each of the whole is a draw of its
/// own: Newcombe's interval from two of Wilson's (Statistics in Medicine 17, 1998, method 10), which also holds for few. Where
/// `one` was chosen among `many`, the interval is as much wider as Bonferroni has it.
#[must_use]
pub(super) fn between_shares(one: (f64, f64), other: (f64, f64), many: usize) -> Option<Difference> {
    let z = normal(0.025 / of_count(many.max(1)));
    let wilson = |(part, whole): (f64, f64)| {
        let share = part / whole;
        let middle = (share + z * z / (2.0 * whole)) / (1.0 + z * z / whole);
        let reach = z / (1.0 + z * z / whole) * (share * (1.0 - share) / whole + z * z / (4.0 * whole * whole)).sqrt();
        (share, middle - reach, middle + reach)
    };
    if one.1 <= 0.0 || other.1 <= 0.0 {
        return None;
    }
    let ((a, a_low, a_high), (b, b_low, b_high)) = (wilson(one), wilson(other));
    let value = a - b;
    let low = value - ((a - a_low).powi(2) + (b_high - b).powi(2)).sqrt();
    let high = value + ((a_high - a).powi(2) + (b - b_low).powi(2)).sqrt();
    Some(Difference { value, low, high })
}

/// Of the normal distribution, for 95 % on both sides.
const NORMAL: f64 = 1.959_963_985;

/// The quantile of the normal distribution with so much above it (Abramowitz and Stegun 26.2.23, within 0.00045).
fn normal(above: f64) -> f64 {
    let t = (-2.0 * above.ln()).sqrt();
    t - (2.515_517 + 0.802_853 * t + 0.010_328 * t * t)
        / (1.0 + 1.432_788 * t + 0.189_269 * t * t + 0.001_308 * t * t * t)
}

/// Of Student's t, for 95 % on both sides: exact for the first degrees of freedom, then Abramowitz and Stegun 26.7.5.
fn quantile(degrees: usize) -> f64 {
    const FIRST: [f64; 8] = [12.706_205, 4.302_653, 3.182_446, 2.776_445, 2.570_582, 2.446_912, 2.364_624, 2.306_004];
    if let Some(known) = degrees.checked_sub(1).and_then(|it| FIRST.get(it)) {
        return *known;
    }
    let (z, n) = (NORMAL, of_count(degrees));
    z + (z.powi(3) + z) / (4.0 * n)
        + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * n * n)
        + (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / (384.0 * n * n * n)
}

#[expect(clippy::cast_precision_loss, reason = "no account has 2^53 messages")]
fn of_count(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64, by: f64) {
        assert!((a - b).abs() < by, "{a} is not {b}");
    }

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (degrees, expected) in [(1, 12.706), (4, 2.776), (5, 2.571), (10, 2.228), (30, 2.042), (1_000, 1.962)] {
            near(quantile(degrees), expected, 0.001);
        }
    }

    #[test]
    fn a_ratio_divides_sums_and_varies_as_its_messages_do() {
        // 3 of 100 and 1 of 100: two percent; the residuals are ±1, so 2/1 × 2 / 200².
        let ratio = Ratio::of(&[(3.0, 100.0), (1.0, 100.0)]).expect("a ratio");
        near(ratio.value, 0.02, 1e-12);
        near(ratio.variance, 1e-4, 1e-12);
        assert_eq!(Ratio::of(&[(0.0, 0.0)]), None, "of nothing there is no share");
        // A large message weighs more than a small one.
        near(Ratio::of(&[(30.0, 1_000.0), (0.0, 10.0)]).expect("a ratio").value, 30.0 / 1_010.0, 1e-12);
    }

    fn messages(clicks: &[f64]) -> Vec<Message> {
        clicks
            .iter()
            .map(|it| Message {
                recipients: 1_000.0,
                delivered: 1_000.0,
                openable: 1_000.0,
                opened: 200.0,
                clicked: *it,
                revenue: Some(it * 2.0),
            })
            .collect()
    }

    #[test]
    fn a_clear_difference_is_told_and_a_blurred_one_is_not() {
        let (low, high) = (messages(&[10.0, 11.0, 9.0, 10.0, 12.0]), messages(&[30.0, 31.0, 29.0, 30.0, 32.0]));
        let comparison = Comparison::of(&high, &low);
        assert_eq!(comparison.verdict, Verdict::Better);
        let clicks = comparison.clicks.expect("a difference");
        near(clicks.value, 0.02, 1e-12);
        // Residuals of both sides: −0.4, 0.6, −1.4, −0.4, 1.6, whose squares sum to 5.2; 5/4 × 5.2 / 5000² twice, t of 4 is 2.776.
        near(clicks.high - clicks.value, 2.776_445 * (2.0 * 1.25 * 5.2 / 25e6_f64).sqrt(), 1e-9);
        assert_eq!(Comparison::of(&low, &high).verdict, Verdict::Worse);
        let wide = messages(&[2.0, 60.0, 1.0, 50.0, 3.0]);
        assert_eq!(Comparison::of(&wide, &low).verdict, Verdict::Nothing);
        assert_eq!(Comparison::of(&high[..4], &low).verdict, Verdict::TooFew, "four messages are not enough");
        let few_clicks = messages(&[1.0, 1.0, 1.0, 1.0, 1.0]);
        assert_eq!(Comparison::of(&few_clicks, &low).verdict, Verdict::TooFew);
    }

    #[test]
    fn clicks_and_revenue_that_disagree_are_mixed() {
        let (up, down) =
            (Difference { value: 0.1, low: 0.05, high: 0.15 }, Difference { value: -0.1, low: -0.15, high: -0.05 });
        assert_eq!(Verdict::of(Some(up), Some(down), true), Verdict::Mixed);
        assert_eq!(Verdict::of(Some(up), None, true), Verdict::Better, "without revenue the clicks decide");
        assert_eq!(Verdict::of(None, Some(up), true), Verdict::TooFew);
    }

    #[test]
    fn shares_differ_as_newcombe_has_it() {
        // The first example of the paper: 56 of 70 against 48 of 80, from 0.0524 to 0.3339.
        let it = between_shares((56.0, 70.0), (48.0, 80.0), 1).expect("a difference");
        near(it.value, 0.2, 1e-9);
        near(it.low, 0.0524, 2e-4);
        near(it.high, 0.3339, 2e-4);
        near(normal(0.025), 1.960, 0.000_5);
        near(normal(0.025 / 20.0), 3.0233, 0.000_5);
        let chosen = between_shares((56.0, 70.0), (48.0, 80.0), 20).expect("a difference");
        assert!(chosen.low < 0.0, "of twenty, the best may be that much better by chance");
        assert_eq!(between_shares((0.0, 0.0), (1.0, 2.0), 1), None);
    }
}
