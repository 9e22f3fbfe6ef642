//! Why a request brought back nothing, by what to do about it.

use std::time::Duration;

/// One variant for each thing that a caller can do. None of them ever holds the key.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Stop until someone changes the settings.
    #[error("Klaviyo cannot be asked: {0}")]
    Settings(String),
    /// Stop everything until someone changes the key.
    #[error("Klaviyo refused the API key: {detail}")]
    Unauthorized { detail: String },
    /// Leave this entity out until someone gives the key its scopes.
    #[error("the API key may not read {endpoint}, which takes {}: {detail}", .scopes.join(" and "))]
    MissingScope { endpoint: &'static str, scopes: &'static [&'static str], detail: String },
    /// Leave this parent out: it was deleted since it was listed.
    #[error("Klaviyo no longer has {target}")]
    NotFound { target: String },
    /// Begin the series of requests again; its cursor is no longer taken.
    #[error("the cursor into {endpoint} is no longer valid")]
    ExpiredCursor { endpoint: &'static str },
    /// Ask for smaller pages.
    #[error("the answer to {endpoint} is longer than {mebibytes} MiB")]
    TooLong { endpoint: &'static str, mebibytes: u64 },
    /// Stop this entity until someone changes the code, or the base URL.
    #[error("Klaviyo answered {status} to {endpoint}: {detail}")]
    Rejected { status: u16, endpoint: &'static str, detail: String },
    /// Leave this endpoint alone for that long: longer than a thread should sleep for.
    /// `share` is how many requests we allow ourselves, where it is not Klaviyo's quota that is used up but our share of it.
    #[error("the quota of {endpoint} is used up; it is open again in {} min", .resumes_in.as_secs().div_ceil(60))]
    QuotaUsedUp { endpoint: &'static str, resumes_in: Duration, share: Option<usize> },
    /// Try again later: all tries failed in ways that go away by themselves.
    #[error("could not read {endpoint} in {tries} tries: {reason}")]
    Unavailable { endpoint: &'static str, tries: u32, reason: String },
    /// Stop everything until the network is mended: nobody could be connected to, whatever the request.
    #[error("could not reach {host} in {tries} tries: {reason}")]
    Unreachable { host: String, tries: u32, reason: String },
    /// Stop: the next page is said to be at another host, where the key does not belong.
    #[error("the next page of {endpoint} is said to be at {host}, which is not where Klaviyo's API lives")]
    ForeignLink { endpoint: &'static str, host: String },
    /// Nothing; the caller wished it.
    #[error("stopped while reading from Klaviyo")]
    Stopped,
}
