//! Whether Klaviyo answers in the revision of its API that it was asked for.

use std::sync::atomic::{AtomicBool, Ordering};

use ureq::http::HeaderMap;

use crate::catalog::REVISION;

/// Watches the revision that answers name. Another one means that ours was retired and Klaviyo fell forward.
#[derive(Debug, Default)]
pub(super) struct RevisionWatch(AtomicBool);

impl RevisionWatch {
    /// The other revision of an answer, the first time there is one.
    pub(super) fn surprise<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let echo = headers.get("x-klaviyo-api-revision")?.to_str().ok()?;
        (echo != REVISION && !self.0.swap(true, Ordering::Relaxed)).then_some(echo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ureq::http::{HeaderName, HeaderValue};

    #[test]
    fn another_revision_is_a_surprise_once() {
        let answer = |revision| {
            let name = HeaderName::from_static("x-klaviyo-api-revision");
            HeaderMap::from_iter([(name, HeaderValue::from_static(revision))])
        };
        let watch = RevisionWatch::default();
        let cases = [
            (HeaderMap::new(), None),
            (answer(REVISION), None),
            (answer("2027-01-15"), Some("2027-01-15")),
            (answer("2027-01-15"), None),
        ];
        for (headers, expected) in cases {
            assert_eq!(watch.surprise(&headers), expected, "{headers:?}");
        }
    }
}
