//! Sums that are kept up with the events: whatever becomes of an account, they say what their definitions say of it.

use chrono::{DateTime, Duration, TimeDelta, Utc};
use chrono_tz::America::New_York;
use klytics::demo::{Kind, LateEvent};
use klytics::params;
use klytics::store::{Cell, Query, Record, Store, Window};
use klytics::sync::Order;
use proptest::prelude::*;

use crate::support::{
    Mirror, account, ended_well, entity, everything, forced, holds_the_truth, lines, noon, seed, shop, sums_agree,
    value,
};

#[test]
fn sums_follow_whatever_becomes_of_an_account() {
    let mirror = Mirror::of(shop());
    mirror.sync();
    holds_the_truth(&mirror, &mirror.fake.truth());
    let delivered =
        "select sum(delivered) > 500 and sum(opened) > 100 and sum(converted) > 5 from klaviyo_message_stats";
    assert_eq!(value(&mirror.store, delivered), "true");
    for round in 1..4_u32 {
        mirror.pass_time(TimeDelta::hours(7));
        mirror.fake.edit(|shop| {
            shop.add_event(LateEvent {
                kind: Kind::PlacedOrder,
                at: noon() - TimeDelta::days(i64::from(round)),
                profile: round,
            });
            shop.attribute_late();
            shop.merge_profiles(10 + round, 20 + round, noon());
            shop.delete_profile(40 + round);
            for kind in [Kind::OpenedEmail, Kind::ReceivedEmail, Kind::PlacedOrder] {
                let place = shop.latest(kind).expect("one");
                shop.delete_event(place);
            }
        });
        let order = match round % 3 {
            0 => forced(),
            1 => everything(),
            _ => Order { since: Some(noon() - TimeDelta::days(20)), ..everything() },
        };
        ended_well(&mirror.run(order));
        sums_agree(&mirror.store);
    }
    ended_well(&mirror.run(forced()));
    let kept = sums(&mirror.store);
    mirror.store.count_again().expect("sums");
    assert_eq!(sums(&mirror.store), kept, "what was kept up is what is made anew");
}

/// Every row of every sum.
fn sums(store: &Store) -> Vec<String> {
    let tables = ["aggregated_metrics", "deliveries", "message_stats", "message_days", "profile_activity"];
    tables.iter().flat_map(|it| lines(store, &format!("select columns(*)::varchar from klaviyo_{it}"))).collect()
}

/// What happened, on few minutes, to few people and messages, so that much of it meets.
#[derive(Debug, Clone)]
struct Event {
    metric: &'static str,
    person: Option<&'static str>,
    message: Option<&'static str>,
    minute: i64,
    by_machine: bool,
    value: Option<i32>,
    currency: Option<&'static str>,
}

/// What becomes of an account between two windows; places are taken from the front again where they are too large.
#[derive(Debug, Clone)]
enum Edit {
    Add(Event),
    Remove(usize),
    Change(usize, Event),
    /// Bob becomes Ann.
    Merge,
}

#[derive(Debug, Clone)]
struct Step {
    edits: Vec<Edit>,
    start: i64,
    length: i64,
}

const MINUTES: i64 = 5 * 24 * 60;

fn event() -> impl Strategy<Value = Event> {
    let metrics = vec![
        "m_received_email",
        "m_received_email",
        "m_received_email",
        "m_received_sms",
        "m_opened_email",
        "m_opened_email",
        "m_clicked_email",
        "m_bounced_email",
        "m_failed_sms",
        "m_marked_spam",
        "m_unsubscribed_email",
        "m_placed_order",
        "m_placed_order",
        "m_custom",
        "m_viewed_form",
        "m_active_on_site",
        "m_subscribed_email",
    ];
    let person = prop_oneof![5 => Just(Some("ann")), 4 => Just(Some("bob")), 1 => Just(None)];
    let message = prop_oneof![4 => Just(Some("CM1")), 3 => Just(Some("C1")), 4 => Just(Some("FM1")), 1 => Just(None)];
    // Half of it happens on full hours of a few days, and so at the same second.
    let minute = prop_oneof![0..MINUTES, (0..MINUTES / 480).prop_map(|it| it * 480)];
    let value = prop_oneof![Just(None), (-5..50_i32).prop_map(Some)];
    let currency = prop_oneof![3 => Just(None), 2 => Just(Some("usd")), 1 => Just(Some("EUR"))];
    (proptest::sample::select(metrics), person, message, minute, any::<bool>(), value, currency).prop_map(
        |(metric, person, message, minute, by_machine, value, currency)| Event {
            metric: through_its_channel(metric, message),
            person,
            message,
            minute,
            by_machine,
            value,
            currency,
        },
    )
}

/// A message goes out through one channel: the flow's is a text.
fn through_its_channel(metric: &'static str, message: Option<&str>) -> &'static str {
    match (metric, message == Some("FM1")) {
        ("m_received_email", true) => "m_received_sms",
        ("m_bounced_email", true) => "m_failed_sms",
        ("m_received_sms", false) => "m_received_email",
        ("m_failed_sms", false) => "m_bounced_email",
        (other, _) => other,
    }
}

fn step() -> impl Strategy<Value = Step> {
    let edit = prop_oneof![
        4 => event().prop_map(Edit::Add),
        2 => any::<usize>().prop_map(Edit::Remove),
        3 => (any::<usize>(), event()).prop_map(|(place, event)| Edit::Change(place, event)),
        1 => Just(Edit::Merge),
    ];
    (prop::collection::vec(edit, 0..5), 0..MINUTES, 1..MINUTES).prop_map(|(edits, start, length)| Step {
        edits,
        start,
        length,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn windows_in_any_order_keep_the_sums(
        first in prop::collection::vec(event(), 5..50),
        steps in prop::collection::vec(step(), 3..8),
    ) {
        let store = account();
        seed(&store, "insert into klaviyo_campaign_messages (id, campaign_id, channel) values ('CM1', 'C1', 'email');
            insert into metric_kinds values
                ('m_active_on_site', 'active_on_site', 'name'), ('m_subscribed_email', 'subscribed_email', 'name')");
        let mut events: Vec<(String, Event)> = first.into_iter().enumerate().map(|(at, it)| (at.to_string(), it)).collect();
        for (round, step) in steps.iter().enumerate() {
            for (number, edit) in step.edits.iter().enumerate() {
                apply(&mut events, edit, format!("{round}.{number}"));
            }
            read(&store, &events, step.start, step.start + step.length);
            sums_agree(&store);
            another_metric_agrees(&store);
        }
    }
}

fn apply(events: &mut Vec<(String, Event)>, edit: &Edit, id: String) {
    let place = |at: usize| at % events.len().max(1);
    match edit {
        Edit::Add(event) => events.push((id, event.clone())),
        Edit::Remove(_) | Edit::Change(..) if events.is_empty() => {}
        Edit::Remove(at) => drop(events.remove(place(*at))),
        Edit::Change(at, event) => {
            let place = place(*at);
            events[place].1 = event.clone();
        }
        Edit::Merge => {
            events.iter_mut().filter(|it| it.1.person == Some("bob")).for_each(|it| it.1.person = Some("ann"));
        }
    }
}

/// Replaces a window, as the sync does.
fn read(store: &Store, events: &[(String, Event)], start: i64, end: i64) {
    let of = |minute: i64| noon() - TimeDelta::days(20) + TimeDelta::minutes(minute);
    let records: Vec<Record> = events
        .iter()
        .filter(|it| (start..end).contains(&it.1.minute))
        .map(|(id, it)| record(id, it, of(it.minute)))
        .collect();
    let mut staged = store.stage(entity("events")).expect("a stage");
    staged.add(&records).expect("staged");
    store.replace_window(&staged, Window { start: of(start), end: of(end) }, noon()).expect("a window");
}

fn record(id: &str, event: &Event, at: DateTime<Utc>) -> Record {
    let text = |it: Option<&str>| it.map_or(Cell::Null, |it| Cell::Text(it.to_owned()));
    let is_order = event.metric == "m_placed_order" || event.metric == "m_custom";
    let (of_flow, of_campaign) = match event.message {
        Some("FM1") => (event.message, None),
        other => (None, other),
    };
    let cells = entity("events").columns.iter().map(|column| match column.name {
        "metric_id" => text(Some(event.metric)),
        "profile_id" => text(event.person),
        "timestamp" => Cell::Time(at.naive_utc()),
        "local_datetime" => Cell::Time(at.with_timezone(&New_York).naive_local()),
        "value" => event.value.map_or(Cell::Null, |it| Cell::Money(it.to_string())),
        "value_text" => event.value.map_or(text(event.currency), |it| Cell::Text(it.to_string())),
        "currency" => text(event.currency),
        "message_id" if !is_order => text(event.message),
        "flow_id" if !is_order => text(of_flow.map(|_| "F1")),
        "attributed_flow_id" if is_order => text(of_flow.map(|_| "F1")),
        "attributed_flow_message_id" if is_order => text(of_flow),
        "attributed_campaign_id" if is_order => text(of_campaign),
        "is_machine_open" if event.metric.starts_with("m_opened") => Cell::Flag(event.by_machine),
        "is_bot_click" if event.metric.starts_with("m_clicked") => Cell::Flag(event.by_machine),
        _ => Cell::Null,
    });
    Record { id: id.to_owned(), cells: cells.collect(), rest: Some("{}".to_owned()), raw: None }
}

#[test]
fn amounts_beyond_belief_are_summed_and_stop_nothing() {
    let store = account();
    let order = Event {
        minute: 0,
        metric: "m_placed_order",
        person: Some("ann"),
        message: Some("CM1"),
        value: Some(1),
        currency: None,
        by_machine: false,
    };
    let place = entity("events").columns.iter().position(|it| it.name == "value").expect("a column");
    let records = (0..3).map(|number| {
        let mut record = record(&format!("e{number}"), &order, noon());
        record.cells[place] = Cell::Money("99999999999999.9999".to_owned());
        record
    });
    let mut staged = store.stage(entity("events")).expect("a stage");
    staged.add(&records.collect::<Vec<_>>()).expect("staged");
    let window = Window { start: noon() - TimeDelta::hours(1), end: noon() + TimeDelta::hours(1) };
    store.replace_window(&staged, window, noon()).expect("a window");
    assert_eq!(value(&store, "select max(sum_value) from klaviyo_aggregated_metrics"), "299999999999999.9997");
    sums_agree(&store);
}

/// Conversions of a metric that no sum holds are counted when they are asked for.
#[track_caller]
fn another_metric_agrees(store: &Store) {
    for metric in ["'m_custom'", "null"] {
        let stats = |of: &str| {
            lines(store, &format!("select columns(*)::varchar from {of}message_stats(date '2026-11-02', {metric})"))
        };
        assert_eq!(stats(""), stats("defined_"), "by send day");
        let days = |of: &str| {
            lines(
                store,
                &format!(
                    "select columns(*)::varchar from {of}message_activity(date '2026-11-02', date '2026-11-05', {metric})"
                ),
            )
        };
        assert_eq!(days(""), days("defined_"), "by event day");
    }
}

#[test]
fn sums_follow_what_they_rest_on() {
    let mirror = Mirror::copied();
    let store = &mirror.store;
    let change = |text: &'static str| {
        store.write(|db| db.execute(Query { name: "change", text }, params! {})).expect("a change");
        let before = sums(store);
        assert_eq!(store.settle_aggregates().expect("sums"), before != sums(store), "{text}");
        sums_agree(store);
        assert!(!store.settle_aggregates().expect("sums"), "a second time, after: {text}");
    };
    assert!(!store.settle_aggregates().expect("sums"), "nothing has changed");
    change("update metric_kinds set kind = 'clicked_email' where kind = 'opened_email'");
    change("insert into metric_kinds values ('of no event', 'opened_email', 'person')");
    change("update klaviyo_accounts set currency = 'CAD'");
    change(
        "update klaviyo_mapped_metrics set metric_id = (select metric_id from metric_kinds where kind = 'placed_order'), deleted_at = null where id = 'revenue'",
    );
    change("delete from klaviyo_campaign_messages");
    change(
        "update klaviyo_mapped_metrics set metric_id = (select metric_id from metric_kinds where kind = 'ordered_product') where id = 'revenue'",
    );
    change("delete from metric_kinds");
}

#[test]
fn sums_follow_the_names_of_messages() {
    let store = account();
    seed(
        &store,
        "insert into klaviyo_campaigns (id, name) values ('C2', 'Old');
         insert into klaviyo_campaign_messages (id, campaign_id, channel) values ('CM2', 'C2', 'email');
         insert into klaviyo_events
             (id, metric_id, profile_id, timestamp, local_datetime, message_id, value, attributed_campaign_id,
              attributed_campaign_message_id)
         values
             ('1', 'm_received_email', 'ann', '2026-02-10 10:00', '2026-02-10 05:00', 'C2', null, null, null),
             ('2', 'm_clicked_email', 'ann', '2026-02-10 11:00', '2026-02-10 06:00', 'C2', null, null, null),
             ('3', 'm_placed_order', 'ann', '2026-02-11 11:00', '2026-02-11 06:00', null, 5, 'C2', 'CM2')",
    );
    let follows = |text: &'static str, stats: &str| {
        store.write(|db| db.execute(Query { name: "change", text }, params! {})).expect("a change");
        store.settle_aggregates().expect("sums");
        sums_agree(&store);
        assert!(!store.settle_aggregates().expect("sums"), "a second time, after: {text}");
        let kept = "select message_id || ' ' || sum(delivered) || '/' || sum(clicks) || '/' || sum(conversions)
            from klaviyo_message_stats group by message_id";
        assert_eq!(lines(&store, kept), [stats], "{text}");
        let known = "select distinct message_id from klaviyo_conversions union select message_id from klaviyo_touches";
        assert_eq!(lines(&store, known), [&stats[..stats.find(' ').expect("a name")]], "{text}");
    };
    follows("update klaviyo_campaigns set name = 'Older'", "CM2 1/1/1");
    follows(
        "insert into klaviyo_campaign_messages (id, campaign_id, channel) values ('CM3', 'C2', 'email')",
        "C2 1/1/1",
    );
    follows("delete from klaviyo_campaign_messages where id = 'CM3'", "CM2 1/1/1");
}

#[test]
fn deliveries_lie_newest_first_after_all_were_counted() {
    let mirror = Mirror::copied();
    let rows = || lines(&mirror.store, "select columns(*)::varchar from klaviyo_deliveries order by all");
    let before = rows();
    mirror.store.count_again().expect("sums");
    assert_eq!(rows(), before);
    let later = "select count(*) from (
            select coalesce(sent_at, first_answer_at) as place, lag(place) over (order by rowid) as place_before
            from klaviyo_deliveries
        ) where place > place_before";
    assert_eq!(value(&mirror.store, later), "0", "rows that are newer than the one before them");
    assert_eq!(value(&mirror.store, "select count(*) from scattered_deliveries"), "0");
}

#[test]
fn sums_follow_the_wall_clock() {
    let mirror = Mirror::copied();
    let days = || lines(&mirror.store, "select columns(*)::varchar from klaviyo_message_days");
    let before = days();
    seed(&mirror.store, "update klaviyo_accounts set timezone = 'Pacific/Auckland'");
    mirror.store.settle_zone().expect("a zone");
    assert_ne!(days(), before);
    sums_agree(&mirror.store);
}

#[test]
fn an_hour_that_clocks_repeat_is_one() {
    let store = account();
    let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
    // New York's clocks go back on 1 November 2026 at 06:00 UTC.
    let start = at("2026-11-01T05:00:00Z");
    let event = |minute| Event {
        metric: "m_placed_order",
        person: Some("ann"),
        message: None,
        minute,
        by_machine: false,
        value: Some(4),
        currency: None,
    };
    let records: Vec<_> = [10, 70, 130]
        .map(|minute| record(&minute.to_string(), &event(minute), start + Duration::minutes(minute)))
        .into();
    let mut staged = store.stage(entity("events")).expect("a stage");
    staged.add(&records).expect("staged");
    let window =
        |from: i64, to: i64| Window { start: start + Duration::minutes(from), end: start + Duration::minutes(to) };
    store.replace_window(&staged, window(0, 180), noon()).expect("a window");
    let hours = "select time_bucket, event_count, sum_value, avg_value from klaviyo_aggregated_metrics where bucket_size = 'hour'";
    let want = ["2026-11-01 01:00:00 2 8.0000 4.0000", "2026-11-01 02:00:00 1 4.0000 4.0000"];
    assert_eq!(lines(&store, hours), want);
    // The second of the two is read again, and is gone.
    let staged = store.stage(entity("events")).expect("a stage");
    store.replace_window(&staged, window(60, 120), noon()).expect("a window");
    assert_eq!(lines(&store, hours), ["2026-11-01 01:00:00 1 4.0000 4.0000", want[1]]);
    sums_agree(&store);
}
