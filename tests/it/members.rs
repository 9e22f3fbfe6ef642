//! Who is on which list and in which segment, and what is known once that is.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use klytics::demo::{Mood, Plan, ShopPlan};
use klytics::store::Store;
use klytics::sync::{Chosen, Membership, Options, Order};
use serde_json::{Value, json};

use crate::support::{
    Mirror, Reading, account, changes, ended_well, lines, noon, only, options, part, seed, serve, shop, value,
};

const GROUPS: [&str; 5] = ["accounts", "lists", "segments", "list_members", "segment_members"];

/// Members by list or segment, of those that have any.
fn members(store: &Store) -> BTreeMap<String, u64> {
    let counted = lines(store, "select group_id, count(*) from memberships group by group_id");
    let pair = |it: &String| {
        let (group, count) = it.split_once(' ').expect("two columns");
        (group.to_owned(), count.parse().expect("a count"))
    };
    counted.iter().map(pair).collect()
}

#[track_caller]
fn are_those_of_the_account(mirror: &Mirror) {
    let truth: BTreeMap<_, _> = mirror.fake.truth().members.into_iter().filter(|it| it.1 > 0).collect();
    assert!(truth.len() > 5, "{truth:?}");
    assert_eq!(members(&mirror.store), truth);
}

fn reading(membership: Membership) -> Reading {
    Reading { options: Options { membership, ..options() }, ..Reading::default() }
}

fn state(mirror: &Mirror, list: &str, profile: &str) -> String {
    let sql = format!(
        "select coalesce(max(case when deleted_at is null then 'there' else 'left' end), 'never')
         from klaviyo_list_members where list_id = '{list}' and profile_id = '{profile}'"
    );
    value(&mirror.store, &sql)
}

#[test]
fn members_are_those_of_the_account() {
    let mirror = Mirror::copied();
    are_those_of_the_account(&mirror);
    // One profile is on several lists, and every row is one membership.
    let rows = "select count(*) - count(distinct id), count(*) > count(distinct profile_id) from klaviyo_list_members";
    assert_eq!(value(&mirror.store, rows), "0 true");
    let strangers = "select count(*) from memberships where profile_id not in (select id from klaviyo_profiles)";
    assert_eq!(value(&mirror.store, strangers), "0");
    // Klaviyo's own counts say the same.
    let differ = "select count(*) from klaviyo_list_counts as counts where profile_count <>
        (select count(*) from klaviyo_list_members where list_id = counts.id)";
    assert_eq!(value(&mirror.store, differ), "0");
}

#[test]
fn who_joins_is_found_by_the_next_run_and_who_leaves_by_the_next_whole_listing() {
    let mirror = Mirror::copied();
    let (list, joins, leaves) = mirror.fake.edit(|shop| {
        let leaves = shop.a_subscriber(false);
        shop.leave_list(0, leaves);
        shop.join_list(0, 299, noon());
        (shop.list_id(0).to_owned(), shop.profile_id(299), shop.profile_id(leaves))
    });
    mirror.fake.edit(|shop| shop.join_list(1, 298, noon() - TimeDelta::minutes(90)));
    let seen = || [state(&mirror, &list, &joins), state(&mirror, &list, &leaves)];
    let read = |which: &str| {
        value(&mirror.store, &format!("select {which}(first_read_at) from known_groups where kind = 'list'"))
    };
    let first = (read("min"), read("max"));
    mirror.pass_time(TimeDelta::seconds(30));
    let asked = mirror.fake.requests().len();
    let run = mirror.run(only(&["list_members"]));
    ended_well(&run);
    assert_eq!(seen(), ["there", "there"]);
    assert_eq!(mirror.fake.requests().len() - asked, 5, "one request a list");
    // Who became visible late is found, too.
    let late = "select count(*) from klaviyo_list_members where joined_at = timestamp '2026-11-21 15:30'";
    assert_eq!(value(&mirror.store, late), "1");
    assert_eq!(changes(&mirror.run(only(&["list_members"]))), (0, 0, 0));
    let run = mirror.run(Order { forced: true, ..only(&["list_members"]) });
    assert_eq!((seen(), part(&run, "list_members").rows_deleted), (["there", "left"].map(str::to_owned), 1));
    assert_eq!((read("min"), read("max")), first, "since when members are known stays");
    assert_eq!(
        value(&mirror.store, "select bool_and(first_read_at < read_at) from known_groups where kind = 'list'"),
        "true"
    );
}

#[test]
fn a_whole_listing_comes_by_itself_when_it_is_due() {
    let membership = Membership { relist_days: 1, ..options().membership };
    let mirror = Mirror::with(shop(), &reading(membership));
    ended_well(&mirror.run(only(&GROUPS)));
    mirror.pass_time(TimeDelta::hours(3));
    ended_well(&mirror.run(only(&GROUPS)));
    assert_ne!(members(&mirror.store), mirror.fake.truth().members, "someone left a segment");
    mirror.pass_time(TimeDelta::hours(21));
    let run = mirror.run(only(&GROUPS));
    ended_well(&run);
    assert!(part(&run, "segment_members").rows_deleted > 0);
    are_those_of_the_account(&mirror);
}

#[test]
fn only_what_was_chosen_is_read_and_what_is_chosen_no_more_is_dropped() {
    let chosen = |lists: Chosen| Membership { lists, segments: Chosen::None, relist_days: 7 };
    let newsletter = Chosen::These(vec!["Newsletter".to_owned(), "No such list".to_owned()]);
    let mut mirror = Mirror::with(shop(), &reading(chosen(newsletter)));
    let run = mirror.run(only(&GROUPS));
    assert!(part(&run, "list_members").error.as_deref().unwrap_or_default().contains("No such list"), "{run:?}");
    let list = mirror.fake.edit(|shop| shop.list_id(0).to_owned());
    assert_eq!(members(&mirror.store).into_keys().collect::<Vec<_>>(), [list]);
    let asked = |what: &str| mirror.fake.requests().iter().filter(|it| it.path.contains(what)).count();
    assert_eq!((asked("/profiles") > 0, asked("/api/segments/")), (true, 0));
    mirror.restart(&reading(chosen(Chosen::None)));
    let run = mirror.run(only(&GROUPS));
    ended_well(&run);
    assert_eq!(value(&mirror.store, "select count(*) from klaviyo_list_members"), "0");
    assert_eq!(value(&mirror.store, "select count(*) from known_groups"), "0");
}

#[test]
fn a_list_that_is_gone_has_no_members_until_it_is_back() {
    let mirror = Mirror::copied();
    let list = mirror.fake.edit(|shop| shop.delete_list(0));
    let there = || value(&mirror.store, &format!("select count(*) from memberships where group_id = '{list}'"));
    let before = there();
    assert_ne!(before, "0");
    // Klaviyo no longer has what was still listed: that is no failure.
    ended_well(&mirror.run(only(&["list_members"])));
    assert_eq!(there(), "0");
    let left = format!("select count(*) from klaviyo_list_members where list_id = '{list}' and deleted_at is not null");
    assert_eq!(value(&mirror.store, &left), before);
    mirror.fake.edit(|shop| shop.restore_list(0));
    ended_well(&mirror.run(only(&["lists", "list_members"])));
    assert_eq!(there(), before);
}

#[test]
fn lists_that_were_read_are_not_read_again_because_another_failed() {
    let mirror = Mirror::of(shop());
    ended_well(&mirror.run(only(&["accounts", "lists"])));
    // The lists come in the order of their ids; the third cannot be had.
    let ids = lines(&mirror.store, "select id from klaviyo_lists");
    let third: &'static str = format!("/api/lists/{}", ids[2]).leak();
    mirror.fake.set_mood(Mood::At(third, Box::new(Mood::FailsEvery(1, 500))));
    let run = mirror.run(only(&["list_members"]));
    assert_eq!(run.status.name(), "failed");
    let known = || lines(&mirror.store, "select group_id from known_groups");
    assert_eq!(known(), ids[..2]);
    mirror.fake.set_mood(Mood::Well);
    let asked = mirror.fake.requests().len();
    ended_well(&mirror.run(only(&["list_members"])));
    assert_eq!(known(), ids);
    let again: Vec<_> =
        mirror.fake.requests().split_off(asked).into_iter().filter(|it| it.path.contains(&ids[0])).collect();
    assert!(again.len() == 1 && again[0].query.contains("joined_group_at%2C"), "{again:?}");
}

#[test]
fn a_first_reading_that_is_cut_off_goes_on_where_it_was() {
    // More than are written at once.
    let people = ShopPlan { events: 40_000, profiles: 9_000, ..ShopPlan::until(noon()) };
    let membership = Membership { lists: Chosen::These(vec!["Newsletter".to_owned()]), ..options().membership };
    let mirror = Mirror::with(Plan { shop: people, ..shop() }, &reading(membership));
    ended_well(&mirror.run(only(&["accounts", "lists"])));
    mirror.fake.set_mood(Mood::FailsAfter(60, 500));
    assert_eq!(mirror.run(only(&["list_members"])).status.name(), "failed");
    let kept: i64 = value(&mirror.store, "select count(*) from klaviyo_list_members").parse().expect("a count");
    assert!(kept >= 5_000, "{kept}");
    // Half of a list says nothing of it.
    assert_eq!(value(&mirror.store, "select count(*) from known_groups"), "0");
    mirror.fake.set_mood(Mood::Well);
    let run = mirror.run(only(&["list_members"]));
    ended_well(&run);
    let list = mirror.fake.edit(|shop| shop.list_id(0).to_owned());
    let truth = mirror.fake.truth().members[&list];
    assert_eq!(members(&mirror.store)[&list], truth);
    assert!(part(&run, "list_members").rows_seen.unsigned_abs() < truth, "what was read is not read again");
    assert_eq!(changes(&mirror.run(Order { forced: true, ..only(&["list_members"]) })), (0, 0, 0));
}

#[test]
fn members_arrive_however_klaviyo_behaves() {
    for mood in [Mood::BusyEvery(3), Mood::FailsEvery(5, 503), Mood::ExpiresCursors(3), Mood::DuplicatesAcrossPages] {
        let mirror = Mirror::of(shop());
        ended_well(&mirror.run(only(&["accounts", "lists", "segments"])));
        mirror.fake.set_mood(mood.clone());
        ended_well(&mirror.run(only(&["list_members", "segment_members"])));
        are_those_of_the_account(&mirror);
        let run = mirror.run(Order { forced: true, ..only(&["list_members", "segment_members"]) });
        assert_eq!(changes(&run), (0, 0, 0), "{mood:?}");
    }
}

/// Ann and Bob are valued customers, Cid reads the newsletter; nobody knows who is in the third segment.
fn groups() -> Store {
    let store = account();
    seed(
        &store,
        "insert into klaviyo_segments (id, name, updated_at) values
             ('S1', 'VIP', '2026-01-02'), ('S2', 'Empty', '2026-01-02'), ('S3', 'Unknown', '2026-01-02');
         insert into klaviyo_segment_counts (id, profile_count) values ('S1', 2), ('S2', 0), ('S3', 90);
         insert into klaviyo_lists (id, name) values ('L1', 'Newsletter');
         insert into klaviyo_segment_members (id, segment_id, profile_id, joined_at, deleted_at) values
             ('S1:ann', 'S1', 'ann', '2026-01-01', null),
             ('S1:bob', 'S1', 'bob', '2026-01-01', null),
             ('S1:cid', 'S1', 'cid', '2026-01-01', '2026-02-01'),
             ('S3:ann', 'S3', 'ann', '2026-01-01', null);
         insert into klaviyo_list_members (id, list_id, profile_id, joined_at) values
             ('L1:ann', 'L1', 'ann', '2026-01-01'), ('L1:cid', 'L1', 'cid', '2026-01-01');
         insert into sync_parents values
             ('segment_members', 'S1', '2026-03-01', '2026-03-01', '2026-03-01'),
             ('segment_members', 'S2', '2026-03-01', '2026-03-01', '2026-03-01'),
             ('segment_members', 'S3', '2026-03-01', null, null),
             ('list_members', 'L1', '2026-03-01', '2026-03-01', '2026-03-01');
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime, value, currency) values
             ('1', 'm_placed_order', 'ann', '2026-03-01 15:00', '2026-03-01 10:00', 10, 'USD'),
             ('2', 'm_placed_order', 'ann', '2026-03-02 15:00', '2026-03-02 10:00', 20.5, 'USD'),
             ('3', 'm_placed_order', 'cid', '2026-03-02 15:00', '2026-03-02 10:00', 40, 'USD'),
             ('4', 'm_placed_order', 'bob', '2026-02-28 15:00', '2026-02-28 10:00', 80, 'USD'),
             ('5', 'm_placed_order', 'ann', '2026-03-02 15:00', '2026-03-02 10:00', 7, 'EUR'),
             ('6', 'm_opened_email', 'bob', '2026-03-02 15:00', '2026-03-02 10:00', 7, 'USD');
         insert into klaviyo_sync_status (entity_type, status, last_sync_time, success)
         select unnest(['segments', 'lists', 'events']), 'completed', '2026-03-04', true",
    );
    store
}

#[test]
fn what_members_bought_is_known_where_they_are_known() {
    let served = serve(groups());
    let get = |path: &str| -> Vec<Value> {
        let answer = served.client.get(path.to_owned()).dispatch().into_string().expect("an answer");
        let rows: Vec<Value> = serde_json::from_str(&answer).expect(&answer);
        rows.iter().map(|it| json!([it["name"], it["count"], it["conversionRate"], it["revenue"]])).collect()
    };
    let none = [json!(["Empty", 0, null, 0.0]), json!(["Unknown", 90, null, null]), json!(["VIP", 2, 0.5, 30.5])];
    // A range also selects segments by when they were updated.
    assert_eq!(get("/api/segments?range=2026-03-01,2026-03-02"), Vec::<Value>::new());
    let all = get("/api/segments?sort=name&range=2026-01-01,2026-03-04");
    assert_eq!(all[0], none[0]);
    assert_eq!(all[1], none[1]);
    assert_eq!(all[2], json!(["VIP", 2, 1.0, 110.5]));
    let best = get("/api/charts/top-segments?range=2026-03-01,2026-03-02");
    assert_eq!(best, [none[2].clone(), none[0].clone(), none[1].clone()]);
    assert_eq!(get("/api/lists?range=2026-01-01,2026-03-04"), Vec::<Value>::new(), "no time of change is known of it");
    let results = lines(
        &groups(),
        "select kind, group_id, members, converted, revenue
         from member_results(date '2026-03-01', date '2026-03-03', 'm_placed_order')",
    );
    assert_eq!(results, ["list L1 2 2 70.5000", "segment S1 2 1 30.5000", "segment S2 0 0 0.0000"]);
}

#[test]
fn a_name_that_nobody_has_is_said() {
    let these = |names: &[&str]| Chosen::These(names.iter().map(|it| (*it).to_owned()).collect());
    let membership = Membership { lists: these(&["Newslettr"]), segments: Chosen::None, relist_days: 7 };
    let mirror = Mirror::with(shop(), &reading(membership));
    let run = mirror.run(only(&GROUPS));
    assert_eq!(run.status.name(), "completed");
    let said = mirror.status("list_members").error.expect("a remark");
    assert_eq!(said, "nothing at Klaviyo has the name or id “Newslettr”, which membership.lists names");
    let logged = "select count(*) from sync_log where entity_type = 'list_members' and words like '%Newslettr%'";
    assert_eq!(value(&mirror.store, logged), "1");
    let segments = klytics::catalog::find("segment_members").expect("an entity");
    assert_eq!(mirror.handle.schedule_of(segments), "Off: membership.segments is \"none\"");
}
