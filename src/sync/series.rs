//! One series of requests: page after page, as Klaviyo links them, for as long as they lead somewhere.

use std::collections::HashSet;

use super::run::Stopped;
use crate::klaviyo::{Batch, Request};

/// Pages without a record after which a series is given up; a filter may well let a few such pages through.
const EMPTY_PAGES_MAX: usize = 50;

/// Where a series stands.
pub(super) struct Series {
    next: Option<Request>,
    /// Every address that was asked; a link back to one of them would go round for ever.
    asked: HashSet<String>,
    empty: usize,
}

impl Series {
    pub(super) fn from(first: Request) -> Series {
        Series { next: Some(first), asked: HashSet::new(), empty: 0 }
    }

    /// The request to send next; none after the last page.
    pub(super) fn take(&mut self) -> Option<Request> {
        self.next.take()
    }

    /// Notes what `asked` brought, and where it goes on. Tells whether that was the last page.
    pub(super) fn follow(&mut self, asked: &Request, batch: &Batch) -> Result<bool, Stopped> {
        self.asked.insert(asked.target().to_owned());
        self.empty = if batch.data.is_empty() { self.empty + 1 } else { 0 };
        self.next = asked.following(batch);
        let Some(next) = &self.next else { return Ok(true) };
        if self.asked.contains(next.target()) || self.empty >= EMPTY_PAGES_MAX {
            return Err(Stopped::Endless(asked.endpoint()));
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;
    use crate::catalog::EVENTS;

    fn batch(next: Option<&str>, records: usize) -> Batch {
        let record = || RawValue::from_string("{}".to_owned()).expect("JSON");
        let data = (0..records).map(|_| record()).collect();
        Batch { data, included: Vec::new(), next: next.map(ToOwned::to_owned), bytes: 0 }
    }

    /// How many requests a series takes whose pages link on as `next` says.
    fn asked(next: impl Fn(usize) -> Option<String>, records: usize) -> Result<usize, Stopped> {
        let mut series = Series::from(Request::first(&EVENTS, None, None, None));
        let mut count = 0;
        while let Some(request) = series.take() {
            count += 1;
            series.follow(&request, &batch(next(count).as_deref(), records))?;
        }
        Ok(count)
    }

    #[test]
    fn a_series_ends_with_its_last_page() {
        let three = |count: usize| (count < 3).then(|| format!("https://a.klaviyo.com/api/events?page={count}"));
        assert_eq!(asked(three, 1).expect("an end"), 3);
        assert_eq!(asked(three, 0).expect("an end"), 3);
    }

    #[test]
    fn a_series_that_leads_nowhere_is_given_up() {
        let same = |_| Some("https://a.klaviyo.com/api/events?page=1".to_owned());
        assert!(matches!(asked(same, 1), Err(Stopped::Endless("/api/events"))));
        let empty = |count: usize| Some(format!("https://a.klaviyo.com/api/events?page={count}"));
        assert!(matches!(asked(empty, 0), Err(Stopped::Endless("/api/events"))));
    }
}
