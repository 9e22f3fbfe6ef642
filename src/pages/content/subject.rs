//! What can be said of a subject line by reading it: pure functions of the text, each a feature that messages have or lack.

/// A subject line with what mail programs show after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) subject: &'a str,
    pub(super) preview: Option<&'a str>,
}

/// Something that a subject line has or has not.
pub(super) struct Feature {
    pub(super) title: &'static str,
    /// What exactly is looked for.
    pub(super) about: &'static str,
    pub(super) is_in: fn(&Line<'_>) -> bool,
}

/// Every feature, in the order in which they are listed.
pub(super) const FEATURES: &[Feature] = &[
    Feature {
        title: "Up to 25 characters",
        about: "Length with spaces; a token of the template counts as eight characters.",
        is_in: |it| length(it.subject) <= 25,
    },
    Feature {
        title: "26 to 40 characters",
        about: "About what a phone shows.",
        is_in: |it| (26..=40).contains(&length(it.subject)),
    },
    Feature {
        title: "41 to 60 characters",
        about: "About what a desktop shows.",
        is_in: |it| (41..=60).contains(&length(it.subject)),
    },
    Feature {
        title: "Over 60 characters",
        about: "Longer than most mail programs show.",
        is_in: |it| length(it.subject) > 60,
    },
    Feature { title: "Emoji", about: "At least one pictograph.", is_in: |it| has_emoji(it.subject) },
    Feature { title: "Question", about: "A question mark.", is_in: |it| it.subject.contains(['?', '？', '¿']) },
    Feature { title: "Number", about: "A digit outside tokens.", is_in: |it| has_number(it.subject) },
    Feature {
        title: "Discount",
        about: "A percent sign, an amount off, or words such as sale, save, discount, free shipping.",
        is_in: |it| has_discount(it.subject),
    },
    Feature {
        title: "First name",
        about: "A token of the template with the person's name.",
        is_in: |it| has_first_name(it.subject),
    },
    Feature {
        title: "Urgency",
        about: "Words such as today, tonight, last chance, ends, hours, only, hurry.",
        is_in: |it| has_urgency(it.subject),
    },
    Feature {
        title: "Brackets",
        about: "Round or square brackets outside tokens.",
        is_in: |it| without_tokens(it.subject).contains(['(', '[', '【']),
    },
    Feature { title: "Exclamation mark", about: "At least one.", is_in: |it| it.subject.contains(['!', '！']) },
    Feature {
        title: "Preview text",
        about: "Words of its own after the subject.",
        is_in: |it| it.preview.is_some_and(|text| !text.trim().is_empty()),
    },
];

/// Characters that a token is taken for: no one knows what will stand there, and names are short.
const TOKEN_LENGTH: usize = 8;

/// Phrases that stand for a lower price. Whole words, lower case.
const DISCOUNTS: &[&str] = &[
    "sale",
    "save",
    "saving",
    "savings",
    "discount",
    "discounts",
    "coupon",
    "promo",
    "deal",
    "deals",
    "clearance",
    "bogo",
    "free shipping",
    "half price",
    "free gift",
    "rabatt",
    "soldes",
    "remise",
    "descuento",
    "sconto",
];

/// Phrases that press. Whole words, lower case.
const URGENT: &[&str] = &[
    "today",
    "tonight",
    "now",
    "hurry",
    "urgent",
    "only",
    "last chance",
    "last call",
    "last day",
    "final",
    "finally over",
    "ends",
    "ending",
    "ending soon",
    "expires",
    "expiring",
    "expire",
    "hours",
    "hour",
    "midnight",
    "going fast",
    "almost gone",
    "selling fast",
    "limited",
    "don't miss",
    "deadline",
    "heute",
    "letzte chance",
    "dernière chance",
    "última oportunidad",
];

/// Characters with spaces, tokens as [`TOKEN_LENGTH`].
fn length(subject: &str) -> usize {
    let tokens = subject.matches("{{").count() + subject.matches("{%").count();
    without_tokens(subject).trim().chars().count() + tokens * TOKEN_LENGTH
}

/// The text without `{{ … }}` and `{% … %}`, which are not what people read.
fn without_tokens(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = [rest.find("{{"), rest.find("{%")].into_iter().flatten().min() {
        out.push_str(&rest[..at]);
        let end = if rest[at..].starts_with("{{") { "}}" } else { "%}" };
        let Some(over) = rest[at..].find(end) else { return out };
        rest = &rest[at + over + end.len()..];
    }
    out.push_str(rest);
    out
}

fn has_emoji(subject: &str) -> bool {
    subject.chars().any(|it| {
        matches!(it,
            '\u{1F300}'..='\u{1FAFF}' | '\u{2600}'..='\u{27BF}' | '\u{1F1E6}'..='\u{1F1FF}' | '\u{2B50}' | '\u{2B55}'
            | '\u{231A}'..='\u{231B}' | '\u{23E9}'..='\u{23FA}' | '\u{FE0F}')
    })
}

fn has_number(subject: &str) -> bool {
    without_tokens(subject).contains(|it: char| it.is_ascii_digit())
}

fn has_discount(subject: &str) -> bool {
    let text = plain(subject);
    let amount_off = text.split(" off").next().is_some_and(|before| {
        before.len() < text.len() && before.ends_with(|it: char| it.is_ascii_digit() || it == '%')
    });
    without_tokens(subject).contains(['%', '％']) || amount_off || holds_any(&text, DISCOUNTS)
}

fn has_first_name(subject: &str) -> bool {
    let tokens = subject.split("{{").skip(1).filter_map(|it| it.split("}}").next());
    let squeezed = |it: &str| it.to_lowercase().replace(['_', ' ', '.'], "");
    tokens.map(squeezed).any(|it| it.contains("firstname") || it.contains("personname") || it.contains("fullname"))
}

fn has_urgency(subject: &str) -> bool {
    holds_any(&plain(subject), URGENT)
}

/// Lower case, without tokens, with straight apostrophes.
fn plain(subject: &str) -> String {
    without_tokens(subject).to_lowercase().replace('’', "'")
}

/// Whether one of the phrases stands there as whole words.
fn holds_any(text: &str, phrases: &[&str]) -> bool {
    let is_edge = |it: Option<char>| it.is_none_or(|it| !it.is_alphanumeric());
    phrases.iter().any(|phrase| {
        text.match_indices(phrase)
            .any(|(at, _)| is_edge(text[..at].chars().next_back()) && is_edge(text[at + phrase.len()..].chars().next()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(subject: &str, preview: Option<&str>) -> Vec<&'static str> {
        let line = Line { subject, preview };
        FEATURES.iter().filter(|it| (it.is_in)(&line)).map(|it| it.title).collect()
    }

    #[test]
    fn a_subject_has_the_features_that_a_reader_sees() {
        for (subject, preview, expected) in [
            (
                "24 hours only: 20% off 🔥",
                Some("Ends at midnight"),
                &["Up to 25 characters", "Emoji", "Number", "Discount", "Urgency", "Preview text"][..],
            ),
            ("Fresh off the workbench", None, &["Up to 25 characters"]),
            ("It's back (and going fast)", Some(" "), &["26 to 40 characters", "Urgency", "Brackets"]),
            ("{{ first_name|default:'You' }}, you're in first", None, &["Up to 25 characters", "First name"]),
            ("Should we stop writing?", None, &["Up to 25 characters", "Question"]),
            ("$10 off everything you love", None, &["26 to 40 characters", "Number", "Discount"]),
            ("Free shipping, no minimum", None, &["Up to 25 characters", "Discount"]),
            ("Wholesale and know-how!", None, &["Up to 25 characters", "Exclamation mark"]),
            ("Don’t miss [this]", None, &["Up to 25 characters", "Urgency", "Brackets"]),
            ("{% if person|lookup:'n1' %}Hi{% endif %} there", None, &["Up to 25 characters"]),
            ("broken {{ token", None, &["Up to 25 characters"]),
        ] {
            assert_eq!(features(subject, preview), expected, "{subject}");
        }
    }

    #[test]
    fn every_length_is_in_exactly_one_band() {
        for count in 0..100 {
            let subject = "ä".repeat(count);
            assert_eq!(features(&subject, None).iter().filter(|it| it.ends_with("characters")).count(), 1, "{count}");
        }
    }
}
