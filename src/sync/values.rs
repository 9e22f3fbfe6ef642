//! What Klaviyo writes as text and numbers, as values of our columns. Lenient where accounts are known to differ.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde_json::Value;

/// Most digits before the point that `decimal(18,4)` holds.
const WHOLE_DIGITS: usize = 14;

/// A text; numbers and flags as they are written, objects and lists as JSON.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// True or false, also as text or number.
pub(super) fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => number.as_i64().map(|it| it != 0),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Some(true),
            "false" | "no" | "0" | "" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A whole number, also as text.
pub(super) fn count(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Texts of a list: strings, or the ids of a relationship's items.
pub(super) fn texts(value: &Value) -> Option<Vec<String>> {
    let item = |it: &Value| match it {
        Value::Object(object) => object.get("id").map(text),
        other => Some(text(other)),
    };
    value.as_array().map(|items| items.iter().filter_map(item).collect())
}

/// A document as JSON text; an empty list or object says nothing.
pub(super) fn document(value: &Value) -> Option<String> {
    match value {
        Value::Array(items) if items.is_empty() => None,
        Value::Object(members) if members.is_empty() => None,
        other => Some(other.to_string()),
    }
}

/// An instant: RFC 3339, also with a space in the middle, without an offset (then UTC) or as unix seconds.
pub(super) fn time(value: &Value) -> Option<DateTime<Utc>> {
    match value {
        Value::Number(number) => DateTime::from_timestamp(number.as_i64()?, 0),
        Value::String(text) => time_of_text(text.trim()),
        _ => None,
    }
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
pub(super) fn money(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => decimal(&number.to_string()).or_else(|| decimal(&format!("{:.6}", number.as_f64()?))),
        Value::String(text) => decimal(&without_currency(text)?),
        _ => None,
    }
}

/// The digits, sign and point of an amount; a comma may only group thousands.
fn without_currency(text: &str) -> Option<String> {
    let start = text.find(|c: char| c.is_ascii_digit() || c == '.')?;
    let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    let (before, digits, after) = (&text[..start], text.get(start..end)?, &text[end..]);
    let is_currency = |c: char| c.is_whitespace() || c.is_alphabetic() || is_currency_sign(c);
    if !before.replacen('-', "", 1).chars().all(is_currency) || !after.chars().all(is_currency) {
        return None;
    }
    let (whole, _) = digits.split_once('.').unwrap_or((digits, ""));
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
            assert_eq!(money(&value).as_deref(), want, "{value}");
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
            json!(1_621_295_124),
        ] {
            assert_eq!(time(&value), Some(want), "{value}");
        }
        let micros = time(&json!("2021-05-17T23:45:24.123456+00:00")).expect("a time");
        assert_eq!(micros.timestamp_subsec_micros(), 123_456);
        for value in [json!("yesterday"), json!(null), json!("2021-13-01T00:00:00Z")] {
            assert_eq!(time(&value), None, "{value}");
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
            assert_eq!(flag(&value), want, "{value}");
        }
    }

    #[test]
    fn ids_of_relationships_are_texts() {
        assert_eq!(texts(&json!([{"type": "tag", "id": "a"}, "b"])), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(texts(&json!(null)), None);
    }
}
