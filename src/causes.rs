//! How an error is told to a person: in one line, with what caused it.

use std::error::Error;

/// The message of `error`, then those of its causes; one that says what was said already is left out.
#[must_use]
pub fn causes(error: &dyn Error) -> String {
    let mut texts: Vec<String> = Vec::new();
    for text in std::iter::successors(Some(error), |&it| it.source()).map(ToString::to_string) {
        if !texts.iter().any(|it| it.contains(&text)) {
            texts.push(text);
        }
    }
    texts.join(": ")
}

/// What went wrong and what to do about it, as sentences.
pub(crate) fn said(error: &str, remedy: Option<&str>) -> String {
    let stop = if error.ends_with(['.', '!', '?']) { "" } else { "." };
    remedy.map_or_else(|| error.to_owned(), |it| format!("{error}{stop} {it}"))
}

#[cfg(test)]
mod tests {
    use super::causes;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Told {
        text: &'static str,
        source: Option<Box<Told>>,
    }

    #[test]
    fn every_cause_is_told_once() {
        let told = |text, source: Option<Told>| Told { text, source: source.map(Box::new) };
        let disk = told("no space left", None);
        let again = told("could not write: no space left", Some(disk));
        assert_eq!(causes(&told("the run failed", Some(again))), "the run failed: could not write: no space left");
    }
}
