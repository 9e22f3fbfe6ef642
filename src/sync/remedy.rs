//! What to do about what went wrong: a sentence for whoever reads of it.

use super::run::Stopped;
use crate::klaviyo::Error;
use crate::store;

/// `None` where there is nothing to mend. What is tried again by itself is so only where a schedule is kept (`kept`).
pub(super) fn of(stopped: &Stopped, kept: bool) -> Option<&'static str> {
    match stopped {
        Stopped::Klaviyo(error) => of_klaviyo(error, kept),
        Stopped::Store(error) => Some(of_store(error)),
        Stopped::Unreachable(_) => Some(network(kept)),
        Stopped::KeyRefused(_) => Some(NEW_KEY),
        Stopped::OtherAccount { .. } => Some(
            "Set KLAVIYO_API_KEY to a key of the account that is copied here, or give the other account a `data_dir` of its own.",
        ),
        Stopped::NoKey => Some("Set KLAVIYO_API_KEY to a private key of the account and start Klytics again."),
        Stopped::NoParents(_) if kept => Some("Once those were read, this follows by itself."),
        Stopped::NoParents(_) => Some("Sync those, and then this."),
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
            "If it stays when it is tried again, Klaviyo answers in a way that this version does not know: look for a newer one.",
        ),
        Stopped::NoAnswer => Some("Look at Klaviyo what was made, and ask again."),
        Stopped::Panicked => Some("Please report it with the lines of the log; the next run tries again."),
    }
}

/// What helps where Klaviyo refuses the key.
pub(super) const NEW_KEY: &str =
    "Create a new private key in Klaviyo (Settings, API keys), set KLAVIYO_API_KEY to it and start Klytics again.";

fn network(kept: bool) -> &'static str {
    if kept {
        "Check this machine's network, its name server and proxy, and the setting klaviyo.base_url. It is tried again by itself."
    } else {
        "Check this machine's network, its name server and proxy, and the setting klaviyo.base_url; then sync again."
    }
}

fn of_klaviyo(error: &Error, kept: bool) -> Option<&'static str> {
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
        Error::TooLong { .. } => {
            Some("One record alone is longer than Klytics reads: look at what an integration sends. Please report it.")
        }
        Error::QuotaUsedUp { share: Some(_), .. } => {
            Some("Nothing has to be done; with a larger klaviyo.budget_share more is asked in a day.")
        }
        Error::QuotaUsedUp { share: None, .. } => Some("Nothing has to be done."),
        Error::Unavailable { .. } if kept => {
            Some("Nothing has to be done: it is tried again by itself. See status.klaviyo.com.")
        }
        Error::Unavailable { .. } => Some("Sync again later; see status.klaviyo.com."),
        Error::Unreachable { .. } => Some(network(kept)),
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
            (Error::QuotaUsedUp { endpoint, resumes_in: Duration::from_hours(1), share: None }, "Nothing"),
            (Error::QuotaUsedUp { endpoint, resumes_in: Duration::from_hours(1), share: Some(11) }, "budget_share"),
            (Error::Unavailable { endpoint, tries: 7, reason: detail() }, "tried again"),
            (Error::Unreachable { host: detail(), tries: 7, reason: detail() }, "network"),
            (Error::Rejected { status: 400, endpoint, detail: detail() }, "newer version"),
        ] {
            let said = of(&Stopped::Klaviyo(error), true).expect("a remedy");
            assert!(said.contains(words) && said.ends_with('.'), "{said}");
        }
        assert_eq!(of(&Stopped::Klaviyo(Error::Stopped), true), None);
    }
}
