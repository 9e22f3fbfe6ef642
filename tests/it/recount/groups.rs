//! Segments and lists: how large they are, who came and went, and what members bought.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use serde_json::Value;

use super::account::{fields, local};
use super::facts::{count, each, many, money, share};
use super::paper::{Figure, Numbers, Paper, Range};
use super::{METRICS, SHOP};

/// A segment or list as it is copied.
#[derive(Default)]
pub(super) struct Group {
    pub(super) is_list: bool,
    name: String,
    /// As Klaviyo counts them.
    pub(super) size: Option<i64>,
    /// Members, with when they joined on the account's clock.
    members: BTreeMap<String, NaiveDateTime>,
    /// When the members were first read, on the account's clock.
    first_read: Option<NaiveDateTime>,
    /// Klaviyo's report of a segment: members at the end of the day, and how many came and went.
    reported: BTreeMap<NaiveDate, (i64, i64, i64)>,
}

/// What is known of a day.
impl Group {
    /// Size before the day and at its end: of segments as far as they are reported.
    fn sizes(&self, day: NaiveDate) -> Option<(i64, i64)> {
        if !self.is_list {
            return self.reported.get(&day).map(|it| (it.0 - it.1 + it.2, it.0));
        }
        let before = many(self.members.values().filter(|it| it.date() < day));
        Some((before, many(self.members.values().filter(|it| it.date() <= day))))
    }

    /// Who came and who went: of lists after their members were first read. Nobody ever left one.
    pub(super) fn on(&self, day: NaiveDate) -> Option<(i64, i64)> {
        if !self.is_list {
            return self.reported.get(&day).map(|it| (it.1, it.2));
        }
        let is_known = self.first_read.is_some_and(|it| it <= day.and_time(NaiveTime::MIN));
        is_known.then(|| (many(self.members.values().filter(|it| it.date() == day)), 0))
    }

    pub(super) fn known(&self, first: NaiveDate, last: NaiveDate) -> Vec<(i64, i64)> {
        first.iter_days().take_while(|it| *it <= last).filter_map(|it| self.on(it)).collect()
    }

    /// Joined and left.
    pub(super) fn moves(&self, first: NaiveDate, last: NaiveDate) -> Option<(i64, i64)> {
        let days = self.known(first, last);
        (!days.is_empty()).then(|| (days.iter().map(|it| it.0).sum(), days.iter().map(|it| it.1).sum()))
    }

    /// The size before the first day that is known.
    fn before(&self, first: NaiveDate, last: NaiveDate) -> Option<i64> {
        first.iter_days().take_while(|it| *it <= last).find_map(|it| self.sizes(it)).map(|it| it.0)
    }

    fn bought(&self, metric: &str, first: NaiveDate, last: NaiveDate) -> Numbers {
        let orders = SHOP.account.of_metric(metric).filter(|it| first <= it.day && it.day <= last);
        let orders: Vec<_> = orders.filter(|it| self.members.contains_key(&it.profile)).collect();
        let buyers: BTreeSet<&str> = orders.iter().map(|it| it.profile.as_str()).collect();
        let members = many(self.members.iter());
        let revenue = orders.iter().map(|it| it.amount()).sum();
        Numbers::from([
            ("knownMembers", count(members)),
            ("converted", count(many(buyers.iter()))),
            ("memberConversionRate", share(many(buyers.iter()), members)),
            ("conversions", count(many(orders.iter()))),
            ("memberRevenue", money(revenue)),
            ("revenuePerMember", each(revenue, members)),
        ])
    }

    fn measures(&self, metric: &str, range: &Range) -> Numbers {
        // A part of a list's days would look like all of them.
        let is_whole = !self.is_list || self.known(range.first, range.last).len() as u64 == range.day_count();
        let moves = self.moves(range.first, range.last).filter(|_| is_whole);
        let before = self.before(range.first, range.last);
        let mut numbers = self.bought(metric, range.first, range.last);
        numbers.extend([
            ("members", self.size.and_then(count)),
            ("joined", moves.and_then(|it| count(it.0))),
            ("gone", moves.and_then(|it| count(it.1))),
            ("netMembers", moves.and_then(|it| count(it.0 - it.1))),
            ("groupGrowth", moves.zip(before).and_then(|(it, before)| share(it.0 - it.1, before))),
        ]);
        numbers
    }
}

pub(super) fn groups() -> BTreeMap<String, Group> {
    let store = &SHOP.store;
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for (kind, is_list) in [("list", true), ("segment", false)] {
        for it in fields(store, &format!("select id, name from klaviyo_{kind}s")) {
            groups.insert(it[0].clone(), Group { is_list, name: it[1].clone(), ..Group::default() });
        }
        for it in fields(store, &format!("select id, profile_count from klaviyo_{kind}_counts")) {
            groups.get_mut(&it[0]).expect("a group").size = it[1].parse().ok();
        }
        let members =
            format!("select {kind}_id, profile_id, joined_at from klaviyo_{kind}_members where deleted_at is null");
        for it in fields(store, &members) {
            let at = NaiveDateTime::parse_from_str(&it[2], "%Y-%m-%d %H:%M:%S%.f").expect("a time");
            groups.get_mut(&it[0]).expect("a group").members.insert(it[1].clone(), local(at));
        }
    }
    let read = "select parent_id, first_whole_at from sync_parents
        where entity_type in ('list_members', 'segment_members') and first_whole_at is not null";
    for it in fields(store, read) {
        let at = NaiveDateTime::parse_from_str(&it[1], "%Y-%m-%d %H:%M:%S%.f").expect("a time");
        groups.get_mut(&it[0]).expect("a group").first_read = Some(local(at));
    }
    let reports =
        "select segment_id, day, total_members, members_added, members_removed from klaviyo_segment_series_reports";
    for it in fields(store, reports) {
        let number = |at: usize| it[at].parse::<i64>().expect("a number");
        let day = it[1].parse().expect("a day");
        groups.get_mut(&it[0]).expect("a group").reported.insert(day, (number(2), number(3), number(4)));
    }
    groups
}

fn id(row: &Value) -> String {
    row["id"].as_str().expect("an id").to_owned()
}

#[test]
fn segments_and_lists_measure_what_the_raw_rows_say() {
    let (served, groups) = (SHOP.serve(), groups());
    for metric in METRICS {
        let metric_id = SHOP.account.metric(metric);
        for range in SHOP.ranges() {
            let asked = format!("range={}&metric={metric_id}&limit=1000", range.text);
            let paper = Paper::of(&served, &format!("/segments?{asked}"));
            list(&paper, &range, metric, &groups);
            // One of each kind is enough for the other metric.
            let all = if metric == METRICS[0] { groups.len() } else { 3 };
            for (id, group) in groups.iter().take(all) {
                let paper = Paper::of(&served, &format!("/segments/{id}?{asked}"));
                one(&paper, &range, metric, group, &groups);
            }
        }
    }
}

fn list(paper: &Paper, range: &Range, metric: &str, groups: &BTreeMap<String, Group>) {
    let expected = groups.iter().map(|(id, it)| (id.clone(), it.measures(metric, range))).collect();
    paper.table("segments", id, &expected, |_| true);
    paper.figure("groups", &Figure { current: count(many(groups.iter())), ..Figure::default() });
    let segments: Vec<&Group> = groups.values().filter(|it| !it.is_list).collect();
    let sum = |of: &dyn Fn((i64, i64)) -> i64, first, last| -> Option<f64> {
        let known: Vec<_> = segments.iter().flat_map(|it| it.known(first, last)).map(of).collect();
        (!known.is_empty()).then(|| known.iter().sum()).and_then(count)
    };
    // Of days before Klaviyo's reports there is nothing to compare with.
    let is_known = |day: NaiveDate| segments.iter().all(|it| it.on(day).is_some());
    let before = range.compared.filter(|it| it.0.iter_days().take_while(|day| *day <= it.1).all(is_known));
    let figure = |of: &dyn Fn((i64, i64)) -> i64| Figure {
        current: sum(of, range.first, range.last),
        previous: before.and_then(|it| sum(of, it.0, it.1)),
        daily: Some(range.days().map(|it| sum(of, it, it)).collect()),
    };
    paper.figure("joined", &figure(&|it| it.0));
    paper.figure("gone", &figure(&|it| it.1));
    paper.figure("net_members", &figure(&|it| it.0 - it.1));
    sizes(paper, "segment-sizes", range, groups);
}

/// Sizes are those at the end of the last day of each point.
fn sizes(paper: &Paper, chart: &str, range: &Range, groups: &BTreeMap<String, Group>) {
    let series = paper.block(chart)["series"].as_array().expect("series").clone();
    for it in &series {
        let group = groups.values().find(|group| it["name"] == group.name).expect("a group");
        size(paper, chart, it["key"].as_str().expect("a key"), range, group);
    }
}

fn size(paper: &Paper, chart: &str, key: &str, range: &Range, group: &Group) {
    for (label, days, value) in paper.points(chart, range, key) {
        let last = days.iter().rev().find_map(|it| group.sizes(*it));
        paper.number(&format!("{chart}, {label}, {}", group.name), &value, last.and_then(|it| count(it.1)));
    }
}

fn one(paper: &Paper, range: &Range, metric: &str, group: &Group, groups: &BTreeMap<String, Group>) {
    let measures = group.measures(metric, range);
    let is_known = range.compared.is_some_and(|it| group.on(it.1).is_some());
    let size_before = group.before(range.first, range.last).filter(|_| is_known);
    paper.figure(
        "members",
        &Figure {
            current: measures["members"],
            previous: size_before.and_then(count),
            daily: Some(range.days().map(|it| group.sizes(it).and_then(|it| count(it.1))).collect()),
        },
    );
    let net = |first, last| group.moves(first, last).and_then(|it| count(it.0 - it.1));
    let before = range.compared.filter(|it| group.known(it.0, it.1).len() as u64 == range.day_count());
    paper.figure(
        "net_members",
        &Figure {
            current: net(range.first, range.last),
            previous: before.and_then(|it| net(it.0, it.1)),
            daily: Some(range.days().map(|it| net(it, it)).collect()),
        },
    );
    let bought = |name: &str, first, last| group.bought(metric, first, last)[name];
    for (card, name) in [("member_conversion_rate", "memberConversionRate"), ("member_revenue", "memberRevenue")] {
        paper.figure(
            card,
            &Figure {
                current: measures[name],
                previous: range.compared.and_then(|it| bought(name, it.0, it.1)),
                daily: None,
            },
        );
    }
    for (key, of) in [("joined", (|it| it.0) as fn((i64, i64)) -> i64), ("gone", |it| it.1)] {
        if group.moves(range.first, range.last).is_none() {
            assert_eq!(paper.block("moves")["kind"], "nothing", "{}: {key} before the first reading", paper.asked);
            continue;
        }
        for (label, days, value) in paper.points("moves", range, key) {
            let known: Vec<_> = days.iter().filter_map(|it| group.on(*it)).map(of).collect();
            let sum = (!known.is_empty()).then(|| known.iter().sum()).and_then(count);
            paper.number(&format!("moves, {label} ({key})"), &value, sum);
        }
    }
    size(paper, "size", "members", range, group);
    shared(paper, group, groups);
    products(paper, range, group);
}

fn shared(paper: &Paper, group: &Group, groups: &BTreeMap<String, Group>) {
    let mut expected = BTreeMap::new();
    for (id, other) in groups.iter().filter(|it| it.1.name != group.name) {
        let both = many(group.members.keys().filter(|it| other.members.contains_key(*it)));
        let numbers = Numbers::from([
            ("members", other.size.and_then(count)),
            ("shared", count(both)),
            ("shareOfThis", share(both, many(group.members.iter()))),
            ("shareOfOther", share(both, many(other.members.iter()))),
        ]);
        expected.insert(id.clone(), numbers);
    }
    paper.table("segment-overlap", id, &expected, |it| it["shared"] > Some(0.0));
}

/// What members bought, by the shop's own events of each product.
fn products(paper: &Paper, range: &Range, group: &Group) {
    let mut expected: BTreeMap<String, (BTreeSet<&str>, f64, i64)> = BTreeMap::new();
    for event in SHOP.account.of_metric("Ordered Product").filter(|it| range.has(it.day)) {
        if group.members.contains_key(&event.profile) {
            let product = expected.entry(event.text("ProductName").expect("a name").to_owned()).or_default();
            product.0.insert(&event.profile);
            product.1 += event.document["Quantity"].as_f64().unwrap_or(1.0);
            product.2 += event.amount();
        }
    }
    let all = expected.values().map(|it| it.2).sum();
    let expected = expected
        .into_iter()
        .map(|(name, (buyers, quantity, revenue))| {
            let numbers = Numbers::from([
                ("buyers", count(many(buyers.iter()))),
                ("quantity", Some(quantity)),
                ("productRevenue", money(revenue)),
            ]);
            (name, numbers)
        })
        .collect();
    paper.table("member-products", |it| it["product"].as_str().unwrap_or_default().to_owned(), &expected, |_| true);
    paper.totals("member-products", &Numbers::from([("productRevenue", money(all))]));
}
