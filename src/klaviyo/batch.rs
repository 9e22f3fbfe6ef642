//! What one answer holds: records as they were written, unread.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{Error as _, IgnoredAny};
use serde_json::value::RawValue;

/// The records of one response. Nothing inside a record has been looked at, so nothing in there can spoil the others.
#[derive(Debug, Default)]
pub struct Batch {
    /// The records asked for; of a response that is one document, that one.
    pub data: Vec<Box<RawValue>>,
    /// The records that came along.
    pub included: Vec<Box<RawValue>>,
    /// Where the next batch is, if there is one: a link to follow as it is.
    pub next: Option<String>,
    /// Length of the response, unpacked.
    pub bytes: u64,
}

#[derive(Deserialize)]
struct Document<Data> {
    data: Data,
    #[serde(default)]
    errors: Vec<IgnoredAny>,
    included: Option<Vec<Box<RawValue>>>,
    links: Option<Links>,
}

#[derive(Deserialize)]
struct Links {
    next: Option<String>,
}

impl Batch {
    /// Reads a response. Bytes that are not UTF-8 are replaced: they are in some text of some record.
    ///
    /// # Errors
    /// When it is not the JSON of a document with `data`, whole.
    pub fn parse(body: &[u8]) -> serde_json::Result<Batch> {
        let text = std::str::from_utf8(body).map_or_else(|_| String::from_utf8_lossy(body), Cow::Borrowed);
        let document = serde_json::from_str::<Document<Vec<Box<RawValue>>>>(&text).or_else(|_| single(&text))?;
        if !document.errors.is_empty() {
            return Err(serde_json::Error::custom("it tells of errors beside its data"));
        }
        Ok(Batch {
            data: document.data,
            included: document.included.unwrap_or_default(),
            next: document.links.and_then(|it| it.next),
            bytes: body.len() as u64,
        })
    }
}

/// A document about one record. One about none is refused: nothing that we ask for is allowed to be nothing.
fn single(text: &str) -> serde_json::Result<Document<Vec<Box<RawValue>>>> {
    let document: Document<Box<RawValue>> = serde_json::from_str(text)?;
    if !document.data.get().starts_with('{') {
        return Err(serde_json::Error::custom(format_args!("its data is no record: {:.40}", document.data.get())));
    }
    let Document { data, errors, included, links } = document;
    Ok(Document { data: vec![data], errors, included, links })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_and_a_document_are_read_alike() {
        let cases: [(&str, usize, usize, Option<&str>); 6] = [
            (
                r#"{"data":[{"id":"a"},{"id":"b"}],"links":{"self":"s","next":"https://x/?c=1","prev":null}}"#,
                2,
                0,
                Some("https://x/?c=1"),
            ),
            (r#"{"data":[{"id":"a"}],"included":[{"id":"i"}],"links":{"next":null}}"#, 1, 1, None),
            (r#"{"included":[{"id":"i"},{}],"links":{"self":"s"},"data":[]}"#, 0, 2, None),
            (r#"{"data":[]}"#, 0, 0, None),
            (r#"{"data":{"id":"a"},"links":{"self":"s"},"included":null}"#, 1, 0, None),
            (r#"{"data":[{"id":"a"}],"links":null,"meta":{"agent_hints":{"next_steps":["delete it"]}}}"#, 1, 0, None),
        ];
        for (body, data, included, next) in cases {
            let batch = Batch::parse(body.as_bytes()).expect(body);
            let found = (batch.data.len(), batch.included.len(), batch.next.as_deref());
            assert_eq!(found, (data, included, next), "{body}");
            assert_eq!(batch.bytes, body.len() as u64);
        }
    }

    #[test]
    fn nothing_inside_a_record_spoils_the_page() {
        let deep = format!(r#"{{"id":"deep","a":{}{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
        let records = [
            r#"{"id":"surrogate","a":"\ud83d and \udc00\ud800"}"#,
            r#"{"id":"integer","a":123456789012345678901234567890123456789012345678901234567890}"#,
            r#"{"id":"exponent","a":1e999999}"#,
            r#"{"id":"twice","id":"twice","a":1,"a":2}"#,
            r#"{"id":"zero","a":"\u0000"}"#,
            r"[]",
            &deep,
        ];
        for record in records {
            let body = format!(r#"{{"data":[{{"id":"before"}},{record},{{"id":"after"}}]}}"#);
            let batch = Batch::parse(body.as_bytes()).expect(record);
            assert_eq!(batch.data.len(), 3, "{record:.60}");
            assert_eq!(batch.data[1].get(), record);
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        let batch = Batch::parse(b"{\"data\":[{\"id\":\"a\xff\"}]}").expect("a page");
        assert_eq!(batch.data[0].get(), "{\"id\":\"a\u{fffd}\"}");
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for body in [
            "",
            "{}",
            "[]",
            "<html></html>",
            r#"{"data":[{"id":"a"}"#,
            r#"{"data":[{"id":"a"}]"#,
            r#"{"data":"a"}"#,
            r#"{"data":null}"#,
        ] {
            assert!(Batch::parse(body.as_bytes()).is_err(), "{body}");
        }
    }
}
