//! How long before a conversion a touch counts, by kind of touch: what the address says, or what Klaviyo gives new accounts.

use std::fmt::Write as _;

use serde::Serialize;

use crate::range::{Ask, Unclear};

/// A kind of touch with its window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Window {
    /// `email_click`, as the address and `last_touches` spell it.
    pub(super) name: &'static str,
    /// "E-mail clicked"
    pub(super) label: &'static str,
    /// `5d`, `12h`, `0`
    pub(super) value: String,
    #[serde(skip)]
    seconds: u32,
}

/// Name, label and default of every kind: Klaviyo's defaults for new accounts, help article 28413442705435.
pub(super) const KINDS: &[(&str, &str, &str)] = &[
    ("email_click", "E-mail clicked", "5d"),
    ("email_open", "E-mail opened", "5d"),
    ("sms_click", "Text clicked", "5d"),
    ("sms_open", "Text opened", "1d"),
    ("sms_delivery", "Text delivered", "12h"),
    ("push_open", "Push opened", "24h"),
    ("whatsapp_click", "WhatsApp clicked", "5d"),
    ("whatsapp_open", "WhatsApp opened", "12h"),
];

/// As far back as Klaviyo lets an account look, and as far as touches are kept.
const LONGEST: u32 = 90 * 86_400;

/// What the address asks for.
///
/// # Errors
/// [`Unclear`] names the window that is no span of time, or is longer than ninety days.
pub(super) fn asked(ask: &Ask) -> Result<Vec<Window>, Unclear> {
    let window = |(name, label, usual): &(&'static str, &'static str, &'static str)| {
        let value = ask.own(name).unwrap_or(usual);
        let seconds = seconds(value).ok_or_else(|| Unclear {
            parameter: name,
            problem: format!("“{value}” is no span of at most 90 days, such as 5d, 12h, 30m or 0"),
        })?;
        Ok(Window { name, label, value: value.to_owned(), seconds })
    };
    KINDS.iter().map(window).collect()
}

/// As `last_touches` takes them: `email_click=432000 email_open=432000 …`.
pub(super) fn text(windows: &[Window]) -> String {
    let mut text = String::new();
    for it in windows {
        let gap = if text.is_empty() { "" } else { " " };
        let _ = write!(text, "{gap}{}={}", it.name, it.seconds);
    }
    text
}

/// What counts, in words: "e-mail clicked 5d, e-mail opened 5d".
pub(super) fn words(windows: &[Window]) -> String {
    let counted: Vec<String> = windows
        .iter()
        .filter(|it| it.seconds > 0)
        .map(|it| {
            let label = if it.name.starts_with("whatsapp") { it.label.to_owned() } else { it.label.to_lowercase() };
            format!("{label} {}", it.value)
        })
        .collect();
    if counted.is_empty() { "nothing".to_owned() } else { counted.join(", ") }
}

/// `5d`, `12h`, `30m` or `0`; nothing longer than [`LONGEST`].
fn seconds(text: &str) -> Option<u32> {
    if text == "0" {
        return Some(0);
    }
    let unit = match text.chars().last()? {
        'd' => 86_400,
        'h' => 3_600,
        'm' => 60,
        _ => return None,
    };
    let digits = &text[..text.len() - 1];
    if !digits.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u32>().ok()?.checked_mul(unit).filter(|it| *it <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_a_number_of_days_hours_or_minutes() {
        for (text, wanted) in [
            ("5d", Some(432_000)),
            ("12h", Some(43_200)),
            ("30m", Some(1_800)),
            ("0", Some(0)),
            ("0d", Some(0)),
            ("90d", Some(7_776_000)),
            ("2160h", Some(7_776_000)),
            ("91d", None),
            ("2161h", None),
            ("d", None),
            ("5", None),
            ("-5d", None),
            ("+5d", None),
            ("5 d", None),
            ("5дн", None),
            ("99999999999d", None),
            ("", None),
        ] {
            let expected = if text == "d" { None } else { wanted };
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_asked_for_is_as_klaviyo_has_it() {
        let ask = Ask::parse([("email_open", "0"), ("sms_delivery", "6h")]).expect("an ask");
        let windows = asked(&ask).expect("windows");
        assert!(
            text(&windows)
                .starts_with("email_click=432000 email_open=0 sms_click=432000 sms_open=86400 sms_delivery=21600")
        );
        assert!(words(&windows).starts_with("e-mail clicked 5d, text clicked 5d"), "{}", words(&windows));
        let unclear = asked(&Ask::parse([("push_open", "soon")]).expect("an ask")).expect_err("no span");
        assert_eq!(unclear.parameter, "push_open");
    }
}
