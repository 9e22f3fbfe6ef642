//! The audit again: its rules about flows, people, forms, metrics and the copy itself, and what becomes of all of them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use serde_json::Value;

use super::account::{Sender, fields};
use super::audience::people;
use super::facts::{Deed, Fact, Way, count, many, share};
use super::paper::{Numbers, Paper, Range};
use super::{CROWD, METRICS, SHOP, Shop};
use crate::support::Served;

/// Every rule of the audit.
pub(super) const RULES: [&str; 32] = [
    "abandoned-cart-flow",
    "attributed-share",
    "bounces",
    "browse-flow",
    "clicks",
    "complaints",
    "copies",
    "disagreements",
    "dormant",
    "dormant-sends",
    "draft-flows",
    "failed-texts",
    "flow-share",
    "foreign-values",
    "form-rates",
    "frequency",
    "growth",
    "idle-flows",
    "machine-opens",
    "order-metrics",
    "post-purchase-flow",
    "segment-sizes",
    "suppressed",
    "sunset-flow",
    "texts-without-consent",
    "unmapped-metrics",
    "unreadable-values",
    "unseen-forms",
    "unsubscribes",
    "weak-messages",
    "welcome-flow",
    "win-back-flow",
];

/// Flows that a shop should have, by words that their names have in this one.
const EXPECTED: [(&str, &str); 6] = [
    ("welcome-flow", "Welcome"),
    ("abandoned-cart-flow", "Abandoned Cart"),
    ("browse-flow", "Browse"),
    ("post-purchase-flow", "Post-Purchase"),
    ("win-back-flow", "Winback"),
    ("sunset-flow", "Sunset"),
];

/// What means nothing to any page but Explore, of what this shop's programs send.
const UNKNOWN: [&str; 1] = ["Loyalty Points Earned"];

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

fn name(row: &Value) -> String {
    text(row, "name")
}

fn evidence(served: &Served, rule: &str, range: &Range) -> Paper {
    Paper::of(served, &format!("/benchmarks/{rule}?range={}&limit=1000", range.text))
}

/// The verdict of every row of evidence.
#[track_caller]
fn verdicts(paper: &Paper, table: &str, key: impl Fn(&Value) -> String, expected: &BTreeMap<String, &str>) {
    let rows = paper.block(table)["rows"].as_array().expect("rows");
    let shown = rows.iter().map(|it| (key(it), text(it, "verdict"))).collect::<BTreeMap<_, _>>();
    let expected = expected.iter().map(|it| (it.0.clone(), (*it.1).to_owned())).collect();
    assert_eq!(shown, expected, "{}: verdicts", paper.asked);
}

fn at(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").expect("a time")
}

#[test]
fn rules_about_flows_rest_on_the_raw_events() {
    let (shop, served) = (&*SHOP, SHOP.serve());
    let lately = lately(shop);
    let sql = "select id, name, status, archived, created_at, updated_at from klaviyo_flows where deleted_at is null";
    let flows: Vec<Vec<String>> = fields(&shop.store, sql).into_iter().filter(|it| it[3] == "false").collect();
    let range = &shop.ranges()[0];
    let numbers = |id: &str, is_shown: bool| {
        let sent = lately.get(id).filter(|it| it.0 > 0).map(|it| it.0);
        Numbers::from([("recipients", if is_shown { count(sent.unwrap_or_default()) } else { sent.and_then(count) })])
    };
    for (rule, word) in EXPECTED {
        let own: Vec<_> = flows.iter().filter(|it| it[1].contains(word)).collect();
        let is_live = own.iter().any(|it| it[2] == "live");
        let paper = evidence(&served, rule, range);
        let mut expected: BTreeMap<String, Numbers> =
            own.iter().map(|it| (it[1].clone(), numbers(&it[0], false))).collect();
        let mut words = expected.keys().map(|it| (it.clone(), if is_live { "Passes" } else { "Look" })).collect();
        if own.is_empty() {
            expected.insert("No such flow".to_owned(), Numbers::from([("recipients", None)]));
            words = BTreeMap::from([("No such flow".to_owned(), "Act")]);
        }
        paper.table("audit_expected_flow", name, &expected, |_| true);
        verdicts(&paper, "audit_expected_flow", name, &words);
        last_sent(&paper, "audit_expected_flow", &flows, &lately);
    }
    let now = Utc::now().naive_utc();
    let is_old = |it: &str| at(it) < now - TimeDelta::days(30);
    let live: Vec<_> = flows.iter().filter(|it| it[2] == "live" && is_old(&it[4])).collect();
    let paper = evidence(&served, "idle-flows", range);
    let expected = live.iter().map(|it| (it[1].clone(), numbers(&it[0], true))).collect();
    paper.table("audit_idle_flows", name, &expected, |_| true);
    let sends = |it: &str| lately.get(it).is_some_and(|it| it.0 > 0);
    let words = live.iter().map(|it| (it[1].clone(), if sends(&it[0]) { "Passes" } else { "Look" })).collect();
    verdicts(&paper, "audit_idle_flows", name, &words);
    last_sent(&paper, "audit_idle_flows", &flows, &lately);
    let paper = evidence(&served, "draft-flows", range);
    let is_forgotten = |it: &[String]| it[2] == "draft" && is_old(&it[5]);
    let words = flows.iter().map(|it| (it[1].clone(), if is_forgotten(it) { "Look" } else { "Passes" })).collect();
    verdicts(&paper, "audit_draft_flows", name, &words);
}

/// How many each flow reached on the last thirty days, and when it last sent.
fn lately(shop: &Shop) -> BTreeMap<String, (i64, NaiveDate)> {
    let mut lately: BTreeMap<String, (i64, NaiveDate)> = BTreeMap::new();
    for fact in &shop.facts(METRICS[0], false).0 {
        if let (Deed::Delivered | Deed::Bounced | Deed::Failed, Some(Sender::Flow(id))) = (fact.deed, &fact.sender) {
            let it = lately.entry(id.clone()).or_insert((0, fact.on));
            it.0 += i64::from(fact.on > shop.account.today - Days::new(30));
            it.1 = it.1.max(fact.on);
        }
    }
    lately
}

fn last_sent(paper: &Paper, table: &str, flows: &[Vec<String>], lately: &BTreeMap<String, (i64, NaiveDate)>) {
    for row in paper.block(table)["rows"].as_array().expect("rows") {
        let id = flows.iter().find(|it| it[1] == name(row)).map(|it| it[0].as_str()).unwrap_or_default();
        let last = lately.get(id).map(|it| it.1.to_string());
        assert_eq!(row["lastOn"].as_str(), last.as_deref(), "{}: {row}", paper.asked);
    }
}

#[test]
fn rules_about_people_rest_on_the_raw_rows() {
    let mut sent = 0;
    for shop in [&*SHOP, &*CROWD] {
        let (served, people) = (shop.serve(), people(shop.account));
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        let (first, last) = (day("2025-11-01"), day("2026-11-21"));
        let year = Range { text: "2025-11-01_to_2026-11-21", first, last, compared: None };
        for range in shop.ranges().into_iter().chain([year]) {
            // Somebody without a sign of life since then, who was known by then.
            let is_dormant = |person: &str, since: NaiveDateTime| {
                let engaged_at = people.get(person).and_then(|it| it.engaged_at);
                let created_at = shop.account.profiles.get(person).and_then(|it| it.created_at);
                engaged_at.is_none_or(|it| it < since) && created_at.is_none_or(|it| it < since)
            };
            dormant(&evidence(&served, "dormant", &range), shop, &is_dormant);
            sent += dormant_sends(&evidence(&served, "dormant-sends", &range), shop, &range, &is_dormant);
            segments(&evidence(&served, "segment-sizes", &range), shop);
        }
    }
    assert!(sent > 0, "no campaign is large enough");
}

/// Whether somebody was dormant at the end of half a year that began then.
type IsDormant<'a> = &'a dyn Fn(&str, NaiveDateTime) -> bool;

fn dormant(paper: &Paper, shop: &Shop, is_dormant: IsDormant<'_>) {
    let since = Utc::now().naive_utc() - TimeDelta::days(180);
    let emailable = || shop.account.profiles.iter().filter(|it| it.1.can_receive.contains("email"));
    let (all, dormant) = (many(emailable()), many(emailable().filter(|it| is_dormant(it.0, since))));
    let part = share(dormant, all);
    let numbers = Numbers::from([("reachable", count(all)), ("dormant", count(dormant)), ("judgedShare", part)]);
    let who = "Can receive e-mail".to_owned();
    let verdict = match part {
        Some(it) if it > 0.5 => "Act",
        Some(it) if it > 0.3 => "Look",
        _ => "Passes",
    };
    paper.table("audit_dormant", name, &BTreeMap::from([(who.clone(), numbers)]), |_| true);
    verdicts(paper, "audit_dormant", name, &BTreeMap::from([(who, verdict)]));
}

/// What campaigns of two hundred and more sent to people who had been dormant when the range began.
fn dormant_sends(paper: &Paper, shop: &Shop, range: &Range, is_dormant: IsDormant<'_>) -> usize {
    let midnight = super::consent::midnight(range.first);
    let since = midnight - TimeDelta::days(180);
    let facts = shop.facts(METRICS[0], false);
    let mut campaigns: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    let is_mail = |it: &&Fact<'_>| it.deed == Deed::Delivered && it.channel == "email";
    for fact in facts.within(Way::by_send_day(range.first, range.last)).filter(is_mail) {
        if let Some(Sender::Campaign(id)) = &fact.sender {
            let sums = campaigns.entry(id.clone()).or_default();
            sums.0 += 1;
            sums.1 += i64::from(is_dormant(fact.person, since));
        }
    }
    // Of days before events reach back half a year nothing is known.
    let is_known = shop.account.first_on <= range.first - Days::new(180);
    campaigns.retain(|_, it| it.0 >= 200 && is_known);
    let (mut expected, mut words) = (BTreeMap::new(), BTreeMap::new());
    for (id, (delivered, dormant)) in &campaigns {
        let part = share(*dormant, *delivered);
        let numbers = [("delivered", count(*delivered)), ("toDormant", count(*dormant)), ("judgedShare", part)];
        expected.insert(id.clone(), Numbers::from(numbers));
        words.insert(id.clone(), if part > Some(0.3) { "Look" } else { "Passes" });
    }
    let id = |it: &Value| text(it, "id");
    paper.table("audit_dormant_sends", id, &expected, |_| true);
    verdicts(paper, "audit_dormant_sends", id, &words);
    expected.len()
}

fn segments(paper: &Paper, shop: &Shop) {
    let profiles = many(shop.account.profiles.values());
    let sql = "select name, profile_count from klaviyo_segments
        join klaviyo_segment_counts as counts on counts.id = klaviyo_segments.id
        where klaviyo_segments.deleted_at is null and counts.deleted_at is null";
    let (mut expected, mut words) = (BTreeMap::new(), BTreeMap::new());
    for it in fields(&shop.store, sql) {
        let members: i64 = it[1].parse().expect("a number");
        let part = share(members, profiles);
        expected.insert(it[0].clone(), Numbers::from([("members", count(members)), ("judgedShare", part)]));
        words.insert(it[0].clone(), if members == 0 || part > Some(0.9) { "Look" } else { "Passes" });
    }
    paper.table("audit_segment_sizes", name, &expected, |_| true);
    verdicts(paper, "audit_segment_sizes", name, &words);
}

#[test]
fn rules_about_forms_and_metrics_rest_on_the_raw_events() {
    let served = SHOP.serve();
    let forms =
        fields(&SHOP.store, "select id, coalesce(status, '') as status from klaviyo_forms where deleted_at is null");
    let mut judged = 0;
    for range in SHOP.ranges() {
        let of = |metric: &str, id: &str| {
            let own = SHOP.account.of_metric(metric).filter(|it| it.form.as_deref() == Some(id));
            many(own.filter(|it| range.has(it.day)))
        };
        let (mut live, mut seen) = (BTreeMap::new(), BTreeMap::new());
        let (mut unseen, mut weak) = (BTreeMap::new(), BTreeMap::new());
        for form in &forms {
            let (views, submissions) = (of("Viewed Form", &form[0]), of("Submitted Form", &form[0]));
            let rate = share(submissions, views);
            let numbers =
                Numbers::from([("views", count(views)), ("submissions", count(submissions)), ("submissionRate", rate)]);
            if form[1] == "live" {
                live.insert(form[0].clone(), numbers.clone());
                unseen.insert(form[0].clone(), if views == 0 { "Look" } else { "Passes" });
            }
            if views >= 100 {
                seen.insert(form[0].clone(), numbers);
                weak.insert(form[0].clone(), if rate < Some(0.03) { "Look" } else { "Passes" });
            }
        }
        judged += seen.len();
        let id = |it: &Value| text(it, "id");
        for (rule, expected, words) in [("unseen-forms", live, unseen), ("form-rates", seen, weak)] {
            let paper = evidence(&served, rule, &range);
            paper.table("audit_forms", id, &expected, |_| true);
            verdicts(&paper, "audit_forms", id, &words);
        }
    }
    assert!(judged > 0, "no form has enough views");
    let range = &SHOP.ranges()[0];
    let of_late = SHOP.account.today - Days::new(90);
    let events = |metric: &str| many(SHOP.account.of_metric(metric).filter(|it| it.day > of_late));
    let (mut expected, mut words) = (BTreeMap::new(), BTreeMap::new());
    for metric in SHOP.account.metrics.keys().filter(|it| events(it) > 0) {
        expected.insert(metric.clone(), Numbers::from([("events", count(events(metric)))]));
        words.insert(metric.clone(), if UNKNOWN.contains(&metric.as_str()) { "Look" } else { "Passes" });
    }
    assert!(words.values().any(|it| *it == "Look"), "every metric is understood: {words:?}");
    let paper = evidence(&served, "unmapped-metrics", range);
    paper.table("audit_unmapped_metrics", name, &expected, |_| true);
    verdicts(&paper, "audit_unmapped_metrics", name, &words);
    let paper = evidence(&served, "order-metrics", range);
    expected.retain(|it, _| it == "Placed Order");
    paper.table("audit_order_metrics", name, &expected, |_| true);
    verdicts(&paper, "audit_order_metrics", name, &BTreeMap::from([("Placed Order".to_owned(), "Passes")]));
    assert_eq!(paper.block("audit_order_metrics")["rows"][0]["isUsed"], true, "{}", paper.asked);
}

#[test]
fn the_rule_about_copies_rests_on_the_state_of_the_sync() {
    let served = SHOP.serve();
    let sql = "select entity_type, status, coalesce(last_sync_time, '1990-01-01') as at from klaviyo_sync_status";
    let mut words = BTreeMap::new();
    for it in fields(&SHOP.store, sql) {
        // Of these not all is copied, on purpose.
        let is_partial = matches!(it[0].as_str(), "profile_predictions" | "list_members" | "segment_members");
        if !is_partial && !matches!(it[1].as_str(), "never" | "disabled") {
            let is_old = at(&it[2]) < Utc::now().naive_utc() - TimeDelta::days(2);
            let verdict = if it[1] == "failed" {
                "Act"
            } else if is_old {
                "Look"
            } else {
                "Passes"
            };
            words.insert(it[0].replace('_', " "), verdict);
        }
    }
    assert!(words.len() > 10, "{words:?}");
    verdicts(&evidence(&served, "copies", &SHOP.ranges()[0]), "audit_copies", name, &words);
}

/// The worst of what was judged, and how much does not pass.
#[test]
fn findings_sum_up_their_evidence() {
    let served = SHOP.serve();
    for range in SHOP.ranges() {
        let board = Paper::of(&served, &format!("/benchmarks?range={}&limit=1000", range.text));
        let rows = board.block("audit")["rows"].as_array().expect("rows");
        let ids: BTreeSet<String> = rows.iter().map(|it| text(it, "id")).collect();
        assert_eq!(ids, RULES.iter().map(|it| (*it).to_owned()).collect(), "{}: rules", board.asked);
        let mut told: BTreeMap<&str, usize> = BTreeMap::new();
        for row in rows {
            let paper = evidence(&served, &text(row, "id"), &range);
            let (judged, beyond, verdict, urgency) = sum_up(&paper);
            let numbers =
                Numbers::from([("judged", count(judged)), ("beyond", count(beyond)), ("urgency", Some(urgency))]);
            board.row(&text(row, "id"), row, &numbers);
            assert_eq!(row["verdict"], verdict, "{}: {row}", board.asked);
            assert_eq!(paper.view["more"]["finding"]["verdict"], verdict, "{}", paper.asked);
            assert_eq!(paper.view["more"]["finding"]["found"], row["found"], "{}", paper.asked);
            *told.entry(verdict).or_default() += 1;
        }
        assert!(told.len() > 2, "{}: verdicts that were told: {told:?}", board.asked);
    }
}

fn sum_up(paper: &Paper) -> (i64, i64, &'static str, f64) {
    let table = paper.view["blocks"].as_array().expect("blocks").iter().find(|it| it["title"] == "Evidence");
    let rows = table.expect("evidence")["content"]["rows"].as_array().expect("rows");
    let of = |word: &str| rows.iter().any(|it| it["verdict"] == word);
    let (verdict, urgency) = match (of("Act"), of("Look"), rows.is_empty()) {
        (true, ..) => ("Act", 0.0),
        (_, true, _) => ("Look", 1.0),
        (_, _, true) => ("Cannot tell", 2.0),
        _ => ("Passes", 3.0),
    };
    (many(rows.iter()), many(rows.iter().filter(|it| it["verdict"] != "Passes")), verdict, urgency)
}
