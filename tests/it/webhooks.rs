//! Webhooks from both ends: the fake signs and delivers, the application checks, notes and takes over.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use klytics::app::{self, Parts};
use klytics::config;
use klytics::demo::{Delivery, Hook, Mood};
use klytics::store::Store;
use klytics::sync::{Delivery as Received, Handle};
use rocket::http::{ContentType, Header, Status};
use rocket::local::blocking::Client;
use serde_json::{Value, json};

use crate::support::{
    Mirror, Reading, at_rest, ended_well, holds_the_truth, lines, only, pause, rows, seed, shop, sums_agree, value,
};

const SECRET: &str = "a-secret-that-the-settings-hold";
const ADDRESS: &str = "https://klytics.example";

/// The application with settings of webhooks.
struct Server {
    client: Client,
    store: Store,
    _data_dir: tempfile::TempDir,
}

impl Server {
    fn of(mirror: &Mirror, settings: &[(&str, &str)]) -> Server {
        Server::with(mirror.store.clone(), mirror.handle.clone(), settings)
    }

    fn with(store: Store, handle: Handle, settings: &[(&str, &str)]) -> Server {
        let data_dir = tempfile::tempdir().expect("a directory");
        let mut figment = rocket::Config::figment().merge(("log_level", "off")).merge(("webhooks.public_url", ADDRESS));
        for (key, value) in settings {
            figment = figment.merge((*key, *value));
        }
        let path = data_dir.path().to_owned();
        let parts = Parts {
            store: store.clone(),
            handle,
            scheduled: false,
            hosts: vec![],
            api: config::Api::default(),
            cache: config::Cache::default(),
            data_dir: path,
        };
        let server = app::build(figment, parts, |_| ()).expect("a server");
        Server { client: Client::untracked(server).expect("a client"), store, _data_dir: data_dir }
    }

    fn deliver(&self, delivery: &Delivery) -> (u16, Value) {
        self.deliver_with(&delivery.headers(), &delivery.body)
    }

    fn deliver_with(&self, headers: &[(&'static str, &str)], body: &str) -> (u16, Value) {
        let mut request = self.client.post("/webhooks/klaviyo").header(Header::new("Host", "klytics.example"));
        for (name, value) in headers {
            request.add_header(Header::new(*name, (*value).to_owned()));
        }
        let answer = request.body(body).dispatch();
        (answer.status().code, answer.into_json().expect("JSON"))
    }

    /// Presses a button of the settings page.
    fn press(&self, path: &str, form: &str) -> u16 {
        let request = self.client.post(path.to_owned()).header(ContentType::Form).body(form);
        request.header(Header::new("Sec-Fetch-Site", "same-origin")).dispatch().status().code
    }

    fn text(&self, path: &str) -> String {
        let answer = self.client.get(path.to_owned()).dispatch();
        assert_eq!(answer.status(), Status::Ok, "{path}");
        answer.into_string().expect("a text")
    }

    /// Until every delivery that was accepted is taken over.
    fn settled(&self) {
        let start = Instant::now();
        while self.store.read(|db| db.waiting_deliveries()).expect("a count") > 0 {
            assert!(start.elapsed() < Duration::from_secs(30), "deliveries wait for ever");
            pause(Duration::from_millis(10));
        }
    }

    fn revenue(&self) -> Value {
        let overview: Value = serde_json::from_str(&self.text("/api/overview?range=all")).expect("JSON");
        overview["revenue"]["current"].clone()
    }
}

fn is_there(store: &Store, id: &str) -> bool {
    !lines(store, &format!("select id from klaviyo_events where id = '{id}'")).is_empty()
}

/// A webhook that is registered at Klaviyo by the buttons of the page.
fn registered(mirror: &Mirror, server: &Server) -> Hook {
    assert_eq!(server.press("/settings/webhooks/ask", ""), 303);
    let form = "name=Klytics&topics=event:klaviyo.opened_email&topics=event:shopify.placed_order";
    assert_eq!(server.press("/settings/webhooks", form), 303);
    mirror.fake.webhooks().pop().expect("a webhook")
}

/// A webhook that was made elsewhere, whose secret the settings hold.
fn foreign() -> (Mirror, Server, Hook) {
    let mirror = Mirror::copied();
    let server = Server::of(&mirror, &[("webhooks.secret", SECRET)]);
    let hook = hook_of(&mirror);
    (mirror, server, hook)
}

fn hook_of(mirror: &Mirror) -> Hook {
    let helper = Server::of(mirror, &[]);
    let hook = registered(mirror, &helper);
    seed(&mirror.store, "delete from webhooks");
    Hook { secret: SECRET.to_owned(), ..hook }
}

#[test]
fn what_is_delivered_is_there_before_it_is_asked_for() {
    let mirror = Mirror::copied();
    let server = Server::of(&mirror, &[]);
    let hook = registered(&mirror, &server);
    assert_eq!(hook.endpoint_url, "https://klytics.example/webhooks/klaviyo");
    assert_eq!(hook.topics, ["event:klaviyo.opened_email", "event:shopify.placed_order"]);
    assert!(hook.secret.len() >= 16);

    mirror.pass_time(TimeDelta::hours(2));
    let fresh: Vec<String> =
        mirror.fake.latest_events(900).into_iter().filter(|it| !is_there(&mirror.store, it)).collect();
    assert!(fresh.len() > 5, "{}", fresh.len());
    let (orders, revenue) = (value(&mirror.store, "select count(*) from conversions"), server.revenue());
    let (status, body) = server.deliver(&mirror.fake.delivery(&hook, &fresh));
    assert_eq!((status, body), (202, json!({ "status": "accepted", "events": fresh.len() })));
    server.settled();
    assert!(fresh.iter().all(|it| is_there(&mirror.store, it)));
    assert_ne!(value(&mirror.store, "select count(*) from conversions"), orders);
    assert!(server.revenue().as_f64() > revenue.as_f64());
    sums_agree(&mirror.store);
    // No window is said to be complete because of it.
    let covered = mirror.store.read(|db| db.covered(&klytics::catalog::EVENTS)).expect("windows");
    assert!(covered[0].end <= mirror.clock().now() - TimeDelta::hours(2));

    let delivered = server.revenue();
    let truth = mirror.truth_after(TimeDelta::minutes(1));
    mirror.sync();
    holds_the_truth(&mirror, &truth);
    assert_eq!(value(&mirror.store, "select count(*) = count(distinct id) from klaviyo_events"), "true");
    assert!(server.revenue().as_f64() >= delivered.as_f64());

    assert_eq!(server.press("/settings/webhooks/remove", &format!("id={}", hook.id)), 303);
    assert_eq!(mirror.fake.webhooks(), []);
    assert!(!server.text("/settings").contains(&hook.id));
    assert_eq!(server.deliver(&mirror.fake.delivery(&hook, &fresh)).0, 404);
}

#[test]
fn the_same_again_changes_nothing() {
    let (mirror, server, hook) = foreign();
    mirror.pass_time(TimeDelta::hours(3));
    let known = mirror.fake.latest_events(60);
    let delivery = mirror.fake.delivery(&hook, &known);
    assert_eq!(server.deliver(&delivery).1["status"], "accepted");
    server.settled();
    let before = rows(&mirror.store, true);
    // The same delivery, as after an answer that was lost.
    assert_eq!(server.deliver(&delivery), (202, json!({ "status": "known", "events": 60 })));
    // The same events in another one, with those that a pass had brought already.
    mirror.pass_time(TimeDelta::seconds(7));
    let older: Vec<String> =
        mirror.fake.latest_events(120).into_iter().filter(|it| is_there(&mirror.store, it)).collect();
    assert_eq!(server.deliver(&mirror.fake.delivery(&hook, &older)).1["status"], "accepted");
    server.settled();
    assert_eq!(rows(&mirror.store, true), before);
    assert_eq!(value(&mirror.store, "select count(*) from webhook_inbox"), "2");
    assert_eq!(value(&mirror.store, "select count(*) from webhook_inbox where body is not null"), "0");
}

#[test]
fn what_does_not_hold_is_refused_in_words_and_leaves_nothing() {
    let (mirror, server, hook) = foreign();
    let before = rows(&mirror.store, true);
    let good = mirror.fake.delivery(&hook, &mirror.fake.latest_events(3));
    let now = mirror.clock().now().timestamp();
    let signed = |timestamp: i64, body: &str| Delivery::signed(&hook.id, SECRET, timestamp, body.to_owned());
    let account = value(&mirror.store, "select id from klaviyo_accounts");
    let moved = good.timestamp.split_at(4);
    let cases: Vec<(&str, Delivery, u16, &str)> = vec![
        (
            "another secret",
            Delivery::signed(&hook.id, "another secret of mine", now, good.body.clone()),
            401,
            "signature",
        ),
        (
            "an altered body",
            Delivery { body: good.body.replace("\"data\"", "\"data\" "), ..good.clone() },
            401,
            "signature",
        ),
        ("an altered time", Delivery { timestamp: (now + 1).to_string(), ..good.clone() }, 401, "signature"),
        ("no signature", Delivery { signature: String::new(), ..good.clone() }, 401, "signature"),
        (
            "a time moved into the body",
            Delivery { body: good.body.clone() + moved.0, timestamp: moved.1.to_owned(), ..good.clone() },
            401,
            "timestamp",
        ),
        ("an old one", signed(now - 301, &good.body), 401, "300 seconds"),
        ("one of the future", signed(now + 301, &good.body), 401, "300 seconds"),
        ("half of it", signed(now, &good.body[..good.body.len() / 2]), 400, "cannot be read"),
        ("nothing", signed(now, ""), 400, "cannot be read"),
        ("no event", signed(now, &good.body.replacen("\"id\":", "\"no\":", 1)), 400, "payload 1"),
        ("another account", signed(now, &good.body.replace(&account, "Zzzzzz")), 403, "another account"),
        ("another webhook in the body", signed(now, &good.body.replace(&hook.id, "01OTHER")), 400, "another webhook"),
    ];
    for (what, delivery, status, word) in &cases {
        let (got, body) = server.deliver(delivery);
        assert_eq!(got, *status, "{what}: {body}");
        assert!(body["message"].as_str().expect("words").contains(word), "{what}: {body}");
        assert!(!body.to_string().contains(SECRET), "{what}");
    }
    let (status, body) = server.deliver_with(&good.headers()[..2], &good.body);
    assert_eq!((status, body["error"].as_str()), (401, Some("unauthorized")));
    assert_eq!(lines(&mirror.store, "select digest from webhook_inbox"), Vec::<String>::new());
    assert_eq!(rows(&mirror.store, true), before);

    let metrics = server.text("/metrics");
    for (outcome, count) in [("wrong_signature", 4), ("stale", 3), ("malformed", 4), ("other_account", 1)] {
        let line = format!("klytics_webhook_deliveries_total{{outcome=\"{outcome}\"}} {count}");
        assert!(metrics.contains(&line), "{line} in {metrics}");
    }
    // At the edge of the window it holds, either way.
    for timestamp in [now - 299, now + 300] {
        assert_eq!(server.deliver(&signed(timestamp, &good.body)).0, 202, "{timestamp}");
    }
}

#[test]
fn a_thousand_events_are_answered_in_time() {
    let mirror = Mirror::of(shop());
    ended_well(&mirror.run(only(&["accounts"])));
    let server = Server::of(&mirror, &[("webhooks.secret", SECRET)]);
    let hook = hook_of(&mirror);
    let events = mirror.fake.latest_events(1_000);
    let delivery = mirror.fake.delivery(&hook, &events);
    let start = Instant::now();
    assert_eq!(server.deliver(&delivery), (202, json!({ "status": "accepted", "events": 1_000 })));
    // Klaviyo waits five seconds; this build is not optimised.
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    server.settled();
    assert_eq!(value(&mirror.store, "select count(*) from klaviyo_events"), "1000");
    let local = "select count(*) from klaviyo_events where local_datetime = timestamp";
    assert_eq!(value(&mirror.store, local), "0", "local times are New York's");
    let truth = mirror.truth_after(TimeDelta::minutes(1));
    mirror.sync();
    holds_the_truth(&mirror, &truth);
}

#[test]
fn what_is_too_long_is_not_read_to_its_end() {
    let (mirror, server, hook) = foreign();
    let body = || " ".repeat((16 << 20) + 1);
    let now = mirror.clock().now().timestamp();
    let (status, answer) = server.deliver(&Delivery::signed(&hook.id, SECRET, now, body()));
    assert_eq!((status, answer["message"].as_str()), (413, Some("The body is longer than 16MiB.")));
    let (status, answer) = server.deliver(&Delivery::signed(&hook.id, SECRET, 0, body()));
    assert_eq!(
        (status, answer["message"].as_str()),
        (401, Some("The timestamp is no time within 300 seconds of now.")),
        "what is old is not read"
    );
}

#[test]
fn what_nobody_may_deliver_is_refused_unread() {
    let mirror = Mirror::copied();
    let server = Server::of(&mirror, &[]);
    let body = " ".repeat((16 << 20) + 1);
    let (status, _) = server.deliver(&Delivery::signed("01H", SECRET, 0, body));
    assert_eq!(status, 404, "its length would be refused with 413, if it was read");
}

#[test]
fn a_server_without_webhooks_says_so() {
    let mirror = Mirror::copied();
    let server = Server::of(&mirror, &[]);
    let delivery = Delivery::signed("01H", SECRET, mirror.clock().now().timestamp(), "{}".to_owned());
    let (status, answer) = server.deliver(&delivery);
    assert_eq!(status, 404);
    assert!(answer["message"].as_str().expect("words").contains("not set up here"), "{answer}");
    // With one that is known, another is still none of ours.
    seed(&mirror.store, "insert into webhooks (id, topics, enabled, secret) values ('01J', '[]', true, 'x')");
    let (status, answer) = server.deliver(&delivery);
    assert_eq!((status, answer["message"].as_str()), (404, Some("This server has registered no webhook of that id.")));
    // A browser that is led here is refused like everywhere.
    let led = server.client.post("/webhooks/klaviyo").header(Header::new("Origin", "https://evil.example")).dispatch();
    assert_eq!(led.status(), Status::Forbidden);
}

#[test]
fn a_delivery_outlives_the_process_that_accepted_it() {
    let mut mirror = Mirror::copied();
    mirror.pass_time(TimeDelta::hours(3));
    let hook = hook_of(&mirror);
    mirror.stop();
    let handle = at_rest(&mirror.fake, &mirror.store, &mirror.clock(), &Reading::default());
    let fresh = mirror.fake.latest_events(5);
    let Delivery { webhook_id, signature, timestamp, body } = mirror.fake.delivery(&hook, &fresh);
    let delivery =
        Received { webhook_id: &webhook_id, signature: &signature, timestamp: &timestamp, body: body.as_bytes() };
    let figment = config::packaged().merge(("webhooks.secret", SECRET));
    let settings = figment.extract_inner("webhooks").expect("settings");
    assert_eq!(handle.receive(&delivery, &settings).expect("a receipt").events, 5);
    assert!(!is_there(&mirror.store, &fresh[0]), "nobody takes it over");
    let threads = handle.spawn(false);
    let start = Instant::now();
    while mirror.store.read(|db| db.waiting_deliveries()).expect("a count") > 0 {
        assert!(start.elapsed() < Duration::from_secs(30));
        pause(Duration::from_millis(10));
    }
    threads.stop(Duration::from_secs(30));
    assert!(fresh.iter().all(|it| is_there(&mirror.store, it)));
}

#[test]
fn an_account_that_may_not_use_webhooks_is_told_so() {
    let mirror = Mirror::copied();
    let server = Server::of(&mirror, &[]);
    mirror.fake.set_mood(Mood::WithoutWebhooks);
    assert_eq!(server.press("/settings/webhooks/ask", ""), 303);
    let page = server.text("/settings");
    assert!(
        page.contains("only to accounts with its Advanced KDP package") && page.contains("Nothing is lost"),
        "{page}"
    );
    mirror.fake.set_mood(Mood::LacksScope("webhooks:write"));
    assert_eq!(server.press("/settings/webhooks/ask", ""), 303);
    assert_eq!(server.press("/settings/webhooks", "name=Mine&topics=event:klaviyo.opened_email"), 303);
    let page = server.text("/settings");
    assert!(page.contains("it lacks webhooks:write"), "{page}");
    assert_eq!(mirror.fake.webhooks(), []);
    mirror.fake.set_mood(Mood::Well);
    for (form, word) in
        [("name=&topics=event:klaviyo.opened_email", "name"), ("name=Mine&topics=event:klaviyo.nothing", "topics")]
    {
        assert_eq!(server.press("/settings/webhooks", form), 400, "{word}");
    }
    // Who chose nothing gets the form again.
    let request = server.client.post("/settings/webhooks").header(ContentType::Form).body("name=Mine");
    let answer = request.header(Header::new("Sec-Fetch-Site", "same-origin")).dispatch();
    assert_eq!(answer.headers().get_one("Location"), Some("/settings?lacks=topics#webhooks"));
    assert!(server.text("/settings?lacks=topics").contains("Choose at least one of the events"));
    assert_eq!(mirror.fake.webhooks(), []);
}

#[test]
fn what_others_made_is_listed_and_what_is_gone_is_not() {
    let mirror = Mirror::copied();
    let server = Server::of(&mirror, &[]);
    let hook = registered(&mirror, &server);
    seed(
        &mirror.store,
        "update webhooks set secret = null; insert into webhooks (id, name, topics, enabled) values ('gone', 'Gone', '[]', true)",
    );
    assert_eq!(server.press("/settings/webhooks/ask", ""), 303);
    let page = server.text("/settings");
    assert!(page.contains("Made elsewhere") && !page.contains(">Gone<"), "{page}");
    assert!(
        page.contains("klytics.example&#x2F;…")
            && page.contains("event:klaviyo.opened_email, event:shopify.placed_order")
    );
    assert_eq!(server.deliver(&mirror.fake.delivery(&hook, &mirror.fake.latest_events(1))).0, 404);
}

#[test]
fn no_page_waits_for_klaviyo_or_shows_a_secret() {
    let mirror = Mirror::copied();
    let server = Server::of(&mirror, &[("webhooks.secret", SECRET)]);
    let hook = registered(&mirror, &server);
    let asked = mirror.fake.requests().len();
    for path in ["/settings", "/sync", "/metrics", "/api/monitoring/api-metrics", "/api/monitoring/errors"] {
        let text = server.text(path);
        assert!(!text.contains(&hook.secret) && !text.contains(SECRET), "{path}");
    }
    assert!(server.text("/settings").contains("(set, not shown)"));
    assert_eq!(mirror.fake.requests().len(), asked, "drawing a page asks Klaviyo nothing");
}
