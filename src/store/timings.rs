//! How long the named queries take, counted where they are asked.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use super::lock;
use crate::histogram::Histogram;

/// One histogram for each named query; there are as many as there are `.sql` files.
#[derive(Debug, Default)]
pub(super) struct Timings(Mutex<BTreeMap<&'static str, Histogram>>);

impl Timings {
    pub(super) fn add(&self, query: &'static str, time: Duration) {
        lock(&self.0).entry(query).or_default().add(time);
    }

    pub(super) fn all(&self) -> Vec<(&'static str, Histogram)> {
        lock(&self.0).iter().map(|(name, it)| (*name, it.clone())).collect()
    }
}
