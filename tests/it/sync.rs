//! An account of the fake's, copied: what the copy then holds, however the account changes and Klaviyo misbehaves.

use chrono::TimeDelta;
use klytics::demo::{Kind, LateEvent, Mood};

use crate::support::{
    Mirror, changes, ended_well, everything, forced, holds_the_truth, lines, noon, only, part, rows, same_rows, shop,
    value,
};

#[test]
fn a_copy_holds_exactly_what_the_account_has() {
    let mirror = Mirror::of(shop());
    let run = mirror.sync();
    holds_the_truth(&mirror, &mirror.fake.truth());
    let (new, changed, deleted) = changes(&run);
    let kept: i64 = rows(&mirror.store, false).values().map(|it| i64::try_from(it.len()).expect("a count")).sum();
    assert_eq!((new, changed, deleted), (kept, 0, 0));
}

#[test]
fn a_second_run_changes_no_row() {
    let mirror = Mirror::copied();
    let before = rows(&mirror.store, true);
    mirror.pass_time(TimeDelta::seconds(1));
    assert_eq!(changes(&mirror.sync()), (0, 0, 0));
    same_rows(&rows(&mirror.store, true), &before);
}

#[test]
fn a_full_run_with_nothing_new_changes_no_row_either() {
    let mirror = Mirror::copied();
    let before = rows(&mirror.store, true);
    let run = mirror.run(forced());
    ended_well(&run);
    assert_eq!(changes(&run), (0, 0, 0));
    assert_eq!(part(&run, "events").rows_seen.to_string(), value(&mirror.store, "select count(*) from klaviyo_events"));
    same_rows(&rows(&mirror.store, true), &before);
}

#[test]
fn what_happens_meanwhile_arrives_with_the_next_run() {
    let mirror = Mirror::copied();
    for minutes in [1, 30, 120] {
        let truth = mirror.truth_after(TimeDelta::minutes(minutes));
        mirror.sync();
        holds_the_truth(&mirror, &truth);
    }
}
