//! With JavaScript: pages swap without loading, charts are drawn, and a sync is followed as it goes on.

use crate::browser::{Browser, Scripts, axe};
use crate::subject::Subject;
use klytics::demo::Mood;
use serde_json::json;
use std::time::Duration;

/// Whether the chart's canvas has anything on it.
const DRAWN: &str = "[...document.querySelectorAll('[data-chart] canvas')].some((it) =>
    it.getContext('2d').getImageData(0, 0, it.width, it.height).data.some((byte) => byte > 0))";

#[rocket::async_test]
async fn a_range_is_swapped_in_and_back_leads_back() {
    let (subject, browser) = (Subject::full(), Browser::open(Scripts::On).await);
    browser.goto(&subject.at("/")).await;
    browser.until(DRAWN).await;
    browser.value("globalThis.unloaded = false").await;
    browser.click(".days-picker summary").await;
    browser.click(".drop-range a[href*='range=last-90-days']").await;
    browser.until("location.search === '?range=last-90-days'").await;
    browser.until("document.querySelector('.days-picker summary').textContent.includes('Last 90 days')").await;
    browser.until(DRAWN).await;
    assert_eq!(browser.value("globalThis.unloaded").await, json!(false), "the page was swapped, not loaded");
    browser.back().await;
    browser.until("location.search === ''").await;
    browser.until("document.querySelector('.days-picker summary').textContent.includes('Last 30 days')").await;
    browser.until(DRAWN).await;
    assert_eq!(browser.problems().await, json!([]));
    browser.close().await;
}

#[rocket::async_test]
async fn a_chosen_theme_stays() {
    let (subject, browser) = (Subject::without_key(), Browser::open(Scripts::On).await);
    browser.prefer("light").await;
    browser.goto(&subject.at("/")).await;
    browser.click("summary:has([aria-label='Theme'])").await;
    browser.click("button[name='theme'][value='dark']").await;
    for path in ["/", "/sync", "/nowhere"] {
        browser.goto(&subject.at(path)).await;
        assert_eq!(browser.value("document.documentElement.dataset.bsTheme").await, json!("dark"), "{path}");
    }
    browser.close().await;
}

#[rocket::async_test]
async fn a_sync_is_followed_and_brings_new_orders() {
    let (subject, browser) = (Subject::full(), Browser::open(Scripts::On).await);
    browser.goto(&subject.at("/")).await;
    let before = revenue(&browser).await;
    subject.catch_up();
    // Slow enough to be seen at work.
    subject.fake.set_mood(slow("/api/events", Duration::from_millis(400)));
    browser.click("form[action='/sync'] .btn-primary").await;
    browser.until("location.pathname === '/sync' && document.getElementById('running-title')").await;
    assert_eq!(browser.barriers(&axe()).await, json!([]), "the progress locks someone out");
    browser.value("globalThis.unloaded = false").await;
    browser
        .until("[...document.querySelectorAll('[id^=running-] .state')].some((it) => it.textContent === 'Completed')")
        .await;
    browser.until("!document.getElementById('running-title')").await;
    assert_eq!(browser.value("globalThis.unloaded").await, json!(false), "the page followed without being loaded");
    assert_eq!(browser.problems().await, json!([]));
    browser.goto(&subject.at("/")).await;
    let after = revenue(&browser).await;
    assert!(after > before, "revenue was {before} and is {after}");
    browser.close().await;
}

#[rocket::async_test]
async fn the_overview_shows_the_first_sync_and_then_what_it_brought() {
    let (subject, browser) = (Subject::empty(), Browser::open(Scripts::On).await);
    browser.goto(&subject.at("/")).await;
    assert!(browser.text("#main").await.contains("Nothing was copied yet"));
    subject.fake.set_mood(slow("/api/events", Duration::from_secs(3)));
    browser.click("#main form[action='/sync'] button").await;
    browser.until("location.pathname === '/sync' && document.getElementById('running-title')").await;
    browser.goto(&subject.at("/")).await;
    assert!(browser.text("#main").await.contains("The first sync is running"));
    assert_eq!(browser.barriers(&axe()).await, json!([]), "the first progress locks someone out");
    // The last days come first, and what is older takes its time.
    browser.value("globalThis.unloaded = false").await;
    browser.until("document.querySelector('.kpi-value')").await;
    let early = browser.text("#main").await;
    assert!(early.contains("The first sync goes on"), "early numbers do not pass for all of them: {early}");
    subject.fake.set_mood(Mood::Well);
    browser.until(DRAWN).await;
    browser.until("!document.getElementById('page').dataset.live").await;
    assert!(!browser.text("#main").await.contains("The first sync goes on"));
    browser.until(DRAWN).await;
    assert_eq!(browser.value("globalThis.unloaded").await, json!(false), "the page followed without being loaded");
    assert_eq!(browser.problems().await, json!([]));
    browser.close().await;
}

/// What is at `path` is told, but each answer takes `time`.
fn slow(path: &'static str, time: Duration) -> Mood {
    Mood::At(path, Box::new(Mood::Hangs(1, time)))
}

/// The revenue of the last thirty days, to the cent.
async fn revenue(browser: &Browser) -> f64 {
    let title = browser.value("document.querySelector('.kpi-value').title").await;
    let digits = title.as_str().expect("an amount").replace(['$', ','], "");
    digits.parse().unwrap_or_else(|_| panic!("{digits} is not an amount"))
}
