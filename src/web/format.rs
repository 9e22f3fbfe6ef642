//! How numbers, days and sizes are written for people. Pure functions: what is unknown is [`UNKNOWN`], never zero.

use std::fmt::Write as _;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike, Utc};
use chrono_tz::Tz;

/// What stands where a value is not known: a rate without a denominator, a past before there was data.
pub const UNKNOWN: &str = "–";

/// U+2212, which has the width of the plus sign; a hyphen does not.
const MINUS: char = '−';

/// From here on a number on a card is written compactly; the exact one is in its title.
const COMPACT_FROM: f64 = 100_000.0;

/// A count with its noun, which is given as of many: "1 order", "2 orders".
#[must_use]
pub fn counted(count: f64, words: &str) -> String {
    let one = words.strip_suffix('s').filter(|_| (count - 1.0).abs() < 0.5);
    format!("{} {}", grouped(count, 0), one.unwrap_or(words))
}

/// `12345.678` with two decimals is `12,345.68`.
#[must_use]
pub fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = String::with_capacity(text.len() + text.len() / 3 + 1);
    if value < 0.0 && text.bytes().any(|it| (b'1'..=b'9').contains(&it)) {
        out.push(MINUS);
    }
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// Up to five digits as they are, then `123.5K`, `1.24M`, `12.4B`.
#[must_use]
pub fn compact(value: f64) -> String {
    if value.abs() < COMPACT_FROM {
        return grouped(value, usize::from(value.fract() != 0.0 && value.abs() < 100.0));
    }
    let (divisor, unit) = scale(value.abs());
    let scaled = value / divisor;
    let decimals = match scaled.abs() {
        it if it < 10.0 => 2,
        it if it < 1_000.0 => 1,
        _ => 0,
    };
    grouped(scaled, decimals) + unit
}

/// The unit is chosen so that rounding never shows `1,000.0K`.
fn scale(size: f64) -> (f64, &'static str) {
    match size {
        it if it < 999_950.0 => (1e3, "K"),
        it if it < 999_950_000.0 => (1e6, "M"),
        _ => (1e9, "B"),
    }
}

/// An amount to the cent: `$1,234.50`, `−€5.00`, `CHF 12.00`, `¥1,235`.
#[must_use]
pub fn money(value: f64, currency: &str) -> String {
    with_currency(&grouped(value, minor_digits(currency)), currency)
}

/// An amount as a table or a card shows it: cents below a thousand, whole units up to five digits, then compact.
#[must_use]
pub fn money_short(value: f64, currency: &str) -> String {
    // Sums of the same amounts differ behind the last digit, by their order: they are not to be rounded apart.
    let smallest = 10_f64.powi(i32::try_from(minor_digits(currency)).unwrap_or_default());
    let value = (value * smallest).round() / smallest;
    let number = match value.abs() {
        it if it < 1_000.0 => grouped(value, minor_digits(currency)),
        it if it < COMPACT_FROM => grouped(value, 0),
        _ => compact(value),
    };
    with_currency(&number, currency)
}

/// Currencies whose smallest unit is the whole one, of those that Klaviyo's shops use (ISO 4217).
fn minor_digits(currency: &str) -> usize {
    match currency {
        "JPY" | "KRW" | "CLP" | "VND" | "ISK" | "HUF" => 0,
        _ => 2,
    }
}

/// The sign of a currency where readers of English know it by one; its code where they do not.
fn with_currency(number: &str, currency: &str) -> String {
    let (sign, digits) = match number.strip_prefix(MINUS) {
        Some(digits) => ("−", digits),
        None => ("", number),
    };
    match currency {
        "USD" => format!("{sign}${digits}"),
        "EUR" => format!("{sign}€{digits}"),
        "GBP" => format!("{sign}£{digits}"),
        "JPY" => format!("{sign}¥{digits}"),
        "INR" => format!("{sign}₹{digits}"),
        "CAD" => format!("{sign}CA${digits}"),
        "AUD" => format!("{sign}A${digits}"),
        "NZD" => format!("{sign}NZ${digits}"),
        "" => number.to_owned(),
        code => format!("{sign}{code}\u{a0}{digits}"),
    }
}

/// A span of hours as people say it: `18 min`, `5.2 h`, `3.1 days`.
#[must_use]
pub fn hours(value: f64) -> String {
    match value.abs() {
        it if it < 1.0 => format!("{} min", grouped(value * 60.0, 0)),
        it if it < 48.0 => format!("{} h", grouped(value, 1)),
        _ => format!("{} days", grouped(value / 24.0, 1)),
    }
}

/// A fraction as a percentage: one decimal from ten per cent on, two below, where a tenth would hide the number, and three
/// below a tenth of a per cent, where spam complaints are judged.
#[must_use]
pub fn percent(fraction: f64) -> String {
    let value = fraction * 100.0;
    let is_written_in_two = (value * 100.0 - (value * 100.0).round()).abs() < 0.05;
    let decimals = match value.abs() {
        it if it < 0.0995 && !is_written_in_two => 3,
        it if it < 9.995 => 2,
        _ => 1,
    };
    grouped(value, decimals) + "%"
}

/// The size of a change, whose [`direction`] is said beside it: `12.4%`; from a thousand per cent on as a multiple.
#[must_use]
pub fn change(fraction: f64) -> String {
    let value = fraction.abs() * 100.0;
    if fraction > 0.0 && value >= 1_000.0 {
        return format!("×{}", grouped(fraction + 1.0, 0));
    }
    grouped(value, 1) + "%"
}

/// What a change is called, so that neither an arrow nor a colour is its only carrier.
#[must_use]
pub fn direction(fraction: f64) -> Direction {
    match fraction * 100.0 {
        it if it >= 0.05 => Direction::Up,
        it if it <= -0.05 => Direction::Down,
        _ => Direction::Flat,
    }
}

/// Below a twentieth of a per cent, which would be written `0.0%`, nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Up,
    Down,
    Flat,
}

/// `21 Nov 2026`
#[must_use]
pub fn date(day: NaiveDate) -> String {
    day.format("%-d %b %Y").to_string()
}

/// `21 Nov`
#[must_use]
pub fn day(day: NaiveDate) -> String {
    day.format("%-d %b").to_string()
}

/// `23 Oct – 21 Nov 2026`; the year is written once, where it is the same.
#[must_use]
pub fn span(start: NaiveDate, end: NaiveDate) -> String {
    if start == end {
        return date(end);
    }
    if start.year() == end.year() {
        return format!("{} – {}", day(start), date(end));
    }
    format!("{} – {}", date(start), date(end))
}

/// `21 Nov 2026, 09:24`
#[must_use]
pub fn wall_clock(time: NaiveDateTime) -> String {
    format!("{}, {:02}:{:02}", date(time.date()), time.hour(), time.minute())
}

/// The day of a moment on the wall clock of `zone`; in UTC where the zone is not known.
#[must_use]
pub fn day_of(time: DateTime<Utc>, zone: &str) -> String {
    date(zone.parse::<Tz>().map_or(time.date_naive(), |zone| time.with_timezone(&zone).date_naive()))
}

/// A moment on the wall clock of `zone`; UTC, and said so, where the zone is not known.
#[must_use]
pub fn moment(time: DateTime<Utc>, zone: &str) -> String {
    match zone.parse::<Tz>() {
        Ok(zone) => wall_clock(time.with_timezone(&zone).naive_local()),
        Err(_) => wall_clock(time.naive_utc()) + " UTC",
    }
}

/// A moment to the second, on the wall clock of `zone` or in UTC: `21 Nov, 14:03:22`.
#[must_use]
pub fn second(time: DateTime<Utc>, zone: &str) -> String {
    let local = zone.parse::<Tz>().map_or(time.naive_utc(), |zone| time.with_timezone(&zone).naive_local());
    local.format("%-d %b, %H:%M:%S").to_string()
}

/// `512 B`, `1.5 kB`, `12.0 MB`: powers of a thousand, as Klaviyo and disks count.
#[must_use]
pub fn bytes(count: f64) -> String {
    let (divisor, unit) = match count {
        it if it < 1e3 => return format!("{count:.0} B"),
        it if it < 999.95e3 => (1e3, "kB"),
        it if it < 999.95e6 => (1e6, "MB"),
        _ => (1e9, "GB"),
    };
    format!("{} {unit}", grouped(count / divisor, 1))
}

/// `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`.
#[must_use]
pub fn duration(secs: f64) -> String {
    if secs < 10.0 {
        return format!("{secs:.1} s");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is ten or more")]
    let whole = secs.round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, _) => format!("{minutes} min {seconds} s"),
        _ => format!("{hours} h {minutes} min"),
    }
}

/// The points of a line through `values` in a box, and the same closed to the ground as an area.
/// Unknown values break the line. `None` where there are not two points to join.
#[must_use]
pub fn sparkline(values: &[Option<f64>], width: f64, height: f64) -> Option<Sparkline> {
    let values = &thinned(values);
    let known: Vec<f64> = values.iter().copied().flatten().collect();
    if known.len() < 2 {
        return None;
    }
    let floor = known.iter().copied().fold(f64::INFINITY, f64::min).min(0.0);
    let ceiling = known.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let extent = if ceiling > floor { ceiling - floor } else { 1.0 };
    #[expect(clippy::cast_precision_loss, reason = "days of a range, far below 2^52")]
    let step = width / (values.len() - 1).max(1) as f64;
    let mut line = String::new();
    let mut area = String::new();
    let mut left = 0.0;
    for run in runs(values) {
        for (place, &(index, value)) in run.iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "days of a range, far below 2^52")]
            let x = index as f64 * step;
            // One unit of air above and below keeps the stroke inside the box.
            let y = 1.0 + (height - 2.0) * (1.0 - (value - floor) / extent);
            if place == 0 {
                left = x;
            }
            let verb = if place == 0 { 'M' } else { 'L' };
            let _ = write!(line, "{verb}{x:.1} {y:.1}");
            let _ = write!(area, "{verb}{x:.1} {y:.1}");
            if place + 1 == run.len() {
                let _ = write!(area, "L{x:.1} {height:.1}L{left:.1} {height:.1}Z");
            }
        }
    }
    Some(Sparkline { line, area })
}

/// Most points of a small line: more than its pixels would carry noise, not shape.
const POINTS_MAX: usize = 60;

/// The means of as many neighbours as it takes to be few enough; unknown values count in none.
fn thinned(values: &[Option<f64>]) -> Vec<Option<f64>> {
    let mean = |values: &[Option<f64>]| {
        let (count, sum) = values.iter().flatten().fold((0.0, 0.0), |(count, sum), it| (count + 1.0, sum + it));
        (count > 0.0).then(|| sum / count)
    };
    values.chunks(values.len().div_ceil(POINTS_MAX).max(1)).map(mean).collect()
}

/// Two SVG paths.
#[derive(Debug, PartialEq, Eq)]
pub struct Sparkline {
    pub line: String,
    pub area: String,
}

/// The stretches of known values, with their places.
fn runs(values: &[Option<f64>]) -> Vec<Vec<(usize, f64)>> {
    let mut runs = vec![Vec::new()];
    for (index, value) in values.iter().enumerate() {
        match (value, runs.last_mut()) {
            (Some(value), Some(run)) => run.push((index, *value)),
            _ => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// JSON that may stand inside a `<script>` element: no `<`, `>` or `&`, and no line separator of JavaScript's.
#[must_use]
pub fn script_safe(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for symbol in json.chars() {
        match symbol {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_three() {
        for (value, decimals, expected) in [
            (0.0, 0, "0"),
            (999.0, 0, "999"),
            (1_000.0, 0, "1,000"),
            (-1_234_567.891, 2, "−1,234,567.89"),
            (-0.001, 2, "0.00"),
        ] {
            assert_eq!(grouped(value, decimals), expected);
        }
    }

    #[test]
    fn five_digits_stay_and_six_are_compact() {
        for (value, expected) in [
            (0.0, "0"),
            (4.2, "4.2"),
            (99_999.0, "99,999"),
            (123_456.0, "123.5K"),
            (999_949.0, "999.9K"),
            (999_950.0, "1.00M"),
            (-12_400_000.0, "−12.4M"),
            (2.5e9, "2.50B"),
        ] {
            assert_eq!(compact(value), expected);
        }
    }

    #[test]
    fn money_has_its_sign_or_its_code() {
        for (value, currency, exact, short) in [
            (1_234.56, "USD", "$1,234.56", "$1,235"),
            (-5.0, "EUR", "−€5.00", "−€5.00"),
            (1_234.56, "JPY", "¥1,235", "¥1,235"),
            (12.0, "CHF", "CHF\u{a0}12.00", "CHF\u{a0}12.00"),
            (1_240_000.0, "GBP", "£1,240,000.00", "£1.24M"),
            (7.0, "", "7.00", "7.00"),
        ] {
            assert_eq!((money(value, currency).as_str(), money_short(value, currency).as_str()), (exact, short));
        }
        // However it was added up.
        assert_eq!(money_short(62_035.499_999_999, "USD"), money_short(62_035.5, "USD"));
    }

    #[test]
    fn small_rates_keep_two_decimals() {
        for (fraction, expected) in
            [(0.0016, "0.16%"), (0.0169, "1.69%"), (0.31, "31.0%"), (1.0, "100.0%"), (0.0, "0.00%")]
        {
            assert_eq!(percent(fraction), expected);
        }
    }

    #[test]
    fn a_change_has_size_and_direction() {
        for (fraction, text, way) in [
            (0.124, "12.4%", Direction::Up),
            (-0.03, "3.0%", Direction::Down),
            (0.0001, "0.0%", Direction::Flat),
            (-0.0001, "0.0%", Direction::Flat),
            (11.0, "×12", Direction::Up),
        ] {
            assert_eq!((change(fraction).as_str(), direction(fraction)), (text, way));
        }
    }

    #[test]
    fn a_span_writes_its_year_once() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        assert_eq!(span(day("2026-10-23"), day("2026-11-21")), "23 Oct – 21 Nov 2026");
        assert_eq!(span(day("2025-12-30"), day("2026-01-02")), "30 Dec 2025 – 2 Jan 2026");
        assert_eq!(span(day("2026-01-02"), day("2026-01-02")), "2 Jan 2026");
    }

    #[test]
    fn moments_are_on_the_accounts_wall_clock() {
        let time = "2026-11-21T02:04:00Z".parse().expect("a time");
        assert_eq!(moment(time, "America/New_York"), "20 Nov 2026, 21:04");
        assert_eq!(moment(time, "Mars/Olympus"), "21 Nov 2026, 02:04 UTC");
    }

    #[test]
    fn sizes_and_durations_have_units() {
        assert_eq!([bytes(512.0), bytes(1_500.0), bytes(12e6)], ["512 B", "1.5 kB", "12.0 MB"]);
        assert_eq!(
            [duration(0.42), duration(12.3), duration(185.0), duration(7_800.0)],
            ["0.4 s", "12 s", "3 min 5 s", "2 h 10 min"]
        );
    }

    #[test]
    fn hours_become_minutes_or_days() {
        assert_eq!([hours(0.3), hours(5.25), hours(74.4)], ["18 min", "5.2 h", "3.1 days"]);
    }

    #[test]
    fn a_sparkline_breaks_where_a_value_is_unknown() {
        let drawn = sparkline(&[Some(0.0), Some(10.0), None, Some(5.0), Some(5.0)], 100.0, 30.0).expect("a line");
        assert_eq!(drawn.line, "M0.0 29.0L25.0 1.0M75.0 15.0L100.0 15.0");
        assert_eq!(drawn.area, "M0.0 29.0L25.0 1.0L25.0 30.0L0.0 30.0ZM75.0 15.0L100.0 15.0L100.0 30.0L75.0 30.0Z");
    }

    #[test]
    fn a_long_past_is_thinned_to_its_means() {
        let year: Vec<Option<f64>> = (0..365).map(|day| (day != 364).then_some(f64::from(day % 7))).collect();
        let thin = thinned(&year);
        assert_eq!((thin.len(), thin[0], thin[52]), (53, Some(3.0), None));
        assert_eq!(thinned(&year[..60]), year[..60]);
    }

    #[test]
    fn one_point_is_no_line() {
        assert_eq!(sparkline(&[None, Some(1.0)], 100.0, 30.0), None);
        assert_eq!(sparkline(&[], 100.0, 30.0), None);
    }

    #[test]
    fn data_cannot_end_its_script_element() {
        assert_eq!(script_safe(r#"{"a":"</script>&"}"#), r#"{"a":"\u003c/script\u003e\u0026"}"#);
    }
}
