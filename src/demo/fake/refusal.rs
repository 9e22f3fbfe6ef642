//! How the fake says no: Klaviyo's error documents.

use serde_json::{Value, json};

/// Why a request is not answered as it was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) title: &'static str,
    pub(super) detail: String,
    /// The parameter that is at fault, or else a pointer into the document.
    pub(super) source: Source,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    Parameter(String),
    Pointer(&'static str),
}

impl Refusal {
    pub(super) fn invalid(parameter: &str, detail: impl Into<String>) -> Refusal {
        Refusal {
            status: 400,
            code: "invalid",
            title: "Invalid input.",
            detail: detail.into(),
            source: Source::Parameter(parameter.to_owned()),
        }
    }

    pub(super) fn of(status: u16, code: &'static str, title: &'static str, detail: impl Into<String>) -> Refusal {
        Refusal { status, code, title, detail: detail.into(), source: Source::Pointer("/data/") }
    }

    pub(super) fn unauthorized(detail: &str) -> Refusal {
        Refusal::of(401, "not_authenticated", "Authentication credentials were not provided or are invalid.", detail)
    }

    pub(super) fn forbidden(scope: &str) -> Refusal {
        let title = "You do not have permission to perform this action.";
        Refusal::of(403, "permission_denied", title, format!("The API key is missing the required scope: {scope}."))
    }

    pub(super) fn not_found(what: &str) -> Refusal {
        Refusal::of(404, "not_found", "Not found.", format!("{what} does not exist."))
    }

    /// The words of a real answer (klaviyo-api-node, number 66).
    pub(super) fn throttled(seconds: u64) -> Refusal {
        let plural = if seconds == 1 { "" } else { "s" };
        let detail = format!("Request was throttled. Expected available in {seconds} second{plural}.");
        Refusal::of(429, "throttled", "Request was throttled.", detail)
    }

    pub(super) fn failed(status: u16) -> Refusal {
        Refusal::of(status, "server_error", "Server error.", "An unexpected error occurred.")
    }

    pub(super) fn body(&self, id: &str) -> String {
        let source = match &self.source {
            Source::Parameter(name) => json!({ "parameter": name }),
            Source::Pointer(pointer) => json!({ "pointer": pointer }),
        };
        let links = if self.status == 429 {
            json!({ "type": "https://developers.klaviyo.com/en/docs/rate_limits_and_error_handling#rate-limits" })
        } else {
            Value::Object(serde_json::Map::new())
        };
        json!({ "errors": [{
            "id": id, "status": self.status, "code": self.code, "title": self.title, "detail": self.detail,
            "source": source, "links": links, "meta": {},
        }] })
        .to_string()
    }
}
