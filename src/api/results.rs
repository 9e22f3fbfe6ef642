use crate::pages::overview::share;
use crate::store::{FromRow, Row, RowResult};

/// What became of messages, in counts; rates are made of them last.
#[derive(Debug, Clone)]
pub(super) struct Results {
    pub(super) recipients: i64,
    pub(super) delivered: i64,
    /// Deliveries whose opens are told.
    openable: i64,
    opened: i64,
    clicked: i64,
    unsubscribed: i64,
    complained: i64,
    converted: i64,
    pub(super) conversions: i64,
    pub(super) revenue: f64,
}

impl Results {
    pub(super) fn open_rate(&self) -> Option<f64> {
        share(self.opened, self.openable)
    }

    pub(super) fn click_rate(&self) -> Option<f64> {
        share(self.clicked, self.delivered)
    }

    pub(super) fn unsubscribe_rate(&self) -> Option<f64> {
        share(self.unsubscribed, self.delivered)
    }

    pub(super) fn complaint_rate(&self) -> Option<f64> {
        share(self.complained, self.delivered)
    }

    pub(super) fn conversion_rate(&self) -> Option<f64> {
        share(self.converted, self.delivered)
    }
}

impl FromRow for Results {
    fn from_row(row: &Row<'_>) -> RowResult<Results> {
        Ok(Results {
            recipients: row.get("recipients")?,
            delivered: row.get("delivered")?,
            openable: row.get("openable")?,
            opened: row.get("opened")?,
            clicked: row.get("clicked")?,
            unsubscribed: row.get("unsubscribed")?,
            complained: row.get("complained")?,
            converted: row.get("converted")?,
            conversions: row.get("conversions")?,
            revenue: row.get("revenue")?,
        })
    }
}
