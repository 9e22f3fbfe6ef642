//! Whom a URL leads to: what decides whether the key may go there.

use std::net::IpAddr;

use ureq::http::Uri;

/// Scheme, host and port of a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// `None` for what is no HTTP URL, or names a user.
    pub(super) fn of(url: &str) -> Option<Origin> {
        let uri: Uri = url.parse().ok()?;
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let usual_port = match scheme.as_str() {
            "https" => 443,
            "http" => 80,
            _ => return None,
        };
        let authority = uri.authority().filter(|it| !it.as_str().contains('@'))?;
        let port = authority.port_u16().unwrap_or(usual_port);
        Some(Origin { scheme, host: authority.host().to_ascii_lowercase(), port })
    }

    /// For a message: with the port where it is not the usual one.
    pub(super) fn place(&self) -> String {
        match (self.scheme.as_str(), self.port) {
            ("https", 443) | ("http", 80) => self.host.clone(),
            _ => format!("{}:{}", self.host, self.port),
        }
    }

    pub(super) fn is_loopback(&self) -> bool {
        let address = self.host.trim_matches(['[', ']']).parse::<IpAddr>();
        self.host == "localhost" || address.is_ok_and(|it| it.is_loopback())
    }
}

/// The host that a URL names, for a message about it.
pub(super) fn name(url: &str) -> String {
    let uri = url.parse::<Uri>().ok();
    uri.as_ref().and_then(Uri::host).unwrap_or("an unreadable address").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_place_is_known_in_other_spellings() {
        let home = Origin::of("https://a.klaviyo.com");
        assert!(home.is_some());
        for url in [
            "https://a.klaviyo.com/api/events/?page%5Bcursor%5D=bmV4dA",
            "https://a.klaviyo.com:443/api/events",
            "HTTPS://A.Klaviyo.com/api/events?page[cursor]=bmV4dA==",
        ] {
            assert_eq!(Origin::of(url), home, "{url}");
        }
    }

    #[test]
    fn another_place_is_not_taken_for_home() {
        let home = Origin::of("https://a.klaviyo.com");
        for url in [
            "http://a.klaviyo.com/api/events",
            "https://a.klaviyo.com:8443/api/events",
            "https://a.klaviyo.com.example.org/api/events",
            "https://a.klaviyo.com@example.org/api/events",
            "https://user@a.klaviyo.com/api/events",
            "https://b.klaviyo.com/api/events",
            "//a.klaviyo.com/api/events",
            "/api/events",
            "ftp://a.klaviyo.com/api/events",
            "https://a.klaviyo.com\\@example.org/",
            "not a link",
            "",
        ] {
            assert_ne!(Origin::of(url), home, "{url}");
        }
    }

    #[test]
    fn a_proxy_stays_out_of_the_loopback() {
        for (url, loopback) in [
            ("http://127.0.0.1:8001", true),
            ("http://localhost:8001", true),
            ("http://[::1]:8001", true),
            ("https://a.klaviyo.com", false),
            ("http://127.example.org", false),
        ] {
            assert_eq!(Origin::of(url).map(|it| it.is_loopback()), Some(loopback), "{url}");
        }
    }
}
