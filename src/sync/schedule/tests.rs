use super::*;
use crate::catalog::{EVENTS, find};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn entity(name: &str) -> &'static Entity {
    find(name).expect("an entity")
}

fn status(last_synced_at: Option<&str>) -> EntityStatus {
    EntityStatus {
        name: "profiles".to_owned(),
        status: Status::Completed,
        rows: 0,
        last_synced_at: last_synced_at.map(at),
        error: None,
        remedy: None,
        resumes_at: None,
        tried_at: last_synced_at.map(at),
        failures: 0,
        covered_from: None,
    }
}

const NEW_YORK: Tz = Tz::America__New_York;

#[test]
fn every_schedule_of_the_catalog_can_be_kept() {
    let timetable = Timetable::default();
    for entity in scheduled() {
        assert!(timetable.next(entity, Tz::UTC, at("2026-06-01T00:00:00Z")).is_some(), "{}", entity.name);
        assert_ne!(timetable.words(entity), "Only when asked", "{}", entity.name);
    }
}

#[test]
fn a_schedule_is_in_the_zone_of_the_account() {
    let next = |after: &str| Timetable::default().next(entity("profiles"), NEW_YORK, at(after));
    assert_eq!(next("2026-06-01T00:00:00Z"), Some(at("2026-06-01T06:00:00Z")));
    assert_eq!(next("2026-12-01T00:00:00Z"), Some(at("2026-12-01T07:00:00Z")));
}

#[test]
fn an_hour_that_is_skipped_is_not_a_day_that_is_skipped() {
    let due = Timetable::default().next(entity("profiles"), NEW_YORK, at("2026-03-08T05:00:00Z")).expect("a time");
    assert!(due < at("2026-03-08T12:00:00Z"), "{due}");
}

#[test]
fn an_hour_that_comes_twice_brings_one_run() {
    let changed = BTreeMap::from([("profiles".to_owned(), "30 1 * * *".to_owned())]);
    let timetable = Timetable::new(&changed, 0);
    // The clocks go back from 02:00 to 01:00 on 1 November.
    let first = timetable.next(entity("profiles"), NEW_YORK, at("2026-11-01T00:00:00Z")).expect("a time");
    assert_eq!(first, at("2026-11-01T05:30:00Z"));
    let second = timetable.next(entity("profiles"), NEW_YORK, first).expect("a time");
    assert_eq!(second, at("2026-11-02T06:30:00Z"));
}

#[test]
fn events_are_due_every_quarter_of_an_hour() {
    let next = Timetable::default().next(&EVENTS, Tz::UTC, at("2026-06-01T10:07:00Z"));
    assert_eq!(next, Some(at("2026-06-01T10:15:00Z")));
}

#[test]
fn a_time_is_put_off_a_little_and_the_same_all_day() {
    let (exact, late) = (Timetable::default(), Timetable::new(&BTreeMap::new(), 60));
    let mut seen = std::collections::BTreeSet::new();
    for day in 1..=28 {
        let midnight = at(&format!("2026-06-{day:02}T00:00:00Z"));
        let put_off = |after| late.next(&EVENTS, Tz::UTC, after).zip(exact.next(&EVENTS, Tz::UTC, after));
        let (first, on_time) = put_off(midnight + TimeDelta::minutes(5)).expect("times");
        assert!((0..=60).contains(&(first - on_time).num_seconds()), "{first}");
        seen.insert((first - on_time).num_seconds());
        let (second, on_time) = put_off(midnight + TimeDelta::hours(12) + TimeDelta::minutes(5)).expect("times");
        assert_eq!((second - on_time).num_seconds(), *[(first - midnight).num_seconds() - 900].first().expect("one"));
    }
    assert!(seen.len() > 10, "days differ: {seen:?}");
    // Between the stroke of the hour and the time that it is put off to, that is what comes next.
    let strokes = at("2026-06-03T10:15:00Z");
    let next = late.next(&EVENTS, Tz::UTC, strokes).expect("a time");
    assert!(next - strokes <= TimeDelta::seconds(60) || late.put_off(&EVENTS, &strokes.with_timezone(&Tz::UTC)).is_zero());
    assert_eq!(late.next(&EVENTS, Tz::UTC, next), late.next(&EVENTS, Tz::UTC, next + TimeDelta::seconds(1)));
}

#[test]
fn what_was_missed_is_caught_up_once() {
    let timetable = Timetable::default();
    let profiles = entity("profiles");
    let week_ago = status(Some("2026-06-01T02:00:30Z"));
    let now = at("2026-06-08T12:00:00Z");
    assert!(timetable.due(profiles, &week_ago, Tz::UTC).is_some_and(|it| it <= now));
    let caught_up = status(Some("2026-06-08T12:01:00Z"));
    assert_eq!(timetable.due(profiles, &caught_up, Tz::UTC), Some(at("2026-06-09T02:00:00Z")));
    assert!(timetable.due(profiles, &status(None), Tz::UTC).is_some_and(|it| it <= now), "never read is due at once");
}

#[test]
fn a_failed_entity_is_tried_again_sooner_and_ever_less_often() {
    let timetable = Timetable::default();
    let failed = |failures| EntityStatus {
        status: Status::Failed,
        tried_at: Some(at("2026-06-08T12:00:00Z")),
        failures,
        ..status(Some("2026-06-08T02:00:00Z"))
    };
    let due = |entity: &Entity, failures| {
        let due = timetable.due(entity, &failed(failures), Tz::UTC).expect("a time");
        (due - at("2026-06-08T12:00:00Z")).num_minutes()
    };
    let profiles = entity("profiles");
    assert_eq!([1, 2, 3, 6, 7, 8, 500].map(|it| due(profiles, it)), [1, 2, 4, 32, 60, 60, 60]);
    assert_eq!([1, 5, 6].map(|it| due(&EVENTS, it)), [1, 15, 15], "its next time comes first");
}

#[test]
fn a_parked_entity_goes_on_when_its_quota_is_given_again() {
    let resumes_at = Some(at("2026-06-09T04:30:00Z"));
    let parked = EntityStatus { status: Status::Parked, resumes_at, ..status(Some("2026-06-01T00:00:00Z")) };
    assert_eq!(Timetable::default().due(entity("profiles"), &parked, Tz::UTC), resumes_at);
}

#[test]
fn what_is_off_is_never_due() {
    let changed = BTreeMap::from([("profiles".to_owned(), OFF.to_owned())]);
    let timetable = Timetable::new(&changed, 60);
    let profiles = entity("profiles");
    assert_eq!(timetable.due(profiles, &status(None), Tz::UTC), None);
    assert_eq!(timetable.words(profiles), "Only when asked");
    assert!(timetable.due(&EVENTS, &status(None), Tz::UTC).is_some());
}

#[test]
fn a_schedule_is_said_in_words() {
    let timetable = Timetable::default();
    assert_eq!(timetable.words(&EVENTS), "Every 15 minutes");
    assert_eq!(timetable.words(entity("profiles")), "At 02:00");
}
