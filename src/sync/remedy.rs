//! What to do about what went wrong: a sentence for whoever reads of it.

use super::run::Stopped;
use crate::klaviyo::Error;
use crate::store;

/// `None` where there is nothing to mend.
pub(super) fn of(stopped: &Stopped) -> Option<&'static str> {
    match stopped {
        Stopped::Klaviyo(error) => of_klaviyo(error),
        Stopped::Store(error) => Some(of_store(error)),
        Stopped::Unreachable(_) => Some(NETWORK),
        Stopped::KeyRefused(_) => Some(NEW_KEY),
        Stopped::NoKey => Some("Set KLAVIYO_API_KEY to a private key of the account and start Klytics again."),
        Stopped::NoParents(_) => Some("Once those were read, this follows by itself."),
        Stopped::NoConversionMetric => {
            Some("Sync metrics; where no shop is connected, map a metric to revenue in Klaviyo.")
        }
        Stopped::NotAConversion { .. } => {
            Some("Choose a metric with amounts as the conversion metric, such as Placed Order.")
        }
        Stopped::UnknownZone(_) => {
            Some("Choose the time zone again in Klaviyo's account settings, then sync accounts.")
        }
        Stopped::Malformed(_) | Stopped::Endless(_) => Some(
            "It is tried again by itself. If it stays, Klaviyo answers in a way that this version does not know: look for a newer one.",
        ),
        Stopped::NoAnswer => Some("Look at Klaviyo what was made, and ask again."),
        Stopped::Panicked => Some("It is tried again by itself. Please report it with the lines of the log."),
    }
}

/// What helps where Klaviyo refuses the key.
pub(super) const NEW_KEY: &str =
    "Create a new private key in Klaviyo (Settings, API keys), set KLAVIYO_API_KEY to it and start Klytics again.";

const NETWORK: &str = "Check this machine's network, its name server and proxy, and the setting klaviyo.base_url. It is \
                       tried again by itself.";

fn of_klaviyo(error: &Error) -> Option<&'static str> {
    match error {
        Error::Stopped | Error::ExpiredCursor { .. } | Error::NotFound { .. } => None,
        Error::Settings(_) => Some("Mend the setting and start Klytics again; `klytics config check` finds mistakes."),
        Error::Unauthorized { .. } => Some(NEW_KEY),
        Error::MissingScope { .. } => Some(
            "Create a key in Klaviyo that has this scope, set KLAVIYO_API_KEY to it and start Klytics again; or leave it: the rest is copied.",
        ),
        Error::Rejected { .. } => {
            Some("Klaviyo does not take this request: look for a newer version of Klytics, and check klaviyo.base_url.")
        }
        Error::QuotaUsedUp { .. } => {
            Some("Nothing has to be done: it goes on by itself when the day's quota is open again.")
        }
        Error::Unavailable { .. } => {
            Some("Nothing has to be done: it is tried again by itself. See status.klaviyo.com.")
        }
        Error::Unreachable { .. } => Some(NETWORK),
        Error::ForeignLink { .. } => Some("Something between here and Klaviyo changes its answers: check the proxy."),
    }
}

/// DuckDB tells of the disk in words only.
fn of_store(error: &store::Error) -> &'static str {
    let words = crate::causes::causes(error).to_lowercase();
    let says = |parts: &[&str]| parts.iter().any(|it| words.contains(it));
    if says(&["no space", "disk full", "could not write"]) {
        "Make room on the disk that holds data_dir; the next run goes on where this one stopped."
    } else if says(&["out of memory", "memory limit"]) {
        "Give the database more memory with the setting store.memory_limit; the next run goes on where this one stopped."
    } else {
        "What was copied is kept and the next run tries again. If it stays, look into the server's log."
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn every_failure_says_what_to_do() {
        let endpoint = "/api/forms";
        let detail = String::new;
        for (error, words) in [
            (Error::Unauthorized { detail: detail() }, "new private key"),
            (Error::MissingScope { endpoint, scopes: &["forms:read"], detail: detail() }, "this scope"),
            (Error::QuotaUsedUp { endpoint, resumes_in: Duration::from_hours(1) }, "goes on by itself"),
            (Error::Unavailable { endpoint, tries: 7, reason: detail() }, "tried again"),
            (Error::Unreachable { host: detail(), tries: 7, reason: detail() }, "network"),
            (Error::Rejected { status: 400, endpoint, detail: detail() }, "newer version"),
        ] {
            let said = of(&Stopped::Klaviyo(error)).expect("a remedy");
            assert!(said.contains(words) && said.ends_with('.'), "{said}");
        }
        assert_eq!(of(&Stopped::Klaviyo(Error::Stopped)), None);
    }
}
