//! Addresses: reading the query of a request, and writing the links of an answer.

use std::fmt::Write;

/// The address of this path and query, or of the same with another cursor.
pub(super) fn address(base: &str, path: &str, query: &[(String, String)], cursor: Option<&str>) -> String {
    let mut url = format!("{base}{path}");
    let kept = query.iter().filter(|it| cursor.is_none() || it.0 != "page[cursor]");
    let kept = kept.map(|(name, value)| (name.as_str(), value.as_str()));
    for (index, (name, value)) in kept.chain(cursor.map(|it| ("page[cursor]", it))).enumerate() {
        url.push(if index == 0 { '?' } else { '&' });
        encode(&mut url, name);
        url.push('=');
        encode(&mut url, value);
    }
    url
}

fn encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a text takes everything");
        }
    }
}

/// The decoded parameters of a query; `None` if it is not one.
pub(super) fn parameters(query: &str) -> Option<Vec<(String, String)>> {
    let parts = query.split('&').filter(|it| !it.is_empty());
    parts
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Some((decode(name)?, decode(value)?))
        })
        .collect()
}

/// Undoes the encoding of a query; a plus sign is a space.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            b'+' => b' ',
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_reads_back_as_it_was_written() {
        let query =
            vec![("filter".to_owned(), "equals(a,\"é +&=\")".to_owned()), ("page[size]".to_owned(), "5".to_owned())];
        let url = address("http://host", "/api/events", &query, None);
        assert_eq!(parameters(url.split_once('?').expect("a query").1), Some(query));
    }

    #[test]
    fn a_cursor_takes_the_place_of_the_last_one() {
        let query = vec![("page[cursor]".to_owned(), "old".to_owned()), ("sort".to_owned(), "id".to_owned())];
        assert_eq!(address("", "/a", &query, Some("new")), "/a?sort=id&page%5Bcursor%5D=new");
    }

    #[test]
    fn a_plus_sign_is_a_space_and_half_an_escape_is_nothing() {
        let value = |query| parameters(query).and_then(|it| it.first().map(|it| it.1.clone()));
        assert_eq!(value("a=2026-01-01T00:00:00+00:00").as_deref(), Some("2026-01-01T00:00:00 00:00"));
        assert_eq!(value("a=%4"), None);
        assert_eq!(value("a=%FF"), None);
    }
}
