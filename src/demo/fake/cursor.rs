//! Opaque cursors: where a page ended or began, and of which question, in base64.

/// The place after which the next page begins, or before which the previous one ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    /// Of the question that it belongs to; any other refuses it.
    pub(super) question: u64,
    pub(super) key: Key,
    /// Towards the first page.
    pub(super) back: bool,
}

/// From where the pages around one are read; `None` where there is none.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Ends {
    pub(super) prev: Option<Key>,
    pub(super) next: Option<Key>,
}

impl Ends {
    /// Of the page that a cursor led to, its first and last record in the order of the question; `more` tells whether
    /// others follow in the direction of the cursor.
    pub(super) fn of(cursor: Option<&Cursor>, first: Option<Key>, last: Option<Key>, more: bool) -> Ends {
        match cursor {
            None => Ends { prev: None, next: last.filter(|_| more) },
            Some(Cursor { back: false, .. }) => Ends { prev: first, next: last.filter(|_| more) },
            Some(Cursor { back: true, .. }) => Ends { prev: first.filter(|_| more), next: last },
        }
    }
}

/// What records are ordered by: a number (times are numbers), then a text; the last tells equals apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) number: i64,
    pub(super) text: String,
    pub(super) tie: u64,
}

impl Cursor {
    pub(super) fn text(&self) -> String {
        let Key { number, text, tie } = &self.key;
        let way = if self.back { "prev" } else { "next" };
        encode(format!("{way}::{:x}::{number}::{tie}::{text}", self.question).as_bytes())
    }

    pub(super) fn parse(text: &str) -> Option<Cursor> {
        let plain = String::from_utf8(decode(text)?).ok()?;
        let (way, rest) = plain.split_once("::")?;
        let back = match way {
            "next" => false,
            "prev" => true,
            _ => return None,
        };
        let mut parts = rest.splitn(4, "::");
        let question = u64::from_str_radix(parts.next()?, 16).ok()?;
        let (number, tie) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(Cursor { question, key: Key { number, tie, text: parts.next()?.to_owned() }, back })
    }
}

/// A number for a text (FNV-1a), equal on every machine.
pub(super) fn digest(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

/// The alphabet that is safe in a URL.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().chain(&[0, 0]).take(3).fold(0_usize, |sum, &byte| (sum << 8) | usize::from(byte));
        for position in 0..=chunk.len() {
            text.push(char::from(ALPHABET[(group >> (18 - 6 * position)) & 63]));
        }
    }
    text
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for chunk in text.as_bytes().chunks(4) {
        let mut group = 0_usize;
        for position in 0..4 {
            let digit = chunk.get(position).map_or(Some(0), |it| ALPHABET.iter().position(|letter| letter == it))?;
            group = (group << 6) | digit;
        }
        let octets = [(group >> 16) & 255, (group >> 8) & 255, group & 255];
        for octet in octets.iter().take(chunk.len().checked_sub(1)?) {
            bytes.push(u8::try_from(*octet).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_as_it_was_written() {
        for text in ["", "a", "ab", "abc", "name::with::marks – and more"] {
            let key = Key { number: -12, text: text.to_owned(), tie: 7 };
            for back in [false, true] {
                let cursor = Cursor { question: 0xFEED, key: key.clone(), back };
                assert_eq!(Cursor::parse(&cursor.text()), Some(cursor));
            }
        }
    }

    #[test]
    fn anything_else_is_no_cursor() {
        for text in ["", "x", "bmV4dA", "####", "bmV4dDo6eHg6OjE6OjI6OnQ"] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }
}
