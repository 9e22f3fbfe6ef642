//! Every number of every page, counted again from the raw rows of an account: the rules are those of the product's dictionary,
//! written down a second time in plain Rust, and no view of ours has a part in it.
//!
//! A page is a file here: it counts with [`Account`] and [`Facts`], and compares with what the page's JSON twin says.

mod account;
mod audience;
mod audit;
mod benchmarks;
mod content;
mod deliverability;
mod explore;
mod facts;
mod forms;
mod groups;
mod messages;
mod one;
mod overview;
mod paper;
mod revenue;

use std::collections::HashMap;
use std::sync::LazyLock;

use klytics::demo::{Plan, ShopPlan};
use klytics::store::Store;

use crate::support::{Mirror, Served, ended_well, everything, noon, seed, serve};
use account::Account;
use facts::Facts;
use paper::Range;

/// A shop large enough that every measure is of something, copied and read once for all pages.
static SHOP: LazyLock<Shop> = LazyLock::new(Shop::copied);

struct Shop {
    store: Store,
    account: &'static Account,
    /// What was sent and answered, by whether machines count, towards the conversions of [`METRICS`].
    facts: HashMap<(&'static str, bool), Facts<'static>>,
}

/// What conversions are of: the account's own metric, which pages take unless they are asked, and another.
const METRICS: [&str; 2] = ["Placed Order", "Started Checkout"];

impl Shop {
    fn copied() -> Shop {
        let shop = ShopPlan { events: 36_000, profiles: 600, ..ShopPlan::until(noon()) };
        let mirror = Mirror::of(Plan { shop, ..crate::support::shop() });
        ended_well(&mirror.run(everything()));
        // Of some lists and segments as if their members had been read for weeks.
        seed(
            &mirror.store,
            "update sync_parents set first_whole_at = '2026-11-01 12:00'
             where parent_id in (select unnest([min(id), max(id)]) from klaviyo_lists)",
        );
        // It lives as long as the tests.
        let account: &'static Account = Box::leak(Box::new(Account::of(&mirror.store)));
        let facts = METRICS
            .iter()
            .flat_map(|it| [(*it, false), (*it, true)])
            .map(|it| (it, Facts::of(account, account.metric(it.0), it.1)))
            .collect();
        Shop { store: mirror.store.clone(), account, facts }
    }
}

impl Shop {
    fn serve(&self) -> Served {
        serve(self.store.clone())
    }

    fn ranges(&self) -> Vec<Range> {
        paper::ranges(self.account.first_on, self.account.today)
    }

    fn facts(&self, metric: &'static str, with_machines: bool) -> &Facts<'static> {
        &self.facts[&(metric, with_machines)]
    }
}

/// The words of an address for whether machines count.
fn machine(with_machines: bool) -> &'static str {
    if with_machines { "include" } else { "exclude" }
}
