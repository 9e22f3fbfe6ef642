//! Every number of every page, counted again from the raw rows of an account: the rules are those of the product's dictionary,
//! written down a second time in plain Rust, and no view of ours has a part in it.
//!
//! A page is a file here: it counts with [`Account`] and [`Facts`], and compares with what the page's JSON twin says.

mod account;
mod audience;
mod audit;
mod benchmarks;
mod calendar;
mod consent;
mod content;
mod deliverability;
mod explore;
mod facts;
mod forms;
mod gathered;
mod groups;
mod health;
mod intervals;
mod messages;
mod one;
mod overview;
mod paper;
mod reported;
mod revenue;
mod rules;
mod variations;
mod walk;

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

/// A smaller shop in which a few campaigns and all flows of late reached crowds: what somebody did, many others did as well.
static CROWD: LazyLock<Shop> = LazyLock::new(Shop::crowded);

struct Shop {
    store: Store,
    account: &'static Account,
    /// What was sent and answered, by whether machines count, towards the conversions of [`METRICS`].
    facts: HashMap<(&'static str, bool), Facts<'static>>,
}

/// What conversions are of: the account's own metric, which pages take unless they are asked, and another.
const METRICS: [&str; 2] = ["Placed Order", "Started Checkout"];

/// A hundred and fifty others for each that three campaigns reached which tried two messages, half of those of the largest, and of
/// one message of the next, with variations of their own; and twenty others for each that flows reached of late, among whom
/// five that click are bots.
const CROWDS: &str = "
    insert into klaviyo_events
    select klaviyo_events.* replace (
        klaviyo_events.id || '~' || copy as id, profile_id || '~' || copy as profile_id,
        attributed_event_id || '~' || copy as attributed_event_id
    )
    from klaviyo_events
    cross join range(1, 151) as copies(copy)
    left join klaviyo_campaign_messages as said on said.id = coalesce(attributed_campaign_message_id, message_id)
    where said.campaign_id in (
        select campaign_id
        from klaviyo_events
        join klaviyo_campaign_messages as tried on tried.id = message_id
        where variation_id is not null
        group by campaign_id
        having count(distinct message_id) = 2
        order by count(*) desc, campaign_id
        limit 3
    );
    insert into klaviyo_events
    select klaviyo_events.* replace (
        id || '~' || copy as id, profile_id || '~' || copy as profile_id,
        attributed_event_id || '~' || copy as attributed_event_id
    )
    from klaviyo_events
    cross join range(1, 21) as copies(copy)
    where timestamp >= '2026-03-01' and (flow_id is not null or attributed_flow_id is not null);
    update klaviyo_events
    set
        variation_id = variation_id || '-b',
        properties = cast(
            json_merge_patch(cast(properties as json), json_object('$variation', variation_id || '-b')) as varchar
        )
    where try_cast(split_part(id, '~', 2) as integer) > 75 and message_id in (
        with ranked as (
            select
                campaign_id, min(tried.id) as first_message, row_number() over (order by count(*) desc, campaign_id) as place
            from klaviyo_events
            join klaviyo_campaign_messages as tried on tried.id = message_id
            where variation_id is not null
            group by campaign_id
        )
        select said.id
        from klaviyo_campaign_messages as said
        join ranked on ranked.campaign_id = said.campaign_id
        where place = 1 or (place = 2 and said.id = first_message)
    );
    update klaviyo_events
    set
        is_bot_click = true,
        properties = cast(json_merge_patch(cast(properties as json), json_object('Bot Click', true)) as varchar)
    where metric_id in (select id from klaviyo_metrics where name = 'Clicked Email') and flow_id is not null
        and try_cast(split_part(id, '~', 2) as integer) <= 5";

impl Shop {
    fn copied() -> Shop {
        let shop = ShopPlan { events: 36_000, profiles: 600, ..ShopPlan::until(noon()) };
        // Of some lists and segments as if their members had been read for weeks.
        let members = "update sync_parents set first_whole_at = '2026-11-01 12:00'
             where parent_id in (select unnest([min(id), max(id)]) from klaviyo_lists)";
        Shop::of(shop, members, &METRICS)
    }

    fn crowded() -> Shop {
        let shop = ShopPlan { events: 16_000, profiles: 400, ..ShopPlan::until(noon()) };
        Shop::of(shop, CROWDS, &METRICS[..1])
    }

    /// The copy of such a shop, with what is changed of it afterwards.
    fn of(shop: ShopPlan, changes: &'static str, metrics: &[&'static str]) -> Shop {
        let mirror = Mirror::of(Plan { shop, ..crate::support::shop() });
        ended_well(&mirror.run(everything()));
        seed(&mirror.store, changes);
        // It lives as long as the tests.
        let account: &'static Account = Box::leak(Box::new(Account::of(&mirror.store)));
        let facts = metrics
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
