//! What lies ready in the account: forms, lists, segments, tags and templates.

use super::ids::short;
use super::membership::Rule;
use crate::demo::random::Random;
use std::collections::HashMap;

#[derive(Debug, Clone)]
pub(in crate::demo) struct Form {
    pub(in crate::demo) id: String,
    pub(in crate::demo) name: &'static str,
    pub(in crate::demo) kind: &'static str,
    pub(in crate::demo) live: bool,
    /// The ids of its versions; more than one makes it an A/B test.
    pub(in crate::demo) versions: Vec<String>,
    pub(in crate::demo) created: i64,
}

/// A list or a segment.
#[derive(Debug, Clone)]
pub(in crate::demo) struct Group {
    pub(in crate::demo) id: String,
    pub(in crate::demo) name: &'static str,
    pub(in crate::demo) created: i64,
    /// Who belongs to it.
    pub(in crate::demo) rule: Rule,
    /// Who was put there at a time, or taken out, whatever the rule says; by the index of the profile.
    pub(in crate::demo) by_hand: HashMap<u32, Option<i64>>,
    pub(in crate::demo) tags: Vec<u8>,
    pub(in crate::demo) gone: bool,
}

#[derive(Debug, Clone)]
pub(in crate::demo) struct Tag {
    pub(in crate::demo) id: String,
    pub(in crate::demo) name: &'static str,
}

#[derive(Debug, Clone)]
pub(in crate::demo) struct Template {
    pub(in crate::demo) id: String,
    pub(in crate::demo) name: &'static str,
    pub(in crate::demo) created: i64,
}

pub(super) fn forms(start: i64, random: &mut Random) -> Vec<Form> {
    [
        ("10% Off Popup", "popup", true, 2),
        ("Footer Sign-up", "embed", true, 1),
        ("Exit Intent Flyout", "flyout", true, 1),
        ("Back in Stock", "popup", true, 1),
        ("Holiday Giveaway", "full_page", false, 1),
    ]
    .into_iter()
    .map(|(name, kind, live, versions)| Form {
        id: short(random.next()),
        name,
        kind,
        live,
        versions: (0..versions).map(|_| (7_000_000 + random.below(900_000)).to_string()).collect(),
        created: start - 86_400 * 20,
    })
    .collect()
}

pub(super) fn segments(start: i64, random: &mut Random) -> Vec<Group> {
    groups(
        &[
            ("Engaged 30 Days", Rule::Engaged(0)),
            ("Engaged 90 Days", Rule::Engaged(1)),
            ("Engaged 180 Days", Rule::Engaged(2)),
            ("VIP Customers", Rule::Vip),
            ("Repeat Buyers", Rule::Repeat),
            ("Never Purchased", Rule::NeverBought),
            ("Churn Risk", Rule::ChurnRisk),
            ("SMS Subscribers", Rule::Text),
            ("Birthday This Month", Rule::Birthday),
        ],
        start,
        random,
    )
}

pub(super) fn lists(start: i64, random: &mut Random) -> Vec<Group> {
    groups(
        &[
            ("Newsletter", Rule::Email),
            ("SMS Club", Rule::Text),
            ("Back in Stock", Rule::Some { of_thousand: 40 }),
            ("Giveaway 2024", Rule::Some { of_thousand: 130 }),
            ("Preview List", Rule::Some { of_thousand: 2 }),
        ],
        start,
        random,
    )
}

fn groups(plan: &[(&'static str, Rule)], start: i64, random: &mut Random) -> Vec<Group> {
    plan.iter()
        .zip(0_u32..)
        .map(|(&(name, rule), number)| Group {
            id: short(random.next()),
            name,
            created: start - 86_400 * 90 + i64::from(number) * 40_000,
            rule,
            by_hand: HashMap::new(),
            tags: if number % 3 == 0 { vec![5] } else { Vec::new() },
            gone: false,
        })
        .collect()
}

pub(super) fn tags(random: &mut Random) -> Vec<Tag> {
    ["Promotion", "Newsletter", "Product launch", "Holiday", "Automation", "Audience", "Unused"]
        .into_iter()
        .map(|name| Tag { id: uuid(random), name })
        .collect()
}

pub(super) fn templates(start: i64, random: &mut Random) -> Vec<Template> {
    [
        "Newsletter 2 columns",
        "Sale hero",
        "Product grid",
        "Plain letter",
        "Holiday",
        "Journal",
        "Flow: welcome",
        "Flow: cart",
        "Flow: browse",
        "Flow: service",
        "Blank",
        "Old newsletter",
    ]
    .into_iter()
    .zip(0_i64..)
    .map(|(name, number)| Template { id: short(random.next()), name, created: start - 86_400 * 60 + number * 50_000 })
    .collect()
}

fn uuid(random: &mut Random) -> String {
    let (high, low) = (random.next(), random.next());
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xFFFF,
        high & 0xFFF,
        low >> 52,
        low & 0xFFFF_FFFF_FFFF
    )
}
