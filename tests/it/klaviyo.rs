//! The client against a server on loopback that says what a script tells it to, and a clock that only the client moves.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use klytics::{
    catalog::find,
    klaviyo::{Batch, Client, Clock, Error, Note, Request, Secret, Settings, Stop, Why},
};

const KEY: &str = "pk_0123456789abcdef";

const PAGE: &str = r#"{"data":[{"type":"metric","id":"a"},{"type":"metric","id":"b"}],"links":{"next":null}}"#;

#[test]
fn a_request_says_who_asks_and_for_what() {
    let server = Server::start([page(PAGE)]);
    let batch = server.client().ask(&metrics()).expect("a batch");
    assert_eq!((batch.data.len(), batch.next), (2, None));
    let heard = server.heard();
    assert_eq!(heard.len(), 1);
    for line in [
        "get /api/metrics http/1.1",
        "authorization: klaviyo-api-key pk_0123456789abcdef",
        "revision: 2026-07-15",
        "accept: application/vnd.api+json",
        "accept-encoding: gzip",
        concat!("user-agent: klytics/", env!("CARGO_PKG_VERSION")),
    ] {
        assert!(heard[0].lines().any(|it| it == line), "{line} in {}", heard[0]);
    }
}

#[test]
fn what_goes_away_by_itself_is_tried_again() {
    let half = &PAGE[..PAGE.len() / 2];
    let cases = [
        ("a body that is shorter than said", answer(200, &[&length(PAGE)], half)),
        ("a body that ends in the middle", answer(200, &[], half)),
        ("a chunk that ends in the middle", answer(200, &["Transfer-Encoding: chunked"], &format!("ff\r\n{half}"))),
        ("a packed body that is no packed body", answer(200, &["Content-Encoding: gzip"], PAGE)),
        ("a page of the network in front", page("<html>one moment</html>")),
        ("an empty answer", page("")),
        ("an answer that says there is nothing", answer(204, &["Content-Length: 0"], "")),
        ("errors beside the data", page(r#"{"data":[],"errors":[{"detail":"boom"}]}"#)),
        ("no answer", Reply::Say(String::new())),
        ("a silence", Reply::Hang),
        ("a silence in the middle", Reply::SayAndHang(text(200, &[&length(PAGE)], half))),
        ("a refusal by the network in front", answer(403, &[], "<html>Attention Required!</html>")),
        ("500", answer(500, &[], "{}")),
        ("502", answer(502, &[], "<html>Bad Gateway</html>")),
        ("503", answer(503, &[], "")),
        ("504", answer(504, &[], "")),
        ("524", answer(524, &[], "")),
    ];
    for (what, trouble) in cases {
        let server = Server::start([trouble, page(PAGE)]);
        let client = server.client();
        let batch = client.ask(&metrics()).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(batch.data.len(), 2, "{what}");
        let waited = Note::Waited { time: Duration::from_secs(1), why: Why::Retry };
        let notes = client.notes();
        assert!(matches!(&notes[1], Note::Failed { reason } if !reason.is_empty()), "{what}: {notes:?}");
        assert_eq!((&notes[0], &notes[2..]), (&Note::Sent, &[waited, Note::Sent][..]), "{what}");
    }
}

#[test]
fn what_does_not_go_away_ends_after_the_retries() {
    let server = Server::start([Reply::Hang, answer(502, &[], ""), answer(503, &[], "still closed")]);
    let client = server.client();
    let error = client.ask(&metrics()).expect_err("nothing comes");
    assert_eq!(error.to_string(), "could not read /api/metrics in 3 tries: 503 still closed");
    assert_eq!(client.waits(), [1, 2]);
}

#[test]
fn nobody_listening_is_unreachable() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a free port").port();
    let client = TestClient::of(&format!("http://127.0.0.1:{port}"));
    let error = client.ask(&metrics()).expect_err("nothing comes");
    assert!(matches!(error, Error::Unreachable { tries: 3, .. }), "{error}");
}

#[test]
fn a_full_limit_is_waited_for_as_long_as_told() {
    let server = Server::start([answer(429, &["Retry-After: 7"], THROTTLED), page(PAGE)]);
    let client = server.client();
    client.ask(&metrics()).expect("a batch");
    let waited = Note::Waited { time: Duration::from_secs(7), why: Why::RateLimit };
    assert_eq!(client.notes(), [Note::Sent, waited, Note::Sent]);
}

#[test]
fn a_full_limit_that_tells_no_time_backs_off() {
    let full = || answer(429, &[], THROTTLED);
    let server = Server::start([full(), full(), full(), full(), page(PAGE)]);
    let client = server.client();
    client.ask(&metrics()).expect("a batch, though there are only two retries");
    assert_eq!(client.waits(), [1, 2, 4, 8]);
}

#[test]
fn a_used_up_day_is_not_waited_for() {
    let server = Server::start([answer(429, &["Retry-After: 73473"], THROTTLED)]);
    let client = server.client();
    let error = client.ask(&metrics()).expect_err("tomorrow");
    assert!(matches!(error, Error::QuotaUsedUp { resumes_in, .. } if resumes_in.as_secs() == 73_473), "{error}");
    assert!(client.waits().is_empty());
}

#[test]
fn an_answer_that_was_the_last_one_delays_the_next_request() {
    let last = ["RateLimit-Limit: 10, 10;w=1, 150;w=60", "RateLimit-Remaining: 0", "RateLimit-Reset: 12"];
    let server = Server::start([answer(200, &last, PAGE), page(PAGE)]);
    let client = server.client();
    client.ask(&metrics()).expect("a batch");
    client.ask(&metrics()).expect("a batch");
    let waited = Note::Waited { time: Duration::from_secs(12), why: Why::RateLimit };
    assert_eq!(client.notes(), [Note::Sent, waited, Note::Sent]);
}

#[test]
fn a_limit_that_another_thread_ran_into_is_waited_for_too() {
    let server = Server::start([page(PAGE), answer(429, &["Retry-After: 7"], THROTTLED), page(PAGE)]);
    let client = server.client();
    client.ask(&accounts()).expect("a batch");
    // While this one waits for its second, another one hears that the limit is reached, and gives up.
    let other = Stop::new();
    let mut times = Vec::new();
    let batch = client.client.ask(&accounts(), &client.stop, &mut |note| match note {
        Note::Waited { time, .. } if times.is_empty() => {
            times.push(time);
            let result = client.client.ask(&accounts(), &other, &mut |note| {
                if let Note::Waited { why: Why::RateLimit, .. } = note {
                    other.set();
                }
            });
            assert!(matches!(result, Err(Error::Stopped)));
        }
        Note::Waited { time, .. } => times.push(time),
        Note::Sent | Note::Failed { .. } => (),
    });
    assert_eq!(batch.expect("a batch").data.len(), 2);
    assert_eq!(times, [1, 7].map(Duration::from_secs));
    assert_eq!(server.heard().len(), 3);
}

#[test]
fn the_budget_is_kept_before_anyone_complains() {
    let server = Server::start((0..14).map(|_| page(PAGE)));
    let client = server.client();
    for _ in 0..14 {
        client.ask(&accounts()).expect("a batch");
    }
    // Twelve a minute, one a second: eleven waits of a second, then the rest of the minute.
    let waits = client.waits();
    assert_eq!(waits, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 49, 1]);
}

#[test]
fn a_refusal_is_not_repeated() {
    let denied = r#"{"errors":[{"id":"1","status":403,"code":"permission_denied","detail":"not allowed"}]}"#;
    let invalid =
        r#"{"errors":[{"id":"1","code":"invalid","detail":"'x' is not allowed","source":{"parameter":"x"}}]}"#;
    let server = Server::start([answer(401, &[], ""), answer(403, &[], denied), answer(400, &[], invalid)]);
    let client = server.client();
    let errors = [(); 3].map(|()| client.ask(&metrics()).expect_err("a refusal"));
    assert!(matches!(errors[0], Error::Unauthorized { .. }), "{}", errors[0]);
    assert!(matches!(errors[1], Error::MissingScope { scopes: &["metrics:read"], .. }), "{}", errors[1]);
    assert!(matches!(errors[2], Error::Rejected { status: 400, .. }), "{}", errors[2]);
    assert_eq!(server.heard().len(), 3);
}

#[test]
fn pages_are_followed_to_the_end_by_their_links() {
    let server = Server::start([]);
    let next = |cursor: &str| {
        let link = format!("{}/api/metrics/?page%5Bcursor%5D={cursor}", server.url);
        page(&format!(r#"{{"data":[{{"id":"{cursor}"}}],"links":{{"next":"{link}"}}}}"#))
    };
    server.play([next("bmV4dA=="), next("b25l"), page(PAGE)]);
    let client = server.client();
    let mut request = Some(metrics());
    let mut records = 0;
    while let Some(asked) = request {
        let batch = client.ask(&asked).expect("a batch");
        records += batch.data.len();
        request = asked.following(&batch);
    }
    assert_eq!(records, 4);
    let heard = server.heard();
    let lines: Vec<&str> = heard.iter().filter_map(|it| it.lines().next()).collect();
    assert_eq!(
        lines,
        [
            "get /api/metrics http/1.1",
            "get /api/metrics/?page%5bcursor%5d=bmv4da== http/1.1",
            "get /api/metrics/?page%5bcursor%5d=b25l http/1.1",
        ]
    );
}

#[test]
fn a_link_to_elsewhere_is_not_followed() {
    let elsewhere = Server::start([page(PAGE)]);
    let link = format!("{}/api/metrics/?page%5Bcursor%5D=bmV4dA", elsewhere.url);
    let server = Server::start([page(&format!(r#"{{"data":[],"links":{{"next":"{link}"}}}}"#))]);
    let client = server.client();
    let batch = client.ask(&metrics()).expect("a batch");
    let following = metrics().following(&batch).expect("a link");
    let error = client.ask(&following).expect_err("it is another port");
    assert!(matches!(&error, Error::ForeignLink { host, .. } if host == "127.0.0.1"), "{error}");
    assert!(elsewhere.heard().is_empty());
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Server::start([page(PAGE)]);
    for status in [301, 302, 307, 308] {
        let location = format!("Location: {}/api/metrics", elsewhere.url);
        let server = Server::start([answer(status, &[&location], "")]);
        let error = server.client().ask(&metrics()).expect_err("a redirect");
        assert!(matches!(error, Error::Rejected { .. }), "{error}");
    }
    assert!(elsewhere.heard().is_empty());
}

#[test]
fn an_expired_cursor_begins_the_series_again() {
    let body =
        r#"{"errors":[{"id":"1","code":"invalid","title":"Invalid input.","detail":"Invalid cursor provided."}]}"#;
    let server = Server::start([answer(400, &[], body)]);
    let next = Some(format!("{}/api/metrics/?page%5Bcursor%5D=b2xk", server.url));
    let batch = Batch { data: Vec::new(), included: Vec::new(), next, bytes: 0 };
    let following = metrics().following(&batch).expect("a link");
    let error = server.client().ask(&following).expect_err("the cursor is old");
    assert!(matches!(error, Error::ExpiredCursor { .. }), "{error}");
}

#[test]
fn an_answer_in_another_revision_is_still_an_answer() {
    let server = Server::start([answer(200, &["X-Klaviyo-API-Revision: 2027-01-15"], PAGE)]);
    assert_eq!(server.client().ask(&metrics()).expect("a batch").data.len(), 2);
}

#[test]
fn a_stop_ends_a_wait() {
    let server = Server::start([answer(429, &["Retry-After: 300"], THROTTLED)]);
    let client = Client::new(settings(&server.url)).expect("a client");
    let stop = Stop::new();
    let start = Instant::now();
    let error = client.ask(&metrics(), &stop, &mut |note| {
        if let Note::Waited { .. } = note {
            let stop = stop.clone();
            thread::spawn(move || {
                let _ = Stop::new().wait(Duration::from_millis(20));
                stop.set();
            });
        }
    });
    assert!(matches!(error, Err(Error::Stopped)));
    assert!(start.elapsed() < Duration::from_mins(1));
}

#[test]
fn after_a_stop_nothing_is_sent() {
    let server = Server::start([page(PAGE)]);
    let client = server.client();
    client.stop.set();
    assert!(matches!(client.ask(&metrics()), Err(Error::Stopped)));
    assert!(server.heard().is_empty());
}

#[test]
fn the_key_is_in_no_text() {
    let echo = format!(r#"{{"errors":[{{"detail":"the key {KEY} is odd"}}]}}"#);
    let hidden = KEY.replace('_', "\\u005f");
    let escaped = format!(r#"{{"errors":[{{"detail":"the key {hidden} is odd"}}]}}"#);
    let mut texts = vec![format!("{:?}", settings("http://127.0.0.1:1")), format!("{:?}", Secret::new(KEY))];
    for status in [301, 400, 401, 403, 404, 410, 503] {
        let server = Server::start((0..3).map(|_| answer(status, &[], &echo)));
        let error = server.client().ask(&metrics()).expect_err("a refusal");
        assert!(error.to_string().contains("***") || status == 301, "{error}");
        texts.extend([error.to_string(), format!("{error:?}")]);
    }
    let server = Server::start([answer(400, &[], &escaped)]);
    texts.push(server.client().ask(&metrics()).expect_err("a refusal").to_string());
    for text in texts {
        assert!(!text.contains("0123456789abcdef"), "{text}");
    }
}

#[test]
fn settings_that_cannot_work_are_refused_in_words() {
    let with = |change: fn(&mut Settings)| {
        let mut settings = settings("http://127.0.0.1:1");
        change(&mut settings);
        Client::new(settings).err().map(|it| it.to_string()).unwrap_or_default()
    };
    assert_eq!(with(|_| ()), "");
    assert!(with(|it| "a.klaviyo.com".clone_into(&mut it.base_url)).contains("\"a.klaviyo.com\""));
    assert!(with(|it| "https://a.klaviyo.com?x=1".clone_into(&mut it.base_url)).contains("base URL"));
    assert!(with(|it| it.api_key = Secret::new("")).contains("key is empty"));
    assert!(with(|it| it.api_key = Secret::new(format!("{KEY}\n"))).contains("no key has"));
    for share in [0.0, -1.0, 1.1, f64::NAN] {
        let settings = Settings { budget_share: share, ..settings("http://127.0.0.1:1") };
        assert!(matches!(Client::new(settings), Err(Error::Settings(_))), "{share}");
    }
}

const THROTTLED: &str = r#"{"errors":[{"id":"1","status":429,"code":"throttled","title":"Request was throttled.",
"detail":"Request was throttled. Expected available in 1 second.","source":{"pointer":"/data/"},"links":{},"meta":{}}]}"#;

fn metrics() -> Request {
    Request::first(find("metrics").expect("an entity"), None, None, None)
}

fn accounts() -> Request {
    Request::first(find("accounts").expect("an entity"), None, None, None)
}

fn settings(base_url: &str) -> Settings {
    Settings {
        base_url: base_url.to_owned(),
        api_key: Secret::new(KEY),
        budget_share: 0.8,
        connect_timeout: Duration::from_secs(5),
        // Long enough for a busy machine to answer in, short enough to sit out a silence.
        read_timeout: Duration::from_millis(500),
        retries: 2,
    }
}

/// A client whose waits take no time and are written down.
struct TestClient {
    client: Client,
    stop: Stop,
    notes: Mutex<Vec<Note>>,
}

impl TestClient {
    fn of(base_url: &str) -> TestClient {
        let clock = SkippingClock { start: Instant::now(), skipped: Mutex::default() };
        let client = Client::with_clock(settings(base_url), Box::new(clock)).expect("a client");
        TestClient { client, stop: Stop::new(), notes: Mutex::default() }
    }

    fn ask(&self, request: &Request) -> Result<Batch, Error> {
        self.client.ask(request, &self.stop, &mut |note| self.notes.lock().expect("notes").push(note))
    }

    fn notes(&self) -> Vec<Note> {
        self.notes.lock().expect("notes").clone()
    }

    /// How long it waited each time, in seconds.
    fn waits(&self) -> Vec<u64> {
        let seconds = |note| match note {
            Note::Waited { time, .. } => Some(time.as_secs()),
            Note::Sent | Note::Failed { .. } => None,
        };
        self.notes().into_iter().filter_map(seconds).collect()
    }
}

/// Stands still but for the waits, which are over at once; chance always takes the longest pause.
struct SkippingClock {
    start: Instant,
    skipped: Mutex<Duration>,
}

impl Clock for SkippingClock {
    fn now(&self) -> Instant {
        self.start + *self.skipped.lock().expect("a time")
    }

    fn wait(&self, time: Duration, stop: &Stop) -> bool {
        if !stop.is_set() {
            *self.skipped.lock().expect("a time") += time;
        }
        stop.is_set()
    }

    fn chance(&self) -> f64 {
        1.0
    }
}

/// What the server does with one request.
enum Reply {
    /// Says it, and closes the connection.
    Say(String),
    /// Says nothing, and keeps the connection.
    Hang,
    SayAndHang(String),
}

fn page(body: &str) -> Reply {
    answer(200, &[&length(body)], body)
}

fn answer(status: u16, headers: &[&str], body: &str) -> Reply {
    Reply::Say(text(status, headers, body))
}

fn text(status: u16, headers: &[&str], body: &str) -> String {
    let status = format!("HTTP/1.1 {status} Scripted");
    let head = [&[status.as_str(), "Connection: close"], headers].concat().join("\r\n");
    format!("{head}\r\n\r\n{body}")
}

fn length(body: &str) -> String {
    format!("Content-Length: {}", body.len())
}

/// A server that answers one request after another as its script says.
struct Server {
    url: String,
    script: Arc<Mutex<Vec<Reply>>>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(replies: impl IntoIterator<Item = Reply>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let server = Server { url, script: Arc::default(), heard: Arc::default() };
        server.play(replies);
        let (script, heard) = (Arc::clone(&server.script), Arc::clone(&server.heard));
        // It ends with the process, for a test that fails may never come to its last request.
        thread::spawn(move || serve(&listener, &script, &heard));
        server
    }

    /// Adds to the script.
    fn play(&self, replies: impl IntoIterator<Item = Reply>) {
        self.script.lock().expect("a script").extend(replies);
    }

    /// The heads of the requests so far, in lower case.
    fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("what was heard").clone()
    }

    fn client(&self) -> TestClient {
        TestClient::of(&self.url)
    }
}

fn serve(listener: &TcpListener, script: &Mutex<Vec<Reply>>, heard: &Mutex<Vec<String>>) {
    let mut kept = Vec::new();
    for stream in listener.incoming() {
        let mut stream = stream.expect("a connection");
        heard.lock().expect("what was heard").push(head(&mut stream));
        match script.lock().expect("a script").remove(0) {
            // The client may already have turned away.
            Reply::Say(text) => drop(stream.write_all(text.as_bytes())),
            Reply::Hang => kept.push(stream),
            Reply::SayAndHang(text) => {
                drop(stream.write_all(text.as_bytes()));
                kept.push(stream);
            }
        }
    }
}

fn head(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
        bytes.push(byte[0]);
    }
    String::from_utf8_lossy(&bytes).to_lowercase()
}
