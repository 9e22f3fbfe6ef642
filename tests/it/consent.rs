//! Who may be written to, and since when: the columns of profiles, and the history of how it changed.

use chrono::{DateTime, TimeDelta, Utc};
use klytics::demo::{Reason, Shop};
use klytics::store::{Options, Store};
use serde_json::{Value, json};

use crate::support::{Mirror, account, ended_well, everything, forced, lines, noon, only, part, seed, serve, value};

/// The history of a profile on a channel, oldest first: state, reason and what it was before.
fn history(mirror: &Mirror, profile: &str, channel: &str) -> Vec<String> {
    let sql = format!(
        "select
             row_number() over (order by seen_at), consent, can_receive, coalesce(reason, 'no reason'),
             coalesce(previous_consent, 'nothing') || '/' || coalesce(previous_can_receive::varchar, 'nothing')
         from klaviyo_consent_history where profile_id = '{profile}' and channel = '{channel}'"
    );
    lines(&mirror.store, &sql)
}

/// The time of the latest change, and whether that is when it was seen.
fn changed_at(mirror: &Mirror, profile: &str) -> String {
    let sql = format!(
        "select changed_at, changed_at = seen_at from klaviyo_consent_history
         where profile_id = '{profile}' and channel = 'email' order by seen_at desc limit 1"
    );
    value(&mirror.store, &sql)
}

fn change(mirror: &Mirror, change: impl FnOnce(&mut Shop, u32, DateTime<Utc>)) -> String {
    mirror.pass_time(TimeDelta::minutes(1));
    let at = mirror.clock().now();
    let id = mirror.fake.edit(|shop| {
        let who = shop.a_subscriber(true);
        change(shop, who, at);
        shop.profile_id(who)
    });
    ended_well(&mirror.run(only(&["accounts", "profiles"])));
    id
}

#[test]
fn the_history_begins_with_the_first_state_of_everyone() {
    let mirror = Mirror::copied();
    let subscribers = mirror.fake.truth().subscribers.to_string();
    assert_eq!(value(&mirror.store, "select email from subscribers"), subscribers);
    assert_eq!(value(&mirror.store, "select sum(change) from consent_changes where channel = 'email'"), subscribers);
    // Since when they have been in it is what Klaviyo says, which is before anybody looked.
    let early =
        "select count(*) from klaviyo_consent_history where changed_at >= seen_at or previous_consent is not null";
    assert_eq!(value(&mirror.store, early), "0");
    let channels = lines(&mirror.store, "select distinct channel from klaviyo_consent_history");
    assert_eq!(channels, ["email", "push", "sms", "sms_transactional", "whatsapp"]);
    let never = "select count(*) from klaviyo_consent_history where consent = 'NEVER_SUBSCRIBED' and not can_receive";
    assert_eq!(value(&mirror.store, never), "0", "who never consented has no history");
}

#[test]
fn a_change_of_consent_is_one_row() {
    let mirror = Mirror::copied();
    let rows = || value(&mirror.store, "select count(*) from klaviyo_consent_history");
    let (before, at) = (rows(), noon() + TimeDelta::minutes(1));
    let mut who = 0;
    let id = change(&mirror, |shop, it, at| {
        who = it;
        shop.unsubscribe(it, at);
    });
    assert_eq!(
        history(&mirror, &id, "email"),
        ["1 SUBSCRIBED true no reason nothing/nothing", "2 UNSUBSCRIBED false UNSUBSCRIBE SUBSCRIBED/true"]
    );
    assert_eq!(history(&mirror, &id, "sms").len(), 1, "the other channels did not change");
    assert_eq!(changed_at(&mirror, &id), format!("{} false", at.naive_utc()));
    assert_ne!(rows(), before);
    let row =
        format!("select email_consent, can_receive_email, email_suppression from klaviyo_profiles where id = '{id}'");
    assert_eq!(value(&mirror.store, &row), "UNSUBSCRIBED false UNSUBSCRIBE");
    mirror.pass_time(TimeDelta::minutes(1));
    let again = mirror.clock().now();
    mirror.fake.edit(|shop| shop.subscribe(who, again));
    ended_well(&mirror.run(only(&["accounts", "profiles"])));
    assert_eq!(history(&mirror, &id, "email")[2], "3 SUBSCRIBED true no reason UNSUBSCRIBED/false");
    assert_eq!(changed_at(&mirror, &id), format!("{} false", again.naive_utc()));
}

#[test]
fn a_text_message_that_is_answered_with_stop_ends_only_texts() {
    let mirror = Mirror::copied();
    let id = change(&mirror, Shop::stop_texts);
    assert_eq!(history(&mirror, &id, "sms")[1], "2 UNSUBSCRIBED false no reason SUBSCRIBED/true");
    assert_eq!(history(&mirror, &id, "email").len(), 1);
}

#[test]
fn what_klaviyo_gives_no_time_for_changed_when_it_was_seen() {
    let mirror = Mirror::copied();
    let mut who = 0;
    let id = change(&mirror, |shop, it, at| {
        who = it;
        shop.suppress_profile(it, Reason::UserSuppressed, at);
    });
    assert_eq!(history(&mirror, &id, "email")[1], "2 SUBSCRIBED false USER_SUPPRESSED SUBSCRIBED/true");
    assert!(changed_at(&mirror, &id).ends_with("false"));
    mirror.pass_time(TimeDelta::minutes(1));
    let at = mirror.clock().now();
    mirror.fake.edit(|shop| shop.unsuppress_profile(who, at));
    ended_well(&mirror.run(only(&["accounts", "profiles"])));
    assert_eq!(history(&mirror, &id, "email")[2], "3 SUBSCRIBED true no reason SUBSCRIBED/false");
    assert!(changed_at(&mirror, &id).ends_with("true"), "{}", changed_at(&mirror, &id));
}

#[test]
fn a_second_run_adds_no_history() {
    let mirror = Mirror::copied();
    let all = || lines(&mirror.store, "from klaviyo_consent_history");
    let before = all();
    for order in [everything(), forced()] {
        ended_well(&mirror.run(order));
        assert_eq!(all(), before);
    }
}

#[test]
fn a_deleted_profile_gets_nothing_until_it_comes_back() {
    let mirror = Mirror::copied();
    let sum = "select sum(change) from consent_changes where channel = 'email'";
    let mut who = 0;
    let id = change(&mirror, |shop, it, _| {
        who = it;
        shop.delete_profile(it);
    });
    let run = mirror.run(forced());
    ended_well(&run);
    assert_eq!(part(&run, "profiles").rows_deleted, 1);
    assert_eq!(history(&mirror, &id, "email")[1], "2 SUBSCRIBED false DELETED SUBSCRIBED/true");
    let subscribers = || mirror.fake.truth().subscribers.to_string();
    assert_eq!(value(&mirror.store, sum), subscribers());
    let at = mirror.clock().now();
    mirror.fake.edit(|shop| shop.restore_profile(who, at));
    ended_well(&mirror.run(forced()));
    assert_eq!(history(&mirror, &id, "email")[2], "3 SUBSCRIBED true no reason SUBSCRIBED/false");
    assert_eq!(
        (value(&mirror.store, sum), value(&mirror.store, "select email from subscribers")),
        (subscribers(), subscribers())
    );
}

#[test]
fn every_suppression_is_kept_with_its_reason() {
    let mirror = Mirror::copied();
    let count = |sql: &str| value(&mirror.store, &format!("select count(*) from klaviyo_profiles where {sql}"));
    assert_ne!(count("email_suppression is not null"), "0");
    assert_eq!(count("email_suppression is not null and email_suppressions is null"), "0");
    let first = "email_suppressions is not null
        and email_suppressions::json ->> '$[0].reason' is distinct from email_suppression";
    assert_eq!(count(first), "0");
    assert_ne!(count("email_list_suppressions::json ->> '$[0].list_id' in (select id from klaviyo_lists)"), "0");
    assert_ne!(count("email_double_optin and email_consent_method = 'FORM'"), "0");
    assert_ne!(count("can_receive_sms_transactional"), "0");
    assert_ne!(count("can_receive_whatsapp and whatsapp_consent = 'SUBSCRIBED'"), "0");
}

#[test]
fn what_happens_meanwhile_is_in_the_history() {
    let mirror = Mirror::copied();
    for _ in 0..3 {
        mirror.pass_time(TimeDelta::hours(5));
        ended_well(&mirror.run(only(&["accounts", "profiles"])));
        let subscribers = mirror.fake.truth().subscribers.to_string();
        assert_eq!(value(&mirror.store, "select email from subscribers"), subscribers);
        assert_eq!(
            value(&mirror.store, "select sum(change) from consent_changes where channel = 'email'"),
            subscribers
        );
    }
}

#[test]
fn a_file_from_before_there_was_a_history_begins_one() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = Options { memory_limit: 1 << 28, threads: 1 };
    let open = || Store::open(dir.path(), &options).expect("a database");
    let store = open();
    seed(
        &store,
        "insert into klaviyo_profiles (id, email_consent, can_receive_email, email_consent_at, synced_at)
         values ('ann', 'SUBSCRIBED', true, '2026-01-01', '2026-03-01'), ('bob', 'NEVER_SUBSCRIBED', false, null, '2026-03-01')",
    );
    drop(store);
    let states = "select profile_id, channel, can_receive, changed_at, seen_at from klaviyo_consent_history";
    let want = ["ann email true 2026-01-01 00:00:00 2026-03-01 00:00:00"];
    assert_eq!(lines(&open(), states), want);
    // And begins it once.
    assert_eq!(lines(&open(), states), want);
}

/// Ann has subscribed for long, Bob came on the evening of the 2nd in New York, Cid left on the 3rd.
fn three_people() -> Store {
    let store = account();
    seed(
        &store,
        "insert into klaviyo_profiles (id, can_receive_email) values ('ann', true), ('bob', true), ('cid', false);
         insert into klaviyo_consent_history
             (profile_id, channel, consent, can_receive, changed_at, seen_at, previous_consent, previous_can_receive)
         values
             ('ann', 'email', 'SUBSCRIBED', true, '2025-01-01', '2026-03-01 12:00', null, null),
             ('cid', 'email', 'SUBSCRIBED', true, '2025-01-01', '2026-03-01 12:00', null, null),
             ('ann', 'sms', 'SUBSCRIBED', true, '2025-01-01', '2026-03-01 12:00', null, null),
             ('bob', 'email', 'SUBSCRIBED', true, '2026-03-03 04:59', '2026-03-03 06:00', null, null),
             ('cid', 'email', 'UNSUBSCRIBED', false, '2026-03-03 15:00', '2026-03-03 16:00', 'SUBSCRIBED', true);
         insert into klaviyo_sync_status (entity_type, status, last_sync_time, success)
         select unnest(['profiles', 'events']), 'completed', '2026-03-04', true",
    );
    store
}

#[test]
fn subscribers_of_a_past_day_are_counted_by_the_days_of_the_account() {
    let store = three_people();
    for (moment, want) in [
        // Before anybody looked, nobody knows who had left already.
        ("2026-03-01 11:00", None),
        ("2026-03-01 12:00", None),
        ("2026-03-02 05:00", Some("2 1 0 0")),
        ("2026-03-03 05:00", Some("3 1 0 0")),
        ("2026-03-04 05:00", Some("2 1 0 0")),
    ] {
        let got = lines(&store, &format!("from subscribers_at(timestamp '{moment}') where email is not null"));
        assert_eq!(got.first().map(String::as_str), want, "{moment}");
    }
    let served = serve(store);
    let figure = |query: &str| -> Value {
        let answer = served.client.get(format!("/api/overview?{query}")).dispatch().into_string().expect("an answer");
        serde_json::from_str::<Value>(&answer).expect("JSON")["subscribers"].clone()
    };
    let before = |previous: Value, change: Value| json!({ "current": 2.0, "previous": previous, "change": change });
    assert_eq!(figure("range=2026-03-03,2026-03-03"), before(json!(3.0), json!(-1.0 / 3.0)));
    assert_eq!(figure("range=2026-03-02,2026-03-02"), before(json!(2.0), json!(0.0)));
    assert_eq!(figure("range=2026-03-01,2026-03-01"), before(json!(null), json!(null)));
}

#[test]
fn the_overview_draws_the_days_that_are_known() {
    let store = three_people();
    let (ask, period) = crate::numbers::period("range=2026-02-28,2026-03-04", "2026-03-04");
    let page = store.read(|db| klytics::pages::overview::Overview::load(db, &ask, &period)).expect("an overview");
    assert_eq!(page.subscribers.daily, [None, Some(2.0), Some(3.0), Some(2.0), Some(2.0)]);
    assert_eq!((page.subscribers.current, page.subscribers.previous), (Some(2.0), None));
}

#[test]
fn who_joined_and_left_before_the_history_begins_is_unknown() {
    let store = three_people();
    // Dan and Eve came on the day of the first read, no later than that: whoever left in these hours was never seen.
    seed(
        &store,
        "insert into klaviyo_profiles (id, can_receive_email) values ('dan', true), ('eve', true);
         insert into klaviyo_consent_history (profile_id, channel, consent, can_receive, changed_at, seen_at)
         values ('dan', 'email', 'SUBSCRIBED', true, '2026-03-01 09:00', '2026-03-01 12:00'),
             ('eve', 'email', 'SUBSCRIBED', true, '2026-03-01 12:00', '2026-03-01 12:00')",
    );
    let served = serve(store);
    let page = |path: &str, range: &str| -> Value {
        let answer = served.client.get(format!("/api/pages/{path}?range={range}&compare=none")).dispatch();
        serde_json::from_str(&answer.into_string().expect("an answer")).expect("JSON")
    };
    let named = |view: &Value, list: &str, name: &str| -> Value {
        view[list].as_array().expect("a list").iter().find(|it| it["name"] == name).expect("a part").clone()
    };
    for (range, card, block) in [
        (
            "2026-02-01_to_2026-02-02",
            "joined and left are only known since 1 Mar 2026, 07:00",
            "Who joined and left is only known since 1 Mar 2026, 07:00, when the history of consent begins.",
        ),
        (
            "2026-02-28_to_2026-03-01",
            "0 joined, 0 left since 1 Mar 2026, 07:00",
            "Nobody joined and nobody left since 1 Mar 2026, 07:00.",
        ),
        ("2026-03-03_to_2026-03-04", "0 joined, 1 left in these days", ""),
        ("2026-03-01_to_2026-03-04", "1 joined, 1 left since 1 Mar 2026, 07:00", ""),
        ("2026-03-04_to_2026-03-04", "0 joined, 0 left in these days", "Nobody joined and nobody left in these days."),
    ] {
        let view = page("overview", range);
        assert_eq!(named(&view, "cards", "subscribers")["detail"], card, "{range}");
        let content = &named(&view, "blocks", "subscriber-growth")["content"];
        assert_eq!(content["words"].as_str().unwrap_or_default(), block, "{range}");
    }
    let audience = page("audience", "2026-03-01_to_2026-03-01");
    assert_eq!(named(&audience, "blocks", "audience_reasons")["content"]["rows"], json!([]));
    assert_eq!(named(&audience, "cards", "growth_rate")["current"], Value::Null);
}
