//! What Klaviyo deleted is marked here, once a listing was read to its end, and never before.

use chrono::TimeDelta;
use klytics::demo::{Mood, Shop};
use klytics::store::runs::Run;
use klytics::sync::{Options, Order};

use crate::support::{
    Mirror, Reading, changes, ended_well, lines, noon, only, options, part, rows, same_rows, serve, shop, value,
};

fn alive(mirror: &Mirror, entity: &str, id: &str) -> bool {
    let sql = format!("select count(*) from klaviyo_{entity} where id = '{id}' and deleted_at is null");
    value(&mirror.store, &sql) == "1"
}

fn all_of(names: &[&str]) -> Order {
    Order { forced: true, ..only(names) }
}

#[test]
fn a_deleted_campaign_or_template_is_found_within_a_day() {
    let mirror = Mirror::copied();
    let (campaign, template) = mirror.fake.edit(|shop| (shop.delete_campaign(3), shop.delete_template(2)));
    let message =
        value(&mirror.store, &format!("select id from klaviyo_campaign_messages where campaign_id = '{campaign}'"));
    let seen = || {
        [("campaigns", &campaign), ("campaign_messages", &message), ("templates", &template)]
            .map(|(entity, id)| alive(&mirror, entity, id))
    };
    mirror.pass_time(TimeDelta::hours(6));
    let run = mirror.run(only(&["campaigns", "templates"]));
    ended_well(&run);
    assert_eq!(seen(), [true, true, true], "what changed is no whole listing");
    mirror.pass_time(TimeDelta::hours(18));
    let run = mirror.run(only(&["campaigns", "templates"]));
    ended_well(&run);
    assert_eq!(seen(), [false, false, false]);
    assert_eq!((part(&run, "campaigns").rows_deleted, part(&run, "templates").rows_deleted), (1, 1));
    // And once more only after another day.
    let run = mirror.run(only(&["campaigns", "templates"]));
    let seen_rows = part(&run, "campaigns").rows_seen.to_string();
    assert_ne!(seen_rows, value(&mirror.store, "select count(*) from klaviyo_campaigns where deleted_at is null"));
}

#[test]
fn what_a_deleted_campaign_earned_remains_and_says_so() {
    let mirror = Mirror::copied();
    let sent = "select campaign_id from sends join messages using (message_id)
        where campaign_id is not null and sent_on >= date '2026-01-01' group by 1 order by count(*) desc, 1 limit 1";
    let campaign = value(&mirror.store, sent);
    let ids = lines(&mirror.store, "select id from klaviyo_campaigns");
    mirror.fake.edit(|shop| (0..ids.len()).find(|it| shop.delete_campaign(*it) == campaign).expect("that campaign"));
    ended_well(&mirror.run(all_of(&["campaigns"])));
    let served = serve(mirror.store.clone());
    let path = "/api/campaigns?range=2026-01-01,2026-11-21&limit=1000";
    let answer = served.client.get(path).dispatch().into_string().expect("an answer");
    let campaigns: Vec<serde_json::Value> = serde_json::from_str(&answer).expect("JSON");
    let it = campaigns.iter().find(|it| it["id"] == campaign.as_str()).expect("the deleted campaign");
    assert_eq!(it["deleted"], true);
    assert!(it["sent"].as_i64() > Some(0) && it["name"] != campaign.as_str(), "{it}");
}

#[test]
fn profiles_are_swept_as_often_as_set() {
    for (days, found) in [(1, true), (0, false), (2, false)] {
        let reading = Reading { options: Options { profile_sweep_days: days, ..options() }, ..Reading::default() };
        let mirror = Mirror::with(shop(), &reading);
        ended_well(&mirror.run(only(&["accounts", "profiles"])));
        let gone = mirror.fake.edit(|shop| shop.delete_profile(5));
        mirror.pass_time(TimeDelta::hours(24));
        ended_well(&mirror.run(only(&["profiles"])));
        assert_eq!(alive(&mirror, "profiles", &gone), !found, "every {days} days");
        ended_well(&mirror.run(all_of(&["profiles"])));
        assert!(!alive(&mirror, "profiles", &gone));
    }
}

#[test]
fn what_comes_back_is_there_again() {
    let mirror = Mirror::copied();
    let before = rows(&mirror.store, false);
    let gone = mirror.fake.edit(|shop| shop.delete_list(1));
    ended_well(&mirror.run(only(&["lists"])));
    assert!(!alive(&mirror, "lists", &gone));
    mirror.fake.edit(|shop| shop.restore_list(1));
    let run = mirror.run(only(&["lists"]));
    assert_eq!((changes(&run), alive(&mirror, "lists", &gone)), ((0, 1, 0), true));
    same_rows(&rows(&mirror.store, false), &before);
}

/// Entities whose listing has several pages here.
const PAGED: [&str; 3] = ["profiles", "templates", "profile_predictions"];

#[track_caller]
fn nothing_was_swept(mirror: &Mirror, run: &Run, what: &str) {
    let deleted: i64 = run.entities.iter().map(|it| it.rows_deleted).sum();
    assert_eq!(deleted, 0, "{what}");
    for entity in PAGED {
        let dead = format!("select count(*) from klaviyo_{entity} where deleted_at is not null");
        assert_eq!(value(&mirror.store, &dead), "0", "{what}: {entity}");
    }
}

#[test]
fn nothing_is_swept_by_a_listing_that_did_not_end() {
    let mirror = Mirror::copied();
    let before = rows(&mirror.store, false);
    for entity in PAGED {
        let path = if entity == "templates" { "/api/templates" } else { "/api/profiles" };
        let pages = |mirror: &Mirror| {
            let asked = mirror.fake.requests().len();
            ended_well(&mirror.run(all_of(&[entity])));
            (mirror.fake.requests().len() - asked) as u64
        };
        let count = pages(&mirror);
        assert!(count > 1, "{entity} has {count} pages");
        for answered in 0..count {
            mirror.fake.set_mood(Mood::At(path, Box::new(Mood::FailsAfter(answered, 500))));
            let run = mirror.run(all_of(&[entity]));
            assert_eq!(run.status.name(), "failed", "{entity} after {answered} pages");
            nothing_was_swept(&mirror, &run, &format!("{entity} after {answered} pages"));
        }
        mirror.fake.set_mood(Mood::Well);
    }
    same_rows(&rows(&mirror.store, false), &before);
}

#[test]
fn a_cursor_that_expires_sweeps_nothing_wrongly() {
    let mirror = Mirror::copied();
    // Sorted by what it is followed by: it goes on from where it was.
    mirror.fake.set_mood(Mood::At("/api/profiles", Box::new(Mood::ExpiresCursors(2))));
    let run = mirror.run(all_of(&["profiles"]));
    ended_well(&run);
    nothing_was_swept(&mirror, &run, "profiles");
    let alive = value(&mirror.store, "select count(*) from klaviyo_profiles where deleted_at is null");
    let seen = part(&run, "profiles").rows_seen;
    assert!(seen.to_string() >= alive && seen < 2 * alive.parse::<i64>().expect("a count"), "{seen} of {alive}");
    // In no order: it begins again, and gives up where that never ends.
    mirror.fake.set_mood(Mood::At("/api/templates", Box::new(Mood::ExpiresCursors(1))));
    let run = mirror.run(all_of(&["templates"]));
    assert_eq!(run.status.name(), "failed");
    nothing_was_swept(&mirror, &run, "templates");
}

#[test]
fn a_listing_whose_pages_overlap_sweeps_nothing() {
    let mirror = Mirror::copied();
    mirror.fake.set_mood(Mood::DuplicatesAcrossPages);
    let run = mirror.run(all_of(&PAGED));
    ended_well(&run);
    assert_eq!(changes(&run), (0, 0, 0));
}

#[test]
fn a_part_that_was_asked_for_sweeps_nothing_and_is_no_beginning() {
    let mirror = Mirror::of(shop());
    ended_well(&mirror.run(only(&["accounts"])));
    let since = Order { since: Some(noon() - TimeDelta::days(30)), ..only(&["profiles"]) };
    ended_well(&mirror.run(since));
    let kept = || value(&mirror.store, "select count(*) from klaviyo_profiles where deleted_at is null");
    let part = kept();
    ended_well(&mirror.run(only(&["profiles"])));
    assert_eq!(kept(), mirror.fake.truth().records["profiles"].to_string());
    assert_ne!(kept(), part);
}

#[test]
fn a_run_that_is_stopped_in_a_listing_sweeps_nothing() {
    let mirror = Mirror::of(klytics::demo::Plan { latency: std::time::Duration::from_millis(30), ..shop() });
    mirror.sync();
    let gone: fn(&mut Shop) -> String = |shop| shop.delete_profile(7);
    let id = mirror.fake.edit(gone);
    let ticket = mirror.order(all_of(&["profiles"]));
    crate::support::pause(std::time::Duration::from_millis(50));
    mirror.handle.cancel();
    let run = mirror.ended(&ticket);
    assert_eq!(run.status.name(), "cancelled");
    assert!(alive(&mirror, "profiles", &id), "half of a listing shows no deletion");
    ended_well(&mirror.run(all_of(&["profiles"])));
    assert!(!alive(&mirror, "profiles", &id));
}
