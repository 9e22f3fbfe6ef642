//! What Klaviyo writes as text and numbers, as values of our columns. Lenient where accounts are known to differ.
//!
//! Everything here takes one JSON value as it was written.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;
use serde_json::Value;

use crate::store::zone;

/// Most digits before the point that `decimal(18,4)` holds.
const WHOLE_DIGITS: usize = 14;

/// A JSON value by its kind.
enum Written<'a> {
    Flag(bool),
    /// As it was written.
    Number(&'a str),
    Text(Cow<'a, str>),
    /// An object, a list or null.
    Other,
}

impl<'a> From<&'a str> for Written<'a> {
    fn from(json: &'a str) -> Written<'a> {
        match json.as_bytes() {
            [b'"', inner @ .., b'"'] => Written::Text(unescaped(json, inner.contains(&b'\\'))),
            b"true" => Written::Flag(true),
            b"false" => Written::Flag(false),
            [b'-' | b'0'..=b'9', ..] => Written::Number(json),
            _ => Written::Other,
        }
    }
}

/// What stands between the quotes, or what is meant by it.
fn unescaped(quoted: &str, is_escaped: bool) -> Cow<'_, str> {
    let inner = quoted.get(1..quoted.len() - 1).unwrap_or_default();
    let meant = is_escaped.then(|| serde_json::from_str(quoted).ok()).flatten();
    meant.map_or(Cow::Borrowed(inner), Cow::Owned)
}

/// A text; numbers and flags as they are written, objects and lists as JSON.
pub(super) fn text(json: &str) -> Cow<'_, str> {
    match json.into() {
        Written::Text(text) => text,
        _ => Cow::Borrowed(json),
    }
}

/// True or false, also as text or number.
pub(super) fn flag(json: &str) -> Option<bool> {
    match json.into() {
        Written::Flag(flag) => Some(flag),
        Written::Number(number) => number.parse::<i64>().ok().map(|it| it != 0),
        Written::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Some(true),
            "false" | "no" | "0" | "" => Some(false),
            _ => None,
        },
        Written::Other => None,
    }
}

/// A whole number, also as text or with a point and nothing behind it, as reports write counts.
pub(super) fn count(json: &str) -> Option<i64> {
    match json.into() {
        Written::Number(number) => number.parse().ok().or_else(|| whole(number.parse().ok()?)),
        Written::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A number that is written as one.
pub(super) fn number(json: &str) -> Option<f64> {
    match json.into() {
        Written::Number(number) => number.parse().ok(),
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "checked to be whole, and as exact as it was written")]
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}

/// A local day, `YYYY-MM-DD`.
pub(super) fn day(json: &str) -> Option<NaiveDate> {
    match json.into() {
        Written::Text(text) => text.parse().ok(),
        _ => None,
    }
}

/// The local day that a bucket of a series stands for. Klaviyo writes its beginning as an instant (reports of metrics:
/// midnight in New York is `T04:00:00+00:00` in summer), or as if it were in UTC (reports of messages).
pub(super) fn local_day(value: &Value, zone: Tz) -> Option<NaiveDate> {
    let written = DateTime::parse_from_rfc3339(&value.as_str()?.trim().replacen(' ', "T", 1)).ok()?;
    let day = written.with_timezone(&zone).date_naive();
    if zone::beginning(day, zone) == written.to_utc() {
        return Some(day);
    }
    (written.time() == NaiveTime::MIN).then(|| written.date_naive())
}

/// Texts of a list: strings, or the ids of a relationship's items.
pub(super) fn texts(json: &str) -> Option<Vec<String>> {
    let word = |it: &Value| it.as_str().map_or_else(|| it.to_string(), ToOwned::to_owned);
    let item = |it: &Value| match it {
        Value::Object(object) => object.get("id").map(word),
        other => Some(word(other)),
    };
    let value: Value = serde_json::from_str(json).ok()?;
    value.as_array().map(|items| items.iter().filter_map(item).collect())
}

/// A document as JSON text; an empty list or object says nothing.
pub(super) fn document(json: &str) -> Option<&str> {
    let inner = json.strip_prefix(['[', '{']).and_then(|it| it.strip_suffix([']', '}']));
    inner.is_none_or(|it| !it.trim().is_empty()).then_some(json)
}

/// An instant: RFC 3339, also with a space in the middle, without an offset (then UTC) or as unix seconds.
pub(super) fn time(json: &str) -> Option<DateTime<Utc>> {
    match json.into() {
        Written::Number(number) => DateTime::from_timestamp(number.parse().ok()?, 0),
        Written::Text(text) => utc_second(text.as_bytes()).or_else(|| time_of_text(text.trim())),
        _ => None,
    }
}

/// The way that nearly every time is written: a whole second of UTC, as `2026-07-01T03:30:00+00:00` or with `Z`.
/// A first read has two of them an event, and reading anything that may be a time takes ten times as long.
fn utc_second(text: &[u8]) -> Option<DateTime<Utc>> {
    let (time, offset) = text.split_at_checked(19)?;
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T' | b' ', h1, h2, b':', n1, n2, b':', s1, s2] = time else {
        return None;
    };
    if !matches!(offset, b"+00:00" | b"Z") {
        return None;
    }
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0, |sum, it| it.is_ascii_digit().then(|| sum * 10 + u32::from(it - b'0')))
    };
    let year = i32::try_from(number(&[y1, y2, y3, y4])?).ok()?;
    let day = NaiveDate::from_ymd_opt(year, number(&[m1, m2])?, number(&[d1, d2])?)?;
    let time = day.and_hms_opt(number(&[h1, h2])?, number(&[n1, n2])?, number(&[s1, s2])?)?;
    Some(time.and_utc())
}

fn time_of_text(text: &str) -> Option<DateTime<Utc>> {
    let text = text.replacen(' ', "T", 1);
    let with_offset =
        DateTime::parse_from_rfc3339(&text).or_else(|_| DateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f%z"));
    if let Ok(time) = with_offset {
        return Some(time.with_timezone(&Utc));
    }
    let naive = text.parse::<NaiveDateTime>().ok();
    let midnight = || text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0);
    naive.or_else(midnight).map(|it| it.and_utc())
}

/// An amount as a decimal text with at most four places, rounded half away from zero; `None` where it cannot be read.
///
/// Currency signs, currency codes and grouping are removed: "$1,234.50", "12.00 USD", "-5.00".
pub(super) fn money(json: &str) -> Option<String> {
    match json.into() {
        Written::Number(number) => decimal(number).or_else(|| decimal(&format!("{:.6}", number.parse::<f64>().ok()?))),
        Written::Text(text) => decimal(&without_currency(&text)?),
        _ => None,
    }
}

/// The digits, sign and point of an amount; a comma may only group thousands. What may be the spelling of a country where
/// point and comma are the other way round (`1.000,50`, `1.000`) is not guessed at.
fn without_currency(text: &str) -> Option<String> {
    let start = text.find(|c: char| c.is_ascii_digit() || c == '.')?;
    let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    let (before, digits, after) = (&text[..start], text.get(start..end)?, &text[end..]);
    let is_currency = |c: char| c.is_whitespace() || c.is_alphabetic() || is_currency_sign(c);
    if !before.replacen('-', "", 1).chars().all(is_currency) || !after.chars().all(is_currency) {
        return None;
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let may_group = fraction.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0');
    if fraction.contains([',', '.']) || may_group {
        return None;
    }
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let mut later = groups.peekable();
    let grouped = later.peek().is_none() || first.len() <= 3;
    let sign = if before.contains('-') { "-" } else { "" };
    (grouped && later.all(|it| it.len() == 3)).then(|| format!("{sign}{}", digits.replace(',', "")))
}

fn is_currency_sign(c: char) -> bool {
    matches!(c, '$' | '¢' | '£' | '¤' | '¥' | '\u{20a0}'..='\u{20cf}')
}

/// `[-+]digits[.digits]`, rounded to four places.
fn decimal(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |it: &str| it.bytes().all(|b| b.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let mut places: String = fraction.chars().chain("0000".chars()).take(4).collect();
    places.insert_str(0, whole);
    let up = fraction.as_bytes().get(4).is_some_and(|it| *it >= b'5');
    let scaled = places.parse::<u128>().ok()? + u128::from(up);
    let (whole, fraction) = (scaled / 10_000, scaled % 10_000);
    (whole.to_string().len() <= WHOLE_DIGITS).then(|| format!("{sign}{whole}.{fraction:04}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn amounts_are_read_to_the_cent() {
        for (value, want) in [
            (json!(19.99), Some("19.9900")),
            (json!(0.1), Some("0.1000")),
            (json!(-5), Some("-5.0000")),
            (json!(1.00005), Some("1.0001")),
            (json!(1e-7), Some("0.0000")),
            (json!("$1,234.50"), Some("1234.5000")),
            (json!("12.00 USD"), Some("12.0000")),
            (json!("-5.00"), Some("-5.0000")),
            (json!("€ 7"), Some("7.0000")),
            (json!("1,234,567.891"), Some("1234567.8910")),
            (json!("12,50"), None),
            (json!("1234,567"), None),
            (json!("1.234.567"), None),
            // Where point and comma may be the other way round, nothing is guessed.
            (json!("1.000,50"), None),
            (json!("R$ 2.499,90"), None),
            (json!("1.5,000"), None),
            (json!("1.000"), None),
            (json!("0.125"), Some("0.1250")),
            (json!("1234.500"), Some("1234.5000")),
            (json!("-$5"), Some("-5.0000")),
            (json!("$-5"), Some("-5.0000")),
            (json!(".5"), Some("0.5000")),
            (json!("1e5"), None),
            (json!("5 or 6"), None),
            (json!("free"), None),
            (json!(""), None),
            (json!(1e15), None),
            (json!(true), None),
            (json!({"amount": 1}), None),
        ] {
            assert_eq!(money(&value.to_string()).as_deref(), want, "{value}");
        }
    }

    #[test]
    fn times_are_read_however_they_are_written() {
        let want = "2021-05-17T23:45:24Z".parse::<DateTime<Utc>>().expect("a time");
        for value in [
            json!("2021-05-17T23:45:24+00:00"),
            json!("2021-05-17 23:45:24+00:00"),
            json!("2021-05-17T19:45:24-04:00"),
            json!("2021-05-17T23:45:24"),
            json!("2021-05-17T23:45:24+0000"),
            json!("2021-05-17T23:45:24Z"),
            json!(1_621_295_124),
        ] {
            assert_eq!(time(&value.to_string()), Some(want), "{value}");
        }
        let micros = time("\"2021-05-17T23:45:24.123456+00:00\"").expect("a time");
        assert_eq!(micros.timestamp_subsec_micros(), 123_456);
        for value in [json!("yesterday"), json!(null), json!("2021-13-01T00:00:00Z"), json!("2021-1-01T00:00:000Z")] {
            assert_eq!(time(&value.to_string()), None, "{value}");
        }
    }

    #[test]
    fn flags_are_read_however_they_are_written() {
        for (value, want) in [
            (json!(true), Some(true)),
            (json!("True"), Some(true)),
            (json!("false"), Some(false)),
            (json!(0), Some(false)),
            (json!("maybe"), None),
        ] {
            assert_eq!(flag(&value.to_string()), want, "{value}");
        }
    }

    #[test]
    fn counts_are_read_however_they_are_written() {
        for (value, want) in [
            (json!(12), Some(12)),
            (json!(12.0), Some(12)),
            (json!("12"), Some(12)),
            (json!(12.5), None),
            (json!(1e300), None),
            (json!(null), None),
        ] {
            assert_eq!(count(&value.to_string()), want, "{value}");
        }
    }

    #[test]
    fn a_bucket_is_a_day_however_its_beginning_is_written() {
        let york = Tz::America__New_York;
        for (text, zone, want) in [
            // The days around both changes of the clocks.
            ("2026-03-08T05:00:00+00:00", york, Some("2026-03-08")),
            ("2026-03-09T04:00:00+00:00", york, Some("2026-03-09")),
            ("2026-11-01T04:00:00+00:00", york, Some("2026-11-01")),
            ("2026-11-02T05:00:00+00:00", york, Some("2026-11-02")),
            ("2026-11-02T00:00:00-05:00", york, Some("2026-11-02")),
            ("2026-11-02T00:00:00+00:00", york, Some("2026-11-02")),
            ("2026-06-30T23:00:00+00:00", Tz::Europe__London, Some("2026-07-01")),
            ("2026-07-01T00:00:00+00:00", Tz::Europe__London, Some("2026-07-01")),
            // Clocks leap over midnight: the day begins at one.
            ("2026-09-06T04:00:00+00:00", Tz::America__Santiago, Some("2026-09-06")),
            ("2026-11-02T03:00:00+00:00", york, None),
            ("2026-11-02", york, None),
        ] {
            let want = want.map(|it| it.parse::<NaiveDate>().expect("a day"));
            assert_eq!(local_day(&json!(text), zone), want, "{text} {zone}");
        }
    }

    #[test]
    fn ids_of_relationships_are_texts() {
        assert_eq!(texts(r#"[{"type": "tag", "id": "a"}, "b"]"#), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(texts("null"), None);
    }
}
