//! What the overview says of forms and segments: the largest, and those that changed most.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::Value;

use super::SHOP;
use super::facts::{count, many};
use super::groups::{Group, groups};
use super::paper::{Numbers, Paper, Range};

fn id(row: &Value) -> String {
    row["id"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn forms_and_segments_of_the_overview_are_those_of_the_raw_rows() {
    let (served, groups) = (SHOP.serve(), groups());
    let (mut known, mut changed) = (0, 0);
    for range in SHOP.ranges() {
        let paper = Paper::of(&served, &format!("/overview?range={}", range.text));
        known += segments(&paper, &range, &groups);
        let Some(compared) = range.compared else { continue };
        let mut expected = forms(&range, compared);
        expected.extend(grown(&range, compared, &groups));
        changed += expected.len();
        paper.table("overview-growth-changes", id, &expected, |_| true);
        let shown = paper.block("overview-growth-changes")["rowCount"].as_u64();
        assert_eq!(shown, Some(expected.len() as u64), "{}: what changed", paper.asked);
    }
    assert!(known > 0 && changed > 10, "what is unknown proves nothing: {known}, {changed}");
}

/// How many segments' growth is known: a part of the days would look like all.
fn segments(paper: &Paper, range: &Range, groups: &BTreeMap<String, Group>) -> usize {
    let mut expected = BTreeMap::new();
    for (id, group) in groups.iter().filter(|it| !it.1.is_list) {
        let moves = group.moves(range.first, range.last).filter(|_| group.on(range.first).is_some());
        let numbers = Numbers::from([
            ("members", group.size.and_then(count)),
            ("added", moves.and_then(|it| count(it.0))),
            ("removed", moves.and_then(|it| count(it.1))),
        ]);
        expected.insert(id.clone(), numbers);
    }
    paper.table("overview-segments", id, &expected, |_| true);
    expected.values().filter(|it| it["added"].is_some()).count()
}

fn numbers(gained: i64, before: i64) -> Numbers {
    Numbers::from([
        ("gained", count(gained)),
        ("gainedBefore", count(before)),
        ("difference", count(gained - before)),
        ("moved", count((gained - before).abs())),
        ("views", None),
        ("viewsBefore", None),
        ("added", None),
        ("removed", None),
    ])
}

/// Forms by their submissions.
fn forms(range: &Range, compared: (NaiveDate, NaiveDate)) -> BTreeMap<String, Numbers> {
    let account = SHOP.account;
    let of = |metric: &str, form: &str, first: NaiveDate, last: NaiveDate| {
        let own = account.of_metric(metric).filter(|it| it.form.as_deref() == Some(form));
        many(own.filter(|it| first <= it.day && it.day <= last))
    };
    let ids: BTreeSet<&String> = account.of_metric("Viewed Form").filter_map(|it| it.form.as_ref()).collect();
    let mut all = BTreeMap::new();
    for id in ids {
        let both = |metric| [of(metric, id, range.first, range.last), of(metric, id, compared.0, compared.1)];
        let ([gained, before], [views, views_before]) = (both("Submitted Form"), both("Viewed Form"));
        if gained != before {
            let mut numbers = numbers(gained, before);
            numbers.extend([("views", count(views)), ("viewsBefore", count(views_before))]);
            all.insert(format!("forms/{id}"), numbers);
        }
    }
    all
}

/// Segments by their net growth, where Klaviyo reported as many days of both.
fn grown(
    range: &Range,
    compared: (NaiveDate, NaiveDate),
    groups: &BTreeMap<String, Group>,
) -> BTreeMap<String, Numbers> {
    let mut all = BTreeMap::new();
    for (id, group) in groups.iter().filter(|it| !it.1.is_list) {
        let both = group.moves(range.first, range.last).zip(group.moves(compared.0, compared.1));
        let Some((now, before)) = both else { continue };
        let is_same = group.known(range.first, range.last).len() == group.known(compared.0, compared.1).len();
        let (gained, gained_before) = (now.0 - now.1, before.0 - before.1);
        if is_same && gained != gained_before {
            let mut numbers = numbers(gained, gained_before);
            numbers.extend([("added", count(now.0)), ("removed", count(now.1))]);
            all.insert(format!("segments/{id}"), numbers);
        }
    }
    all
}
