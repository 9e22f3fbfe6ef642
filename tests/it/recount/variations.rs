//! Campaigns that tried several messages: every arm, the intervals of its rates, and what may be said of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use klytics::web::format::{grouped, percent};
use serde_json::Value;

use super::account::Sender;
use super::facts::{Counts, Deed, Fact, Facts, Way, many};
use super::paper::{Numbers, Paper};
use super::{CROWD, METRICS, Shop, machine};

/// Recipients of each arm below which there is no verdict.
const LEAST: i64 = 1_000;

/// What was sent as one variation of a campaign.
struct Arm {
    variation: String,
    subject: String,
    counts: Counts,
}

/// A part, and the whole that it is of.
type Rate = fn(&Counts) -> (i64, i64);

/// Rates that arms are compared by.
const RATES: [(&str, Rate); 3] = [
    ("Open rate", |it| (it.opened, it.openable)),
    ("Click rate", |it| (it.clicked, it.delivered)),
    ("Conversion rate", |it| (it.converted, it.delivered)),
];

#[test]
fn variations_are_judged_by_what_the_raw_events_say() {
    let (shop, served) = (&*CROWD, CROWD.serve());
    let (mut verdicts, mut said) = (BTreeSet::new(), String::new());
    for with_machines in [false, true] {
        for (campaign, arms) in tried(shop, shop.facts(METRICS[0], with_machines)) {
            let machine = machine(with_machines);
            let paper = Paper::of(&served, &format!("/campaigns/{campaign}?machine={machine}&limit=1000"));
            let words: Vec<&str> =
                paper.block("verdict")["words"].as_array().expect("words").iter().filter_map(Value::as_str).collect();
            let expected = words_of(&arms);
            assert_eq!(words, expected, "{}", paper.asked);
            verdicts.insert(expected[0].clone());
            said.push_str(&expected.concat());
            table(&paper, &arms);
        }
    }
    assert_eq!(verdicts.len(), 3, "too few, chance and better: {verdicts:?}");
    for words in ["did better than “", "did better than each of the others", "That may be chance"] {
        assert!(said.contains(words), "nothing {words}: {said}");
    }
}

/// Arms of the campaigns that have several, in the order of their sizes. What was sent says of which an answer is.
fn tried(shop: &Shop, facts: &Facts<'_>) -> BTreeMap<String, Vec<Arm>> {
    let all = Way::by_send_day(shop.account.first_on, shop.account.today);
    let mut sent: HashMap<_, String> = HashMap::new();
    // What older events say, which name the campaign and not the message.
    let mut said: HashMap<String, String> = HashMap::new();
    let key = |it: &Fact<'_>| (it.message.clone(), it.person.to_owned(), it.sent_at);
    for fact in facts.within(all).filter(|it| matches!(it.deed, Deed::Delivered | Deed::Bounced | Deed::Failed)) {
        if let Some(variation) = fact.event.text("$variation") {
            sent.insert(key(fact), variation.to_owned());
            said.entry(variation.to_owned())
                .or_insert_with(|| fact.event.text("Subject").unwrap_or_default().to_owned());
        }
    }
    let arm = |it: &Fact<'_>| match &it.sender {
        Some(Sender::Campaign(id)) => Some((id.clone(), it.message.clone(), sent.get(&key(it))?.clone())),
        _ => None,
    };
    let mut campaigns: BTreeMap<String, Vec<Arm>> = BTreeMap::new();
    for ((campaign, message, variation), counts) in facts.counts(all, arm) {
        let subject = shop.account.subjects.get(&message).unwrap_or(&said[&variation]).clone();
        campaigns.entry(campaign).or_default().push(Arm { variation, subject, counts });
    }
    campaigns.retain(|_, arms| arms.len() > 1);
    for arms in campaigns.values_mut() {
        let names: Vec<String> = arms.iter().map(|it| it.subject.clone()).collect();
        for arm in arms.iter_mut() {
            // Two of one subject are told apart by their ids.
            if names.iter().filter(|it| **it == arm.subject).count() > 1 {
                arm.subject.clone_from(&arm.variation);
            }
        }
        arms.sort_by(|a, b| {
            let sizes = b.counts.recipients().cmp(&a.counts.recipients());
            sizes.then_with(|| a.subject.cmp(&b.subject)).then_with(|| a.variation.cmp(&b.variation))
        });
    }
    assert!(!campaigns.is_empty(), "nothing was tried");
    campaigns
}

fn table(paper: &Paper, arms: &[Arm]) {
    let mut all = Counts::default();
    let mut expected: BTreeMap<String, Numbers> = BTreeMap::new();
    for arm in arms {
        all.take_in(&arm.counts);
        expected.insert(format!("{} {}", arm.variation, arm.subject), arm.counts.measures());
    }
    let text = |it: &Value, name: &str| it[name].as_str().unwrap_or_default().to_owned();
    let key = |it: &Value| format!("{} {}", text(it, "variationId"), text(it, "name"));
    paper.table("campaign_variations", key, &expected, |_| true);
    paper.totals("campaign_variations", &all.measures());
}

/// What is said of all rates, after the verdict in a word.
fn words_of(arms: &[Arm]) -> Vec<String> {
    let (mut sentences, mut verdicts) = (Vec::new(), Vec::new());
    for (title, of) in RATES {
        let mut rated: Vec<(&Arm, i64, i64)> = Vec::new();
        for arm in arms {
            let (part, whole) = of(&arm.counts);
            if whole > 0 && part <= whole {
                rated.push((arm, part, whole));
            }
        }
        if rated.len() > 1 {
            let (verdict, sentence) = sentence(title, &rated);
            sentences.push(sentence);
            verdicts.push(verdict);
        }
    }
    let first = if verdicts.is_empty() || verdicts.contains(&None) {
        "Too few to tell. A verdict needs 1,000 recipients of each."
    } else if verdicts.contains(&Some(true)) {
        "A difference beyond chance. At 95 % confidence."
    } else {
        "No difference beyond chance. At 95 % confidence."
    };
    sentences.insert(0, first.to_owned());
    sentences
}

/// Whether the best is better than each of the others beyond chance, if there are enough to tell, and all that in words.
fn sentence(title: &str, rated: &[(&Arm, i64, i64)]) -> (Option<bool>, String) {
    let mut order: Vec<usize> = (0..rated.len()).collect();
    let rate = |at: usize| float(rated[at].1) / float(rated[at].2);
    order.sort_by(|a, b| rate(*b).total_cmp(&rate(*a)).then(a.cmp(b)));
    let sides = |at: usize| (rated[at].1, rated[at].2);
    // Of several comparisons each is held to its part of the five in a hundred.
    let z = quantile(1.0 - 0.05 / float(many(rated.iter()) - 1) / 2.0);
    let enough = rated.iter().all(|it| it.0.counts.recipients() >= LEAST);
    let is_better = order[1..].iter().all(|it| newcombe(sides(order[0]), sides(*it), z).0 > 0.0);
    let usual = quantile(0.975);
    let each: Vec<String> = rated
        .iter()
        .map(|(arm, part, whole)| {
            let (low, high) = wilson((*part, *whole), usual);
            let rate = float(*part) / float(*whole);
            format!("“{}” {} ({} to {})", arm.subject, percent(rate), percent(low), percent(high))
        })
        .collect();
    let (low, high) = newcombe(sides(order[0]), sides(order[1]), z);
    let points = |it: f64| grouped(it * 100.0, 2);
    let ahead = points(rate(order[0]) - rate(order[1]));
    let ahead = format!("{ahead} points between the first two ({} to {})", points(low), points(high));
    let name = |place: usize| &rated[order[place]].0.subject;
    let verdict = match (enough, is_better) {
        (false, _) => String::new(),
        (true, false) => " That may be chance.".to_owned(),
        (true, true) if rated.len() > 2 => format!(" “{}” did better than each of the others.", name(0)),
        (true, true) => format!(" “{}” did better than “{}”.", name(0), name(1)),
    };
    (enough.then_some(is_better), format!("{title}: {}; {ahead}.{verdict}", each.join(", ")))
}

/// Rates that a sample does not rule out: those p for which (r - p)² ≤ z² p (1 - p) / n.
fn wilson((part, whole): (i64, i64), z: f64) -> (f64, f64) {
    let (r, n) = (float(part) / float(whole), float(whole));
    let (square, linear, rest) = (1.0 + z * z / n, -(2.0 * r + z * z / n), r * r);
    let root = (linear * linear - 4.0 * square * rest).max(0.0).sqrt();
    (((-linear - root) / (2.0 * square)).max(0.0), ((-linear + root) / (2.0 * square)).min(1.0))
}

/// Differences of two rates that the samples do not rule out.
fn newcombe(one: (i64, i64), other: (i64, i64), z: f64) -> (f64, f64) {
    let rate = |it: (i64, i64)| float(it.0) / float(it.1);
    let (first, second) = (wilson(one, z), wilson(other, z));
    let square = |it: f64| it * it;
    let below = square(rate(one) - first.0) + square(second.1 - rate(other));
    let above = square(first.1 - rate(one)) + square(rate(other) - second.0);
    let apart = rate(one) - rate(other);
    (apart - below.sqrt(), apart + above.sqrt())
}

/// Below which the part `share` of what is distributed normally lies.
fn quantile(share: f64) -> f64 {
    let (mut low, mut high) = (0.0, 8.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if below(middle) < share { low = middle } else { high = middle }
    }
    low
}

/// The part of what is distributed normally that lies below `z`, by its series.
fn below(z: f64) -> f64 {
    let (mut term, mut sum) = (z, z);
    let mut odd = 1.0;
    while term > 1e-17 {
        odd += 2.0;
        term *= z * z / odd;
        sum += term;
    }
    0.5 + sum * (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt()
}

#[expect(clippy::cast_precision_loss, reason = "numbers of a small shop")]
fn float(it: i64) -> f64 {
    it as f64
}
