//! What one answer holds: records as they were written, unread.

use serde::Deserialize;
use serde_json::value::RawValue;

/// The records of one response. Nothing inside a record has been looked at, so nothing in there can spoil the others.
#[derive(Debug)]
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
    pub(super) fn parse(body: &[u8]) -> serde_json::Result<Batch> {
        let text = String::from_utf8_lossy(body);
        let document = serde_json::from_str::<Document<Vec<Box<RawValue>>>>(&text).or_else(|_| single(&text))?;
        Ok(Batch {
            data: document.data,
            included: document.included.unwrap_or_default(),
            next: document.links.and_then(|it| it.next),
            bytes: body.len() as u64,
        })
    }
}

/// A document about one record, or about none where `data` is null.
fn single(text: &str) -> serde_json::Result<Document<Vec<Box<RawValue>>>> {
    let document: Document<Option<Box<RawValue>>> = serde_json::from_str(text)?;
    if let Some(record) = document.data.as_ref().filter(|it| !it.get().starts_with('{')) {
        return Err(serde::de::Error::custom(format_args!(
            "data is neither a record nor a list: {:.40}",
            record.get()
        )));
    }
    Ok(Document { data: document.data.into_iter().collect(), included: document.included, links: document.links })
}
