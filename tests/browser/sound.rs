//! Every page in every state, theme and width: nothing fails, nothing sticks out, nobody is locked out.

use crate::browser::{Browser, DESKTOP, PHONE, Scripts, axe};
use crate::subject::Subject;
use serde_json::json;

/// Pages that are no descriptions; one that there is not, and one that was asked wrongly.
const OTHERS: &[&str] = &["/", "/sync", "/settings", "/definitions", "/explore/sql", "/nowhere", "/?range=soon"];

/// Every page, by its address. Of those about one thing the first that its listing links to.
async fn addresses(browser: &Browser, subject: &Subject) -> Vec<String> {
    let mut all: Vec<String> = OTHERS.iter().map(|it| (*it).to_owned()).collect();
    for page in klytics::pages::PAGES {
        let Some(listing) = page.path.strip_suffix("/<id>") else {
            all.push(page.path.to_owned());
            continue;
        };
        browser.goto(&subject.at(&format!("{listing}?range=all"))).await;
        let first = format!("document.querySelector('#main a[href^=\"{listing}/\"]')?.getAttribute('href')");
        all.extend(browser.value(&first).await.as_str().map(ToOwned::to_owned));
    }
    all
}

/// The width of what does not fit, and which element it is.
const OVERFLOW: &str = "(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const out = [...document.querySelectorAll('body *')].filter((it) => it.getBoundingClientRect().right > width + 1);
    return out.map((it) => `${it.tagName} ${it.className}`);
})()";

/// How bright the page's ground is, from 0 to 255. The style sheet may say it in any colour space; a pixel is plain.
const BRIGHTNESS: &str = "(() => {
    const pixel = new OffscreenCanvas(1, 1).getContext('2d');
    pixel.fillStyle = getComputedStyle(document.body).backgroundColor;
    pixel.fillRect(0, 0, 1, 1);
    return Math.max(...pixel.getImageData(0, 0, 1, 1).data.slice(0, 3));
})()";

#[rocket::async_test]
async fn a_copied_account_is_shown_soundly() {
    every_page_is_sound(&Subject::full()).await;
}

#[rocket::async_test]
async fn an_account_of_which_nothing_was_copied_is_shown_soundly() {
    every_page_is_sound(&Subject::empty()).await;
}

#[rocket::async_test]
async fn a_server_without_a_key_is_shown_soundly() {
    every_page_is_sound(&Subject::without_key()).await;
}

async fn every_page_is_sound(subject: &Subject) {
    let (axe, browser) = (axe(), Browser::open(Scripts::On).await);
    let addresses = addresses(&browser, subject).await;
    for screen in [DESKTOP, PHONE] {
        browser.resize(screen).await;
        for theme in ["light", "dark"] {
            browser.prefer(theme).await;
            for path in &addresses {
                browser.goto(&subject.at(path)).await;
                is_sound(&browser, theme, &axe, &format!("{path} on a {} in the {theme}", screen.name)).await;
            }
        }
    }
    browser.close().await;
}

async fn is_sound(browser: &Browser, theme: &str, axe: &str, page: &str) {
    browser.until("document.readyState === 'complete' && [...document.querySelectorAll('[data-chart]')].every((it) => it.querySelector('canvas'))").await;
    assert_eq!(browser.value("document.documentElement.dataset.bsTheme").await, json!(theme), "{page}");
    let brightness = browser.value(BRIGHTNESS).await.as_f64().expect("a colour");
    assert_eq!(brightness > 128.0, theme == "light", "{page} has a ground of {brightness}");
    assert_eq!(browser.value(OVERFLOW).await, json!([]), "{page} does not fit");
    assert_eq!(browser.problems().await, json!([]), "{page} fails");
    assert_eq!(browser.barriers(axe).await, json!([]), "{page} locks someone out");
}

#[rocket::async_test]
async fn an_open_panel_is_sound_and_fits() {
    let (subject, axe, browser) = (Subject::full(), axe(), Browser::open(Scripts::On).await);
    browser.goto(&subject.at("/")).await;
    for screen in [DESKTOP, PHONE] {
        browser.resize(screen).await;
        for place in 0..browser.value("document.querySelectorAll('details').length").await.as_u64().expect("a number") {
            let open = format!(
                "document.querySelectorAll('details').forEach((it, place) => {{ it.open = place === {place}; }})"
            );
            browser.value(&open).await;
            let page = format!("panel {place} on a {}", screen.name);
            assert_eq!(browser.value(OVERFLOW).await, json!([]), "{page} does not fit");
            assert_eq!(browser.barriers(&axe).await, json!([]), "{page} locks someone out");
        }
    }
    assert_eq!(browser.problems().await, json!([]));
    browser.close().await;
}
