//! The settings page: what metrics mean, webhooks, and what is in force.

use klytics::store::Store;
use rocket::http::{ContentType, Header, Status};

use crate::support::{Served, account, lines, seed, serve};

fn shop() -> Store {
    let store = account();
    seed(
        &store,
        "insert into klaviyo_metrics (id, name, integration_name) values
             ('m_placed_order', 'Placed Order', 'Shopify'), ('X1', 'Order <b>paid</b>', 'Shopware'), ('X2', 'Viewed Product', null)",
    );
    store
}

fn page(served: &Served, path: &str) -> String {
    let answer = served.client.get(path.to_owned()).dispatch();
    assert_eq!(answer.status(), Status::Ok, "{path}");
    answer.into_string().expect("a page")
}

fn post(served: &Served, path: &str, form: &str) -> (Status, String) {
    let request = served.client.post(path.to_owned()).header(ContentType::Form).body(form);
    let answer = request.header(Header::new("Sec-Fetch-Site", "same-origin")).dispatch();
    (answer.status(), answer.into_string().unwrap_or_default())
}

#[test]
fn a_metric_of_the_shops_own_is_told_what_it_means() {
    let store = shop();
    let served = serve(store.clone());
    let before = page(&served, "/settings");
    assert!(before.contains("3 metrics, 2 not counted by any page yet"), "{before}");
    assert!(before.contains("Order &lt;b&gt;paid") && !before.contains("<b>paid"));
    let (first, last) = (before.find("<th scope=\"row\">Order &lt;b"), before.find("<th scope=\"row\">Placed Order"));
    assert!(first.expect("a row") < last.expect("a row"), "what means nothing yet comes first");
    assert!(page(&served, "/settings?chosen=X1").contains("<option value=\"X1\" selected>"));

    let (status, _) = post(&served, "/settings/metric-kinds", "metric=X1&kind=placed_order");
    assert_eq!(status, Status::SeeOther);
    let kinds = "select metric_id, kind, set_by from metric_kinds where metric_id like 'X%'";
    assert_eq!(lines(&store, kinds), ["X1 placed_order person"]);
    // What a person said stays when the names are looked at again.
    store.write(|db| db.name_metric_kinds()).expect("kinds");
    assert_eq!(lines(&store, kinds), ["X1 placed_order person", "X2 viewed_product name"]);
    assert!(page(&served, "/settings").contains("<td>a person</td>"));

    assert_eq!(post(&served, "/settings/metric-kinds", "metric=X2&kind=none").0, Status::SeeOther);
    assert_eq!(lines(&store, kinds), ["X1 placed_order person", "X2 none person"]);
    assert_eq!(post(&served, "/settings/metric-kinds", "metric=X2&kind=").0, Status::SeeOther);
    assert_eq!(lines(&store, kinds), ["X1 placed_order person", "X2 viewed_product name"]);
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    let store = shop();
    let served = serve(store.clone());
    for (form, status, word) in [
        ("metric=X1&kind=placed_orders", Status::BadRequest, "no kind of metric"),
        ("metric=nowhere&kind=placed_order", Status::NotFound, "no such metric"),
        ("metric=X1", Status::UnprocessableEntity, "form"),
    ] {
        let (got, body) = post(&served, "/settings/metric-kinds", form);
        assert_eq!(got, status, "{form}");
        assert!(body.contains(word), "{form}: {body}");
    }
    assert_eq!(lines(&store, "select * from metric_kinds where set_by = 'person'"), Vec::<String>::new());
    let elsewhere = served
        .client
        .post("/settings/metric-kinds")
        .header(ContentType::Form)
        .header(Header::new("Origin", "https://evil.example"))
        .body("metric=X1&kind=placed_order")
        .dispatch();
    assert_eq!(elsewhere.status(), Status::Forbidden);
}

#[test]
fn settings_are_shown_with_their_source_and_secrets_are_not() {
    let served = serve(account());
    let page = page(&served, "/settings");
    let row = |key: &str| {
        let at = page.find(&format!("<code>{key}</code></th>")).unwrap_or_else(|| panic!("no {key}"));
        page[at..].split("</tr>").next().expect("a row").to_owned()
    };
    assert!(row("sync.lookback_hours").contains("<td class=\"name\">2</td>"));
    assert!(row("sync.lookback_hours").contains("Rocket.toml"));
    assert!(row("klaviyo.api_key").contains("(not set)"));
    assert!(row("webhooks.secret").contains("(not set)"));
}

#[test]
fn without_a_key_and_an_address_the_page_says_what_is_missing() {
    let served = serve(account());
    let said = page(&served, "/settings");
    assert!(said.contains("No API key is set") && said.contains("no public address"), "{said}");
    assert!(said.contains("the only thing that Klytics ever writes to Klaviyo"));
    assert!(!said.contains("Register at Klaviyo"));
    for (path, form) in [
        ("/settings/webhooks/ask", ""),
        ("/settings/webhooks", "name=Mine&topics=a"),
        ("/settings/webhooks/remove", "id=1"),
    ] {
        assert_eq!(post(&served, path, form).0, Status::Conflict, "{path}");
    }
}
