//! The small print under pages: what is counted by which day, whose attribution it is, and what was left out.

use super::frame::Frame;
use crate::range::{Basis, Machine};
use crate::store;

/// Under a page about messages.
///
/// # Errors
/// When the query fails.
pub fn messages(frame: &Frame<'_>) -> Result<Vec<String>, store::Error> {
    let basis = match frame.period.basis {
        Basis::Sent => "Messages count by the day they were sent, with all that happened to them since.",
        Basis::Event => "Messages count by the day on which something happened, whenever they were sent.",
    };
    Ok(vec![basis.to_owned(), "Attribution is Klaviyo's own.".to_owned(), machines(frame).to_owned()])
}

/// Whether machines count.
#[must_use]
pub fn machines(frame: &Frame<'_>) -> &'static str {
    match frame.period.machine {
        Machine::Exclude => "Opens by machines and clicks by bots are left out.",
        Machine::Include => "Opens by machines and clicks by bots are counted.",
    }
}
