//! An account of the fake's, copied: what the copy then holds, however the account changes.

use chrono::{DateTime, TimeDelta, Utc};
use klytics::demo::{Kind, LateEvent};
use klytics::sync::Order;

use crate::support::{
    Mirror, Reading, changes, ended_well, everything, forced, holds_the_truth, lines, noon, only, part, rows,
    same_rows, shop, value,
};

#[test]
fn a_copy_holds_exactly_what_the_account_has() {
    let mirror = Mirror::of(shop());
    let run = mirror.sync();
    holds_the_truth(&mirror, &mirror.fake.truth());
    let kept: usize = rows(&mirror.store, false).values().map(Vec::len).sum();
    assert_eq!(changes(&run), (i64::try_from(kept).expect("a count"), 0, 0));
}

#[test]
fn a_second_run_changes_no_row() {
    let mirror = Mirror::copied();
    let before = rows(&mirror.store, true);
    for order in [everything(), forced(), Order { since: Some(noon() - TimeDelta::days(30)), ..everything() }] {
        let run = mirror.run(order);
        ended_well(&run);
        assert_eq!(changes(&run), (0, 0, 0));
        same_rows(&rows(&mirror.store, true), &before);
    }
}

#[test]
fn a_second_run_asks_only_for_what_may_have_changed() {
    let mirror = Mirror::copied();
    let run = mirror.sync();
    for name in ["events", "profiles", "campaigns"] {
        assert!(part(&run, name).rows_seen < 50, "{name}: {}", part(&run, name).rows_seen);
    }
    let run = mirror.run(forced());
    let stored = |table: &str| value(&mirror.store, &format!("select count(*) from klaviyo_{table}"));
    for name in ["events", "profiles", "campaigns"] {
        assert_eq!(part(&run, name).rows_seen.to_string(), stored(name), "{name}");
    }
}

#[test]
fn what_happens_meanwhile_arrives_with_the_next_run() {
    let mirror = Mirror::copied();
    for minutes in [1, 30, 300] {
        let truth = mirror.truth_after(TimeDelta::minutes(minutes));
        mirror.sync();
        holds_the_truth(&mirror, &truth);
    }
}

/// The ids of the stored events that `filter` lets through.
fn events(mirror: &Mirror, filter: &str) -> Vec<String> {
    lines(&mirror.store, &format!("select id from klaviyo_events where {filter}"))
}

fn add_order(mirror: &Mirror, at: DateTime<Utc>) -> String {
    mirror.fake.edit(|shop| shop.add_event(LateEvent { kind: Kind::PlacedOrder, at, profile: 3 }))
}

#[test]
fn an_event_that_is_dated_back_arrives_as_far_as_the_run_looks_back() {
    let mirror = Mirror::copied();
    let of = |id: &str| format!("id = '{id}'");
    let late = add_order(&mirror, noon() - TimeDelta::minutes(110));
    let later = add_order(&mirror, noon() - TimeDelta::days(5));
    let latest = add_order(&mirror, noon() - TimeDelta::days(400));
    let arrived = || [&late, &later, &latest].map(|id| events(&mirror, &of(id)).len());
    assert_eq!(arrived(), [0, 0, 0]);
    mirror.sync();
    assert_eq!(arrived(), [1, 0, 0]);
    ended_well(&mirror.run(Order { since: Some(noon() - TimeDelta::days(10)), ..everything() }));
    assert_eq!(arrived(), [1, 1, 0]);
    ended_well(&mirror.run(forced()));
    assert_eq!(arrived(), [1, 1, 1]);
    holds_the_truth(&mirror, &mirror.fake.truth());
}

#[test]
fn an_event_that_is_gone_at_klaviyo_is_gone_here() {
    let mirror = Mirror::copied();
    mirror.pass_time(TimeDelta::minutes(30));
    mirror.sync();
    let gone = mirror.fake.edit(|shop| {
        let place = shop.latest(Kind::PlacedOrder).expect("an order");
        shop.delete_event(place)
    });
    assert_eq!(events(&mirror, &format!("id = '{gone}'")).len(), 1);
    let run = mirror.sync();
    assert_eq!(part(&run, "events").rows_deleted, 1);
    assert_eq!(events(&mirror, &format!("id = '{gone}'")), [""; 0]);
}

#[test]
fn an_event_that_was_moved_is_there_once() {
    let mirror = Mirror::copied();
    mirror.pass_time(TimeDelta::minutes(30));
    mirror.sync();
    let want = rows(&mirror.store, false);
    // As if it had been dated a hundred days earlier when it was copied.
    crate::support::seed(
        &mirror.store,
        "update klaviyo_events set timestamp = timestamp - interval 100 day
         where id = (select max(id) from klaviyo_events where timestamp > timestamp '2026-11-21 17:05')",
    );
    let run = mirror.sync();
    assert_eq!(changes(&run), (0, 1, 0));
    same_rows(&rows(&mirror.store, false), &want);
}

#[test]
fn an_attribution_that_comes_late_replaces_the_row() {
    let mirror = Mirror::copied();
    let (order, touch) = mirror.fake.edit(|shop| shop.attribute_late()).expect("an order without attribution");
    let touched = format!("id = '{order}' and attributed_event_id = '{touch}'");
    assert_eq!(events(&mirror, &touched).len(), 0);
    let run = mirror.run(forced());
    assert_eq!((changes(&run), part(&run, "events").rows_changed), ((0, 1, 0), 1));
    assert_eq!(events(&mirror, &touched), [order]);
    holds_the_truth(&mirror, &mirror.fake.truth());
}

#[test]
fn a_campaign_that_is_renamed_is_renamed_here() {
    let mirror = Mirror::copied();
    mirror.pass_time(TimeDelta::minutes(5));
    mirror.fake.edit(|shop| shop.rename_campaign(2, "Tea & <b>cake</b>", noon() + TimeDelta::minutes(4)));
    let run = mirror.sync();
    assert_eq!(part(&run, "campaigns").rows_changed, 1);
    let named = "select count(*) from klaviyo_campaigns where name = 'Tea & <b>cake</b>' and deleted_at is null";
    assert_eq!(value(&mirror.store, named), "1");
}

#[test]
fn what_is_deleted_at_klaviyo_is_marked_here_and_counted_no_more() {
    let mirror = Mirror::copied();
    let alive = |entity: &str, id: &str| {
        value(&mirror.store, &format!("select count(*) from klaviyo_{entity} where id = '{id}' and deleted_at is null"))
    };
    let list = mirror.fake.edit(|shop| shop.delete_list(0));
    let campaign = mirror.fake.edit(|shop| shop.delete_campaign(0));
    let profile = mirror.fake.edit(|shop| shop.delete_profile(5));
    // Only a whole listing shows that something is missing: an incremental run has one of lists, but not of the others.
    mirror.sync();
    let seen = || [alive("lists", &list), alive("campaigns", &campaign), alive("profiles", &profile)];
    assert_eq!(seen(), ["0", "1", "1"]);
    assert!(!events(&mirror, &format!("profile_id = '{profile}'")).is_empty());
    ended_well(&mirror.run(forced()));
    assert_eq!(seen(), ["0", "0", "0"]);
    assert_eq!(value(&mirror.store, "select count(*) from klaviyo_lists where deleted_at is not null"), "1");
    assert_eq!(events(&mirror, &format!("profile_id = '{profile}'")), [""; 0]);
    holds_the_truth(&mirror, &mirror.fake.truth());
    // What is marked already stays as it is.
    let before = rows(&mirror.store, true);
    assert_eq!(changes(&mirror.run(forced())), (0, 0, 0));
    same_rows(&rows(&mirror.store, true), &before);
}

#[test]
fn a_profile_that_was_merged_gives_its_events_away() {
    let mirror = Mirror::copied();
    mirror.pass_time(TimeDelta::minutes(5));
    mirror.fake.edit(|shop| shop.merge_profiles(3, 4, noon() + TimeDelta::minutes(3)));
    let from = mirror.fake.edit(|shop| shop.profile_id(3));
    ended_well(&mirror.run(forced()));
    assert_eq!(events(&mirror, &format!("profile_id = '{from}'")), [""; 0]);
    assert_eq!(value(&mirror.store, "select count(*) from metrics where kind = 'merged_profile'"), "1");
}

#[test]
fn a_metric_that_is_renamed_keeps_its_kind() {
    let mirror = Mirror::copied();
    let kinds = "select kind, metric_id from metric_kinds";
    let before = lines(&mirror.store, kinds);
    assert!(before.iter().any(|it| it.starts_with("received_sms ")), "{before:?}");
    for (kind, old, new) in [
        (Kind::ReceivedText, "Received SMS", "Received Text Message"),
        (Kind::ClickedText, "Clicked SMS", "Clicked Text Message"),
        (Kind::FailedText, "Failed to Deliver SMS", "Failed to Deliver Text Message"),
    ] {
        for name in [old, new] {
            mirror.fake.edit(|shop| shop.rename_metric(kind, name));
            mirror.sync();
            assert_eq!(value(&mirror.store, &format!("select count(*) from metrics where name = '{name}'")), "1");
            assert_eq!(lines(&mirror.store, kinds), before, "{name}");
        }
    }
}

#[test]
fn a_kind_that_a_person_set_stays() {
    let mirror = Mirror::copied();
    crate::support::seed(
        &mirror.store,
        "delete from metric_kinds where kind = 'placed_order';
         insert into metric_kinds select id, 'placed_order', 'person' from klaviyo_metrics where name = 'Ordered Product'",
    );
    mirror.sync();
    let kinds = "select name, set_by from metric_kinds join klaviyo_metrics on id = metric_id
                 where kind in ('placed_order', 'ordered_product')";
    assert_eq!(lines(&mirror.store, kinds), ["Ordered Product person", "Placed Order name"]);
}

#[test]
fn a_second_that_goes_on_over_many_pages_is_kept_whole() {
    let mirror = Mirror::of(shop());
    let at = noon() - TimeDelta::days(3);
    // Thirty pages of one second, and ten of the second before it: more than one window holds.
    mirror.fake.edit(|shop| {
        for number in 0..40_000_u32 {
            let at = at - TimeDelta::seconds(i64::from(number / 30_000));
            shop.add_event(LateEvent { kind: Kind::ActiveOnSite, at, profile: number % 50 });
        }
    });
    let run = mirror.sync();
    ended_well(&run);
    assert_eq!(part(&run, "events").rows_deleted, 0);
    holds_the_truth(&mirror, &mirror.fake.truth());
}

#[test]
fn odd_documents_are_kept_and_so_is_what_was_sent() {
    let mirror = Mirror::copied();
    let count = |filter: &str| value(&mirror.store, &format!("select count(*) from klaviyo_events where {filter}"));
    // Three of each: half of a surrogate pair, an integer beyond 64 bits, a nesting of two hundred levels.
    for (what, kept, sent) in [
        (
            "half a pair",
            "(properties::json ->> 'Nickname') = 'broken \u{fffd} emoji'",
            r"contains(raw, 'broken \ud83d emoji')",
        ),
        (
            "an integer",
            "(properties::json ->> 'Legacy Id') = '123456789012345678901234567890'",
            "contains(raw, ':123456789012345678901234567890')",
        ),
        ("a nesting", "(properties::json -> 'Tree') is not null", "contains(raw, repeat('{\"child\":', 200))"),
    ] {
        assert_eq!(count(&format!("{kept} and {sent}")), "3", "{what}");
    }
    assert_eq!(count("raw is not null"), "9");
    assert_eq!(count("raw is not null and json_valid(properties::json::varchar)"), "9");
    // Events whose metric nobody knows are kept, too.
    assert_eq!(count("metric_id is null"), "3");
}

#[test]
fn local_times_follow_the_zone_of_the_account() {
    let mirror = Mirror::copied();
    let days = "select local_datetime - timestamp as ahead, count(*) > 0 from klaviyo_events group by all";
    assert_eq!(lines(&mirror.store, days), ["-04:00:00 true", "-05:00:00 true"]);
    // As if the account had stood elsewhere when its events were read.
    for (zone, want) in [
        ("Europe/Berlin", ["01:00:00 true", "02:00:00 true"]),
        ("Asia/Kolkata", ["05:30:00 true", ""]),
        ("America/New_York", ["-04:00:00 true", "-05:00:00 true"]),
    ] {
        move_account(&mirror, zone);
        mirror.store.settle_zone().expect("a zone");
        let want: Vec<&str> = want.into_iter().filter(|it| !it.is_empty()).collect();
        assert_eq!(lines(&mirror.store, days), want, "{zone}");
    }
    holds_the_truth(&mirror, &mirror.fake.truth());
}

/// As if Klaviyo had said so.
fn move_account(mirror: &Mirror, zone: &str) {
    let text = format!("update klaviyo_accounts set timezone = '{zone}'");
    let query = klytics::store::Query { name: "move", text: text.leak() };
    mirror.store.write(|db| db.execute(query, klytics::params! {})).expect("an account");
}

#[test]
fn a_zone_that_the_account_gets_back_is_settled_by_a_run() {
    let mirror = Mirror::copied();
    move_account(&mirror, "Asia/Kolkata");
    mirror.store.settle_zone().expect("a zone");
    let before = value(&mirror.store, "select count(*) from klaviyo_events where local_datetime > timestamp");
    assert_ne!(before, "0");
    mirror.sync();
    assert_eq!(value(&mirror.store, "select count(*) from klaviyo_events where local_datetime > timestamp"), "0");
    holds_the_truth(&mirror, &mirror.fake.truth());
}

#[test]
fn a_short_history_is_read_first_and_the_rest_when_it_is_wanted() {
    let options = klytics::sync::Options { history_days: 30, parallel: 3, ..Default::default() };
    let mut mirror = Mirror::with(shop(), &Reading { options, ..Reading::default() });
    mirror.sync();
    let oldest = "select min(timestamp) >= timestamp '2026-10-22 17:00:00' and count(*) > 0 from klaviyo_events";
    assert_eq!(value(&mirror.store, oldest), "true");
    mirror.restart(&Reading::default());
    let run = mirror.sync();
    holds_the_truth(&mirror, &mirror.fake.truth());
    let again = part(&run, "events");
    assert_eq!(again.rows_changed + again.rows_deleted, 0);
}

#[test]
fn one_entity_can_be_copied_alone() {
    let mirror = Mirror::of(shop());
    let run = mirror.run(only(&["campaign_messages", "lists"]));
    ended_well(&run);
    let copied: Vec<_> = run.entities.iter().map(|it| it.name.as_str()).collect();
    // Messages come along with their campaigns.
    assert_eq!(copied, ["campaigns", "campaign_messages", "lists"]);
    assert_eq!(mirror.status("events").status.name(), "never");
    assert_eq!(mirror.status("lists").status.name(), "completed");
}
