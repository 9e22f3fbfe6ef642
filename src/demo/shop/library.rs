//! What lies ready in the account: forms, lists, segments, tags and templates.

use super::ids::short;
use crate::demo::random::Random;

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
    /// Its part of all profiles.
    pub(in crate::demo) share: f64,
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
            ("Engaged 30 Days", 0.21),
            ("Engaged 90 Days", 0.38),
            ("Engaged 180 Days", 0.52),
            ("VIP Customers", 0.03),
            ("Repeat Buyers", 0.06),
            ("Never Purchased", 0.71),
            ("Churn Risk", 0.11),
            ("SMS Subscribers", 0.2),
            ("Birthday This Month", 0.07),
        ],
        start,
        random,
    )
}

pub(super) fn lists(start: i64, random: &mut Random) -> Vec<Group> {
    groups(
        &[
            ("Newsletter", 0.78),
            ("SMS Club", 0.21),
            ("Back in Stock", 0.04),
            ("Giveaway 2024", 0.13),
            ("Preview List", 0.002),
        ],
        start,
        random,
    )
}

fn groups(plan: &[(&'static str, f64)], start: i64, random: &mut Random) -> Vec<Group> {
    plan.iter()
        .zip(0_u32..)
        .map(|(&(name, share), number)| Group {
            id: short(random.next()),
            name,
            created: start - 86_400 * 90 + i64::from(number) * 40_000,
            share,
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
