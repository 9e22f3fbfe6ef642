//! Tables, by hand: sorted, searched, paged and filtered by clicking, with and without JavaScript; downloaded; printed.

use std::path::Path;
use std::time::{Duration, Instant};

use rocket::tokio::time::sleep;
use serde_json::json;

use crate::browser::{Browser, DESKTOP, PHONE, Scripts, axe};
use crate::subject::Subject;

/// Every campaign of the shop.
const CAMPAIGNS: &str = "/campaigns?range=all";

/// Longest that a file may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// The words of a column of the page's first sheet, from 1, as an array.
fn column(place: usize) -> String {
    format!(
        "[...document.querySelectorAll('#campaigns tbody tr > :nth-child({place})')].map((it) => it.innerText.trim())"
    )
}

#[rocket::async_test]
async fn a_table_is_sorted_searched_filtered_and_paged_by_clicking() {
    let (subject, browser) = (Subject::full(), Browser::open(Scripts::On).await);
    browser.goto(&subject.at(CAMPAIGNS)).await;
    browser.value("globalThis.unloaded = false").await;
    the_table_works(&browser).await;
    assert_eq!(browser.value("globalThis.unloaded").await, json!(false), "the page was swapped, not loaded");
    assert_eq!(browser.problems().await, json!([]));
    browser.close().await;
}

#[rocket::async_test]
async fn a_table_works_without_scripts() {
    let (subject, browser) = (Subject::full(), Browser::open(Scripts::Off).await);
    browser.goto(&subject.at(CAMPAIGNS)).await;
    the_table_works(&browser).await;
    a_link_downloads(&browser, "#campaigns .files a[href*='.csv']", "csv").await;
    browser.close().await;
}

async fn the_table_works(browser: &Browser) {
    browser.until("document.querySelector('#campaigns th[aria-sort=descending]')?.innerText.includes('Sent')").await;
    browser.click("#campaigns th:first-child a.sort").await;
    browser.until("document.querySelector('#campaigns th:first-child')?.ariaSort === 'ascending'").await;
    let names = column(1);
    let sorted = format!("{names}.every((it, at, all) => at === 0 || all[at - 1].toLowerCase() <= it.toLowerCase())");
    assert_eq!(browser.value(&sorted).await, json!(true), "{:?}", browser.value(&names).await);
    browser.click("#campaigns th:first-child a.sort").await;
    browser.until("document.querySelector('#campaigns th:first-child')?.ariaSort === 'descending'").await;
    // The next page begins where this one ends.
    assert!(browser.shows("#campaigns .pager").await, "more campaigns than fit");
    let first = browser.value(&format!("{names}[0]")).await;
    browser.click("#campaigns .pager a:last-child").await;
    browser.until("location.search.includes('offset=50')").await;
    browser.until("document.querySelector('#campaigns .pager span')?.innerText.startsWith('51')").await;
    assert_ne!(browser.value(&format!("{names}[0]")).await, first);
    browser.click("#campaigns .pager a:first-of-type").await;
    browser.until(&format!("!location.search.includes('offset') && {names}[0] === {first}")).await;
    // A search keeps the order and begins with the first page.
    browser.write("#campaigns .tools input[type=search]", "back in stock").await;
    browser.click("#campaigns .tools button").await;
    browser.until("location.search.includes('q=back')").await;
    browser
        .until(&format!("{names}.length > 0 && {names}.every((it) => it.toLowerCase().includes('back in stock'))"))
        .await;
    assert_eq!(
        browser.value("document.querySelector('#campaigns th:first-child').ariaSort").await,
        json!("descending")
    );
    // The channel is a link in a panel of its own.
    browser
        .value(
            "document.querySelectorAll('details.drop').forEach((it) => { it.open = it.matches(':has(.counting)'); })",
        )
        .await;
    browser.click(".counting a[href*='channel=email']").await;
    browser.until("location.search.includes('channel=email')").await;
    browser.until(&format!("{}.every((it) => it === 'Email')", column(2))).await;
}

#[rocket::async_test]
async fn an_export_link_downloads_what_the_table_shows() {
    let (subject, browser) = (Subject::full(), Browser::open(Scripts::On).await);
    browser.goto(&subject.at(&format!("{CAMPAIGNS}&q=sale"))).await;
    for ending in ["csv", "json", "parquet"] {
        a_link_downloads(&browser, &format!("#campaigns .files a[href*='.{ending}']"), ending).await;
    }
    assert_eq!(browser.problems().await, json!([]));
    browser.close().await;
}

async fn a_link_downloads(browser: &Browser, css: &str, ending: &str) {
    let directory = tempfile::tempdir().expect("a directory");
    browser.download_into(directory.path()).await;
    browser.click(css).await;
    let since = Instant::now();
    let name = loop {
        if let Some(name) = whole(directory.path(), ending) {
            break name;
        }
        assert!(since.elapsed() < PATIENCE, "{css} downloads nothing");
        sleep(Duration::from_millis(50)).await;
    };
    assert!(name.starts_with("campaigns_by-send-day_"), "{name}");
    let bytes = std::fs::read(directory.path().join(&name)).expect("a file");
    let begins: &[u8] = match ending {
        "csv" => b"id,name,channel,",
        "json" => b"[",
        _ => b"PAR1",
    };
    assert!(bytes.starts_with(begins), "{name}: {}", String::from_utf8_lossy(&bytes[..bytes.len().min(60)]));
}

/// The name of a file that is there as a whole.
fn whole(directory: &Path, ending: &str) -> Option<String> {
    let mut names = std::fs::read_dir(directory).ok()?.filter_map(|it| it.ok()?.file_name().into_string().ok());
    names.find(|it| it.ends_with(&format!(".{ending}")))
}

#[rocket::async_test]
async fn every_definition_panel_opens_within_the_page() {
    let (subject, axe, browser) = (Subject::full(), axe(), Browser::open(Scripts::On).await);
    for screen in [DESKTOP, PHONE] {
        browser.resize(screen).await;
        browser.goto(&subject.at("/benchmarks")).await;
        let count =
            browser.value("document.querySelectorAll('details.define').length").await.as_u64().expect("a number");
        assert!(count >= 4, "{count} panels");
        for place in 0..count {
            let open = format!(
                "document.querySelectorAll('details.define').forEach((it, at) => {{ it.open = at === {place}; }})"
            );
            browser.value(&open).await;
            let within = "(() => {
                const { left, right } = document.querySelector('details.define[open] .drop-panel').getBoundingClientRect();
                return left >= 0 && right <= document.documentElement.clientWidth;
            })()";
            assert_eq!(browser.value(within).await, json!(true), "panel {place} on a {}", screen.name);
            assert!(
                browser.text("details.define[open] .drop-panel").await.contains("How it is counted"),
                "panel {place}"
            );
        }
        assert_eq!(browser.barriers(&axe).await, json!([]), "the last panel locks someone out");
    }
    // The panel leads to the SQL behind the number.
    browser.goto(&subject.at("/definitions?q=click")).await;
    assert!(browser.shows("#click_rate").await && !browser.shows("#subscribers").await, "definitions are searched");
    assert_eq!(browser.problems().await, json!([]));
    browser.close().await;
}

#[rocket::async_test]
async fn a_desktop_has_room_for_curves_tables_and_bounds() {
    let (subject, browser) = (Subject::full(), Browser::open(Scripts::On).await);
    browser.resize(DESKTOP).await;
    for page in ["/campaigns", "/deliverability", "/revenue"] {
        browser.goto(&subject.at(page)).await;
        let widths = "[...document.querySelectorAll('.kpi .spark')].map((it) => it.getBoundingClientRect().width)";
        let widths = browser.value(widths).await;
        let widths = widths.as_array().expect("curves");
        assert!(!widths.is_empty() && widths.iter().all(|it| it.as_f64() > Some(40.0)), "{page}: {widths:?}");
    }
    let cut = "[...document.querySelectorAll('#main .card:not(.tile-half, .tile-third) .table-scroll')]
        .filter((it) => it.checkVisibility() && it.scrollWidth > it.clientWidth + 1).map((it) => it.ariaLabel)";
    for page in ["/deliverability", "/revenue"] {
        browser.goto(&subject.at(page)).await;
        assert_eq!(browser.value(cut).await, json!([]), "{page}");
    }
    browser.goto(&subject.at("/deliverability")).await;
    browser.until("document.querySelector('#complaint_rate canvas')").await;
    let drawn = "echarts.getInstanceByDom(document.querySelector('#complaint_rate .chart-canvas')).getOption()";
    let bounds = format!("{drawn}.series.slice(-2).map((it) => [it.name, String(it.lineStyle.type), it.color])");
    let bounds = browser.value(&bounds).await;
    assert_eq!((&bounds[0][0], &bounds[1][0]), (&json!("Healthy"), &json!("Needs attention")));
    assert!(bounds[0][1] != bounds[1][1] && bounds[0][2] != bounds[1][2], "{bounds}");
    let digits = format!("[0, 0.0001, 0.0005, 0.2].map({drawn}.yAxis[0].axisLabel.formatter)");
    assert_eq!(browser.value(&digits).await, json!(["0%", "0.01%", "0.05%", "20%"]));
    assert_eq!(browser.problems().await, json!([]));
    browser.close().await;
}

/// Tables that do not fit onto the sheet.
const CLIPPED: &str = "[...document.querySelectorAll('#main table')]
    .filter((it) => it.checkVisibility() && it.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map((it) => `${it.caption?.innerText}: ${it.getBoundingClientRect().right}`)";

#[rocket::async_test]
async fn a_printed_page_has_its_numbers_and_no_controls() {
    let (subject, browser) = (Subject::full(), Browser::open(Scripts::On).await);
    // A4 upright at 96 dots an inch, less its margins.
    browser.resize(crate::browser::Screen { name: "sheet", width: 718, height: 1047 }).await;
    browser.as_printed("print").await;
    for path in ["/", CAMPAIGNS, "/benchmarks", "/benchmarks/bounces?range=all"] {
        browser.goto(&subject.at(path)).await;
        for css in [
            "#menu",
            ".controls-wide",
            ".topbar form",
            ".tools",
            ".files",
            ".btn-define",
            ".pager",
            ".skip-link",
            ".editions",
        ] {
            assert!(!browser.shows(css).await, "{path} prints {css}");
        }
        assert!(browser.shows("#main h1").await, "{path} prints its title");
        assert_eq!(browser.value(CLIPPED).await, json!([]), "{path} prints a part of a table");
    }
    browser.close().await;
}
