//! Whether a delivery comes from whoever knows the secret, and when it was sent.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Bytes of an HMAC-SHA256.
const SIGNATURE_BYTES: usize = 32;

/// Whether `signature` is the hexadecimal HMAC-SHA256 of the body and then the timestamp, without anything in between.
/// Compared in constant time. Source: Klaviyo's webhook documentation, and two independent implementations.
pub(super) fn holds(secret: &str, body: &[u8], timestamp: &str, signature: &str) -> bool {
    let Some(given) = unhex(signature) else { return false };
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length will do");
    mac.update(body);
    mac.update(timestamp.as_bytes());
    mac.verify_slice(&given).is_ok()
}

/// Whether it could be a signature at all.
pub(super) fn is_one(signature: &str) -> bool {
    unhex(signature).is_some_and(|it| it.len() == SIGNATURE_BYTES)
}

/// When a delivery was sent: seconds or milliseconds since 1970, or RFC 3339.
pub(super) fn sent_at(timestamp: &str) -> Option<DateTime<Utc>> {
    match timestamp.parse::<i64>() {
        // Milliseconds have had thirteen digits since 2001.
        Ok(millis) if millis >= 1_000_000_000_000 => DateTime::from_timestamp_millis(millis),
        Ok(seconds) => DateTime::from_timestamp(seconds, 0),
        Err(_) => DateTime::parse_from_rfc3339(timestamp).ok().map(|it| it.to_utc()),
    }
}

/// What a body is known by when it comes again.
pub(super) fn digest(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|it| [it >> 4, it & 15]).filter_map(|it| char::from_digit(it.into(), 16)).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|it| Some(it.to_digit(16)?.to_le_bytes()[0])).collect();
    let digits = digits.filter(|it| it.len().is_multiple_of(2))?;
    Some(digits.chunks_exact(2).map(|it| it[0] << 4 | it[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with another implementation: `printf '%s%s' "$body" "$timestamp" | openssl dgst -sha256 -hmac "$secret"`.
    const SIGNATURE: &str = "94d8798ecda344425daa0f0300a94611a8336285b930fd3acd8c3b6723e527a3";
    const BODY: &[u8] = br#"{"data":[]}"#;

    #[test]
    fn the_signature_of_another_implementation_holds() {
        let holds = |secret, body, timestamp, signature: &str| holds(secret, body, timestamp, signature);
        assert!(holds("a secret of some length", BODY, "1795190400", SIGNATURE));
        assert!(holds("a secret of some length", BODY, "1795190400", &SIGNATURE.to_uppercase()));
        for (secret, body, timestamp, signature) in [
            ("another secret of mine", BODY, "1795190400", SIGNATURE),
            ("a secret of some length", br#"{"data":[ ]}"#.as_slice(), "1795190400", SIGNATURE),
            ("a secret of some length", BODY, "1795190401", SIGNATURE),
            ("a secret of some length", BODY, "1795190400", &SIGNATURE[2..]),
            ("a secret of some length", BODY, "1795190400", ""),
            ("a secret of some length", BODY, "1795190400", "no hexadecimal digits at all"),
        ] {
            assert!(!holds(secret, body, timestamp, signature), "{secret} {timestamp} {signature}");
        }
    }

    #[test]
    fn a_time_is_read_however_it_is_written() {
        for text in ["1795190400", "1795190400000", "2026-11-20T16:00:00Z", "2026-11-20T18:00:00+02:00"] {
            assert_eq!(sent_at(text).map(|it| it.timestamp()), Some(1_795_190_400), "{text}");
        }
        for text in ["", "soon", "99999999999999999999", "-1e3"] {
            assert_eq!(sent_at(text), None, "{text}");
        }
    }

    #[test]
    fn hexadecimal_there_and_back() {
        assert_eq!(hex(&[0, 15, 171, 255]), "000fabff");
        assert_eq!(unhex("000FABff"), Some(vec![0, 15, 171, 255]));
        assert_eq!((unhex("0"), unhex("zz"), unhex("é0")), (None, None, None));
    }
}
