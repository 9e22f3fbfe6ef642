//! Without JavaScript: links load, forms post, tables are open, and progress comes by reloading.

use crate::browser::{Browser, Scripts};
use crate::subject::Subject;

#[rocket::async_test]
async fn everything_works_without_scripts() {
    let (subject, browser) = (Subject::full(), Browser::open(Scripts::Off).await);
    browser.goto(&subject.at("/")).await;
    the_chart_is_a_table(&browser).await;
    a_range_is_a_link(&browser).await;
    two_days_are_a_form(&browser).await;
    sync_now_is_a_form(&browser, &subject).await;
    browser.close().await;
}

async fn the_chart_is_a_table(browser: &Browser) {
    assert!(browser.shows(".chart-data tbody tr").await, "the table of the chart is open");
    assert!(!browser.shows(".chart-plot").await, "there is no empty place where the chart would be");
}

async fn a_range_is_a_link(browser: &Browser) {
    browser.click(".days-picker summary").await;
    browser.click(".drop-range a[href*='range=last-7-days']").await;
    browser.until("location.search === '?range=last-7-days'").await;
    assert_eq!(browser.text(".days-picker summary").await, "Last 7 days");
}

async fn two_days_are_a_form(browser: &Browser) {
    browser.click(".days-picker summary").await;
    browser.click(".drop-days button").await;
    browser.until("location.pathname === '/' && /^[?]range=[0-9-]+_to_[0-9-]+$/.test(location.search)").await;
}

async fn sync_now_is_a_form(browser: &Browser, subject: &Subject) {
    subject.catch_up();
    browser.click("form[action='/sync'] .btn-primary").await;
    browser.until("location.pathname === '/sync' && document.getElementById('running-title')").await;
    // The page reloads by itself until the run stands among those that have ended.
    let newest = "document.querySelector('[aria-labelledby=history-title] tbody td:nth-child(3)')?.textContent";
    browser.until(&format!("{newest} === 'a button'")).await;
    assert!(!browser.shows("#running-title").await, "what has ended is not shown as running");
}
