//! That nothing is left out: every card and block of every page is named by a test here, or holds no number that could be
//! counted.

use std::collections::BTreeSet;
use std::fs;

use klytics::pages::PAGES;
use serde_json::Value;

use super::SHOP;
use super::account::fields;
use super::paper::Paper;

/// Blocks without numbers, or with such as nobody can count again.
const WORDS: &[(&str, &str)] = &[
    ("findings", "sentences about what stands in the tables below them"),
    ("freshness", "when each kind was last read"),
    ("preview", "what a message says"),
    ("preview-2", "what another says"),
    ("rule", "a verdict, which the findings have, and bounds, which the evidence is judged by"),
    ("consent", "what one person may be sent"),
];

#[test]
fn every_card_and_block_is_counted_again() {
    let served = SHOP.serve();
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/recount");
    let mut tests = String::new();
    for file in fs::read_dir(directory).expect("a directory") {
        let path = file.expect("a file").path();
        if !path.ends_with("walk.rs") {
            tests.push_str(&fs::read_to_string(path).expect("a text"));
        }
    }
    let one = |sql: &str| fields(&SHOP.store, sql)[0][0].clone();
    let mut missing = BTreeSet::new();
    let mut seen = 0;
    for page in PAGES {
        let paths: Vec<String> = match page.path {
            "/campaigns/<id>" => ["email", "sms", "push"]
                .map(|it| {
                    SHOP.account.campaign_messages.values().find(|own| own.1 == it).expect("a campaign").0.clone()
                })
                .map(|it| format!("/campaigns/{it}"))
                .to_vec(),
            "/campaigns/compare" => {
                vec![format!(
                    "/campaigns/compare?ids={}",
                    one("select min(id) from klaviyo_campaigns where status = 'Sent'")
                )]
            }
            "/flows/<id>" => vec![format!("/flows/{}", one("select min(id) from klaviyo_flows where status = 'live'"))],
            "/forms/<id>" => vec![format!("/forms/{}", one("select min(id) from klaviyo_forms where status = 'live'"))],
            "/segments/<id>" => vec![
                format!("/segments/{}", one("select min(id) from klaviyo_lists")),
                format!("/segments/{}", one("select min(id) from klaviyo_segments")),
            ],
            "/audience/<id>" => {
                vec![format!(
                    "/audience/{}",
                    one("select min(id) from klaviyo_profile_predictions where predicted_clv > 0")
                )]
            }
            "/benchmarks/<id>" => super::rules::RULES.iter().map(|it| format!("/benchmarks/{it}")).collect(),
            "/explore" => vec![format!("/explore?metric_id={}", SHOP.account.metric("Placed Order"))],
            "/" => vec!["/overview".to_owned()],
            path => vec![path.to_owned()],
        };
        for path in paths {
            let paper = Paper::of(&served, &path);
            for name in names(&paper.view) {
                seen += 1;
                let is_words = WORDS.iter().any(|it| it.0 == name);
                if !is_words && !tests.contains(&format!("\"{name}\"")) {
                    missing.insert(format!("{}: {name}", page.path));
                }
            }
        }
    }
    assert!(seen > 100, "{seen} cards and blocks");
    assert!(missing.is_empty(), "nobody counts {missing:#?}");
}

/// Names of the cards and blocks of a page.
fn names(view: &Value) -> Vec<String> {
    let all = |of: &Value, list: &str| of[list].as_array().cloned().unwrap_or_default();
    let mut named = all(view, "cards");
    for block in all(view, "blocks") {
        let cards = all(&block["content"], "cards");
        // What holds cards is no more than they are.
        if cards.is_empty() {
            named.push(block);
        }
        named.extend(cards);
    }
    named.iter().map(|it| it["name"].as_str().expect("a name").to_owned()).collect()
}
