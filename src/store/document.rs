//! Makes a JSON document harmless before DuckDB sees it.
//!
//! Tried on DuckDB 2.0.0: a lone surrogate fails the whole statement, an integer beyond 64 bits silently becomes a
//! double, and nesting of some thousand levels overflows the stack and kills the process. Klaviyo passes on whatever
//! a shop sent, so all three are met.

/// Deepest nesting that is kept as such, counted from the whole record. The JSON reader that follows stops at 128.
pub(crate) const DEPTH_MAX: usize = 120;

/// The document with what would hurt replaced, or `None` when nothing had to be: lone surrogates become U+FFFD,
/// numbers that 64 bits cannot hold become text, and what is nested too deeply becomes its own text.
///
/// `text` must be well-formed JSON, apart from its surrogates.
#[must_use]
pub fn mend(text: &str) -> Option<String> {
    let mut scanner = Scanner { text, at: 0, copied: 0, out: None };
    scanner.document();
    let Scanner { text, copied, out, .. } = scanner;
    out.map(|mut out| {
        out.push_str(&text[copied..]);
        out
    })
}

/// Whether the escape that `text` begins with may be half of a surrogate pair. Who reads a document anyway tells by
/// this, by [`may_overflow`] and by [`DEPTH_MAX`] whether it needs to be mended.
pub(crate) fn may_be_surrogate(text: &[u8]) -> bool {
    matches!(text, [b'\\', b'u', b'd' | b'D', ..])
}

/// Whether the number may be more than 64 bits hold: eighteen characters hold no integer beyond them, and no exponent
/// of a finite double has more than three.
pub(crate) fn may_overflow(number: &[u8]) -> bool {
    number.len() > 18 || number.iter().any(|it| matches!(it, b'e' | b'E'))
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// Up to here the text is in `out`, as it was or replaced.
    copied: usize,
    out: Option<String>,
}

impl Scanner<'_> {
    fn document(&mut self) {
        let mut depth = 0;
        while let Some(&byte) = self.text.as_bytes().get(self.at) {
            match byte {
                b'"' => self.string(true),
                b'{' | b'[' if depth == DEPTH_MAX => self.subtree(),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
                b'-' | b'0'..=b'9' => self.number(),
                _ => self.at += 1,
            }
        }
    }

    /// From its opening quote to behind its closing one; mends its surrogates when asked to.
    fn string(&mut self, mending: bool) {
        let bytes = self.text.as_bytes();
        self.at += 1;
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' if bytes.get(self.at + 1) == Some(&b'u') => self.unicode_escape(mending),
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
    }

    /// A `\uXXXX`, and the second half of its pair if it has one.
    fn unicode_escape(&mut self, mending: bool) {
        let start = self.at;
        let first = self.code_unit(start);
        self.at = start + 6;
        let lone = match first {
            Some(0xD800..=0xDBFF) => {
                let paired = matches!(self.code_unit(self.at), Some(0xDC00..=0xDFFF));
                if paired {
                    self.at += 6;
                }
                !paired
            }
            Some(0xDC00..=0xDFFF) => true,
            _ => false,
        };
        if lone && mending {
            self.replace(start, "\u{fffd}");
        }
    }

    /// The code unit of an escape that starts at `at`, if one does.
    fn code_unit(&self, at: usize) -> Option<u16> {
        let hex = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(hex, 16).ok()
    }

    fn number(&mut self) {
        let start = self.at;
        let rest = &self.text[start..];
        let length = rest.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')).unwrap_or(rest.len());
        self.at = start + length;
        let token = &self.text[start..self.at];
        if may_overflow(token.as_bytes()) && !fits(token) {
            let quoted = format!("\"{token}\"");
            self.replace(start, &quoted);
        }
    }

    /// A value that is nested too deeply: from its opening bracket to its closing one, as a string.
    fn subtree(&mut self) {
        let start = self.at;
        let mut depth = 0_usize;
        while let Some(&byte) = self.text.as_bytes().get(self.at) {
            match byte {
                b'"' => {
                    self.string(false);
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                break;
            }
        }
        let quoted = serde_json::Value::from(&self.text[start..self.at]).to_string();
        self.replace(start, &quoted);
    }

    /// Puts `with` in the place of what lies between `start` and where the scanner stands.
    fn replace(&mut self, start: usize, with: &str) {
        let out = self.out.get_or_insert_with(|| String::with_capacity(self.text.len() + 16));
        out.push_str(&self.text[self.copied..start]);
        out.push_str(with);
        self.copied = self.at;
    }
}

/// Whether a double or a 64-bit integer holds the number, the integer exactly.
fn fits(token: &str) -> bool {
    if token.contains(['.', 'e', 'E']) {
        token.parse::<f64>().is_ok_and(f64::is_finite)
    } else {
        token.parse::<i64>().is_ok() || token.parse::<u64>().is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn mended(text: &str) -> Value {
        serde_json::from_str(&mend(text).expect("mended")).expect("JSON")
    }

    #[test]
    fn harmless_documents_are_left_alone() {
        for text in [
            r#"{"a":[1,-2.5,"x\"y\\",null,true]}"#,
            r#"{"pair":"\ud83d\ude00","bmp":"\u00e9"}"#,
            r#"{"u64":18446744073709551615,"i64":-9223372036854775808,"long":3.141592653589793238}"#,
            r#""18446744073709551616""#,
        ] {
            assert_eq!(mend(text), None, "{text}");
        }
    }

    #[test]
    fn lone_surrogates_are_replaced() {
        for (text, want) in [
            (r#""a\ud83db""#, "a\u{fffd}b"),
            (r#""\udc00""#, "\u{fffd}"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
            (r#""\ud83d""#, "\u{fffd}"),
        ] {
            assert_eq!(mended(text), Value::from(want), "{text}");
        }
    }

    #[test]
    fn an_escaped_backslash_before_a_u_is_no_escape() {
        assert_eq!(mend(r#""\\ud83d""#), None);
    }

    #[test]
    fn numbers_beyond_64_bits_become_text() {
        assert_eq!(
            mended(r#"{"id":18446744073709551616,"low":-9223372036854775809,"huge":1e400,"ok":1}"#),
            serde_json::json!({"id": "18446744073709551616", "low": "-9223372036854775809", "huge": "1e400", "ok": 1})
        );
    }

    #[test]
    fn deep_nesting_becomes_its_text() {
        let text = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
        let mut value = mended(&text);
        for _ in 0..DEPTH_MAX {
            value = value.as_array_mut().expect("an array").remove(0);
        }
        let kept = value.as_str().expect("text");
        assert_eq!(kept.len(), 2 * (10_000 - DEPTH_MAX) + 1);
    }

    #[test]
    fn brackets_in_strings_are_not_nesting() {
        assert_eq!(mend(&format!("\"{}\"", "[".repeat(500))), None);
    }
}
