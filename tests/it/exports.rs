//! Files: every table of every page, in every format, holds what the page says, and what cannot be meant is refused.

use std::collections::BTreeMap;

use klytics::pages::PAGES;
use klytics::pages::page::Page;
use klytics::store::{Options, Store};
use rocket::http::{ContentType, Status};
use serde_json::{Map, Value};

use crate::support::{Mirror, Served, account, seed, serve};

const WIDE: &str = "range=all&limit=1000";

type Row = Map<String, Value>;

/// A file as it was sent.
struct Sent {
    kind: ContentType,
    name: String,
    bytes: Vec<u8>,
}

fn ask(served: &Served, path: &str) -> (Status, Vec<u8>) {
    let answer = served.client.get(path.to_owned()).dispatch();
    (answer.status(), answer.into_bytes().unwrap_or_default())
}

#[track_caller]
fn file(served: &Served, path: &str) -> Sent {
    let answer = served.client.get(path.to_owned()).dispatch();
    assert_eq!(answer.status(), Status::Ok, "{path}");
    let name = answer.headers().get_one("Content-Disposition").expect("a name").to_owned();
    Sent { kind: answer.content_type().expect("a kind"), name, bytes: answer.into_bytes().expect("a body") }
}

fn twin(served: &Served, path: &str) -> Value {
    // The page at the root has a name in the API.
    let path = path.strip_prefix("/?").map_or_else(|| path.to_owned(), |query| format!("/overview?{query}"));
    let (status, body) = ask(served, &format!("/api/pages{path}"));
    assert_eq!(status, Status::Ok, "{path}: {}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).expect("JSON")
}

fn tables(view: &Value) -> Vec<Value> {
    let blocks = view["blocks"].as_array().expect("blocks");
    blocks.iter().map(|it| it["content"].clone()).filter(|it| it["kind"] == "table").collect()
}

/// Every address of the page: one, or those that its listing leads to.
fn addresses(served: &Served, page: &Page) -> Vec<(String, Option<String>)> {
    let Some(listing) = page.path.strip_suffix("<id>") else { return vec![(page.path.to_owned(), None)] };
    let parent = PAGES.iter().find(|it| format!("{}/", it.path) == listing);
    let Some(parent) = parent else { return Vec::new() };
    let view = twin(served, &format!("{}?{WIDE}", parent.path));
    let ids = tables(&view).into_iter().filter(|it| it["link"] == listing).flat_map(|it| {
        let rows = it["rows"].as_array().expect("rows").clone();
        rows.into_iter().filter_map(|row| row["id"].as_str().map(ToOwned::to_owned)).collect::<Vec<String>>()
    });
    // The audit has a table a rule; of other things a few are like all.
    let most = if page.path.starts_with("/benchmarks/") { usize::MAX } else { 3 };
    ids.take(most).map(|id| (format!("{listing}{id}"), Some(id))).collect()
}

fn rows_of_json(sent: &Sent) -> Vec<Row> {
    serde_json::from_slice(&sent.bytes).unwrap_or_else(|error| panic!("{}: {error}", sent.name))
}

/// By RFC 4180: fields in quotes may hold commas, newlines and doubled quotes.
fn rows_of_csv(sent: &Sent) -> (Vec<String>, Vec<Vec<Option<String>>>) {
    let text = String::from_utf8(sent.bytes.clone()).expect("UTF-8");
    let (mut rows, mut row, mut field, mut quoted, mut was_quoted) =
        (Vec::new(), Vec::new(), String::new(), false, false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => field.extend(letters.next()),
            '"' => (quoted, was_quoted) = (!quoted, true),
            ',' | '\n' if !quoted => {
                let value = std::mem::take(&mut field);
                row.push((was_quoted || !value.is_empty()).then_some(value));
                was_quoted = false;
                if letter == '\n' {
                    rows.push(std::mem::take(&mut row));
                }
            }
            '\r' if !quoted => {}
            other => field.push(other),
        }
    }
    assert!(!quoted && row.is_empty() && field.is_empty(), "{} ends in the middle", sent.name);
    let head = rows.remove(0).into_iter().map(|it| it.expect("a name")).collect();
    (head, rows)
}

/// Read by a database that has nothing to do with ours.
#[expect(clippy::disallowed_types, reason = "a reader of its own, so that ours is not its own judge")]
fn rows_of_parquet(sent: &Sent) -> Vec<Row> {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("it.parquet");
    std::fs::write(&path, &sent.bytes).expect("a file");
    let reader = duckdb::Connection::open_in_memory().expect("a database");
    let text = format!("select cast(to_json(it) as varchar) from read_parquet('{}') as it", path.display());
    let mut statement = reader.prepare(&text).expect("a file of Parquet");
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).expect("rows");
    rows.map(|it| serde_json::from_str(&it.expect("a row")).expect("JSON")).collect()
}

/// What a value is, whichever file it stands in: numbers to nine digits, times without their letter.
fn said(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Number(it) => plain(it.as_f64().expect("a number")),
        Value::String(it) => text(it),
        other => other.to_string(),
    }
}

fn plain(number: f64) -> String {
    format!("{number:.9e}")
}

fn text(it: &str) -> String {
    let is_time = it.len() >= 19 && it.as_bytes()[4] == b'-' && it.as_bytes()[13] == b':';
    if is_time { it[..19].replace('T', " ") } else { it.to_owned() }
}

/// The same of a field of CSV, where only the other file tells what kind of value it is.
fn said_like(field: Option<&String>, like: &Value) -> String {
    match (field, like) {
        (None, _) => String::new(),
        (Some(it), Value::Number(_)) => plain(it.parse().unwrap_or_else(|_| panic!("{it} is no number"))),
        (Some(it), _) => text(it),
    }
}

/// Holds the three files of a sheet to one another, and gives their rows.
fn agreed(served: &Served, sheet: &str, query: &str) -> Vec<Row> {
    let [csv, json, parquet] =
        ["csv", "json", "parquet"].map(|it| file(served, &format!("/export/{sheet}.{it}?{query}")));
    let kinds = [&csv, &json, &parquet].map(|it| it.kind.to_string());
    assert_eq!(kinds, ["text/csv; charset=utf-8", "application/json", "application/vnd.apache.parquet"], "{sheet}");
    for (sent, ending) in [(&csv, ".csv\""), (&json, ".json\""), (&parquet, ".parquet\"")] {
        let begins = format!("attachment; filename=\"{sheet}_");
        assert!(sent.name.starts_with(&begins) && sent.name.ends_with(ending), "{}", sent.name);
    }
    let rows = rows_of_json(&json);
    let told: Vec<BTreeMap<&String, String>> =
        rows.iter().map(|row| row.iter().map(|(name, it)| (name, said(it))).collect()).collect();
    let (head, lines) = rows_of_csv(&csv);
    assert_eq!(lines.len(), rows.len(), "{sheet}: rows of CSV and of JSON");
    for (line, row) in lines.iter().zip(&rows) {
        assert_eq!(line.len(), head.len(), "{sheet}: {line:?}");
        for (name, field) in head.iter().zip(line) {
            assert_eq!(said_like(field.as_ref(), &row[name]), said(&row[name]), "{sheet}: {name}");
        }
    }
    let packed = rows_of_parquet(&parquet);
    assert_eq!(packed.len(), rows.len(), "{sheet}: rows of Parquet and of JSON");
    for (packed, told) in packed.iter().zip(&told) {
        let packed: BTreeMap<&String, String> = packed.iter().map(|(name, it)| (name, said(it))).collect();
        assert_eq!(&packed, told, "{sheet}");
    }
    rows
}

#[test]
fn every_table_of_every_page_is_a_file() {
    let mirror = Mirror::copied();
    let served = serve(mirror.store.clone());
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for page in PAGES {
        for (path, id) in addresses(&served, page) {
            let id = id.map(|it| format!("&id={it}")).unwrap_or_default();
            let view = twin(&served, &format!("{path}?{WIDE}"));
            for sheet in page.sheets {
                let shown = tables(&view).into_iter().find(|it| it["name"] == sheet.name);
                // Of the rules each has its own table, which some share; of other pages each shows all.
                if page.path == "/benchmarks/<id>" && (shown.is_none() || seen.contains_key(sheet.name)) {
                    continue;
                }
                let rows = agreed(&served, sheet.name, &format!("range=all{id}"));
                *seen.entry(sheet.name).or_default() += rows.len();
                if let Some(table) = shown {
                    holds_what_is_shown(&rows, &table);
                }
            }
        }
    }
    let missing: Vec<_> = PAGES.iter().flat_map(|it| it.sheets).filter(|it| !seen.contains_key(it.name)).collect();
    let missing: Vec<_> = missing.iter().map(|it| it.name).collect();
    assert_eq!(missing, Vec::<&str>::new(), "tables that no address shows");
    assert!(seen["campaigns"] > 10, "{seen:?}");
}

#[track_caller]
fn holds_what_is_shown(rows: &[Row], table: &Value) {
    let name = &table["name"];
    assert_eq!(table["rowCount"].as_u64(), Some(rows.len() as u64), "{name}");
    let columns = table["columns"].as_array().expect("columns");
    for (row, shown) in rows.iter().zip(table["rows"].as_array().expect("rows")) {
        for column in columns {
            let field = column["name"].as_str().expect("a name");
            // On pages an instant stands on the account's wall clock; in files it is UTC.
            let is_instant = column["unit"] == "clock";
            let (filed, shown) = (said(&row[field]), said(&shown[field]));
            // A curve is a list on pages, and its numbers one after the other in files.
            let numbers = |it: &str| -> Vec<Option<f64>> {
                it.split([' ', ',', '[', ']']).filter(|it| !it.is_empty()).map(|it| it.parse().ok()).collect()
            };
            if column["unit"] == "trend" {
                assert_eq!(numbers(&filed), numbers(&shown), "{name} {field}");
                continue;
            }
            assert!(
                filed == shown || is_instant && filed.is_empty() == shown.is_empty(),
                "{name} {field}: {filed} {shown}"
            );
        }
    }
}

/// Names that a careless writer of files would stumble over.
fn awkward() -> Served {
    let store = account();
    seed(
        &store,
        "insert into klaviyo_campaigns (id, name, status, sent_at) values
             ('C1', 'Say \"hi\", <b>you</b>\nand bye', 'Sent', '2026-03-10 15:00'),
             ('C2', 'Äpfel & =1+1', 'Sent', '2026-03-10 16:00'),
             ('C3', 'Plain', 'Sent', '2026-03-10 17:00');
         insert into klaviyo_campaign_messages (id, campaign_id, channel) values
             ('M1', 'C1', 'email'), ('M2', 'C2', 'sms'), ('M3', 'C3', 'email');
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime, message_id)
         select 'a' || i, 'm_received_email', 'p' || i, '2026-03-10 15:00', '2026-03-10 11:00', 'M1' from range(3) as t(i);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime, message_id)
         select 'b' || i, 'm_received_sms', 'p' || i, '2026-03-10 16:00', '2026-03-10 12:00', 'M2' from range(5) as t(i);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime, message_id)
         select 'c' || i, 'm_received_email', 'p' || i, '2026-03-10 17:00', '2026-03-10 13:00', 'M3' from range(8) as t(i)",
    );
    serve(store)
}

fn names(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(|it| it["name"].as_str().expect("a name")).collect()
}

#[test]
fn a_file_holds_names_as_they_are() {
    let served = awkward();
    let rows = agreed(&served, "campaigns", "range=2026-03-10_to_2026-03-10&sort=name");
    assert_eq!(names(&rows), ["Plain", "Say \"hi\", <b>you</b>\nand bye", "Äpfel & =1+1"]);
    assert_eq!((&rows[2]["recipients"], &rows[2]["openRate"]), (&Value::from(5), &Value::Null));
}

#[test]
fn instants_in_files_say_that_they_are_utc() {
    let served = awkward();
    let of =
        |ending: &str| file(&served, &format!("/export/campaigns.{ending}?range=2026-03-10_to_2026-03-10&q=Plain"));
    assert_eq!(rows_of_json(&of("json"))[0]["sentAt"], "2026-03-10T17:00:00Z");
    let (head, lines) = rows_of_csv(&of("csv"));
    let place = head.iter().position(|it| it == "sentAt").expect("a column");
    assert_eq!(lines[0][place].as_deref(), Some("2026-03-10T17:00:00Z"));
    let packed = rows_of_parquet(&of("parquet"));
    assert_eq!(packed[0]["sentAt"], "2026-03-10 17:00:00+00", "its type is of instants");
}

#[test]
fn a_file_is_searched_sorted_and_filtered_as_its_page() {
    let served = awkward();
    let day = "range=2026-03-10_to_2026-03-10";
    for (query, expected) in [
        ("sort=recipients", vec!["Say \"hi\", <b>you</b>\nand bye", "Äpfel & =1+1", "Plain"]),
        ("sort=-recipients", vec!["Plain", "Äpfel & =1+1", "Say \"hi\", <b>you</b>\nand bye"]),
        ("sort=-recipients&q=PLAIN", vec!["Plain"]),
        ("q=%C3%A4pfel", vec!["Äpfel & =1+1"]),
        ("q=nothing", vec![]),
        ("sort=recipients&min=5", vec!["Äpfel & =1+1", "Plain"]),
        ("channel=sms", vec!["Äpfel & =1+1"]),
        ("sort=recipients&channel=email", vec!["Say \"hi\", <b>you</b>\nand bye", "Plain"]),
        // A page shows a part of the rows; a file holds all.
        ("sort=recipients&limit=1&offset=2", vec!["Say \"hi\", <b>you</b>\nand bye", "Äpfel & =1+1", "Plain"]),
    ] {
        assert_eq!(names(&agreed(&served, "campaigns", &format!("{day}&{query}"))), expected, "{query}");
    }
    let name = file(&served, &format!("/export/campaigns.csv?{day}&basis=event")).name;
    assert_eq!(name, "attachment; filename=\"campaigns_by-event-day_2026-03-10_to_2026-03-10.csv\"");
}

#[test]
fn a_file_that_cannot_be_meant_is_refused_in_words() {
    let served = awkward();
    for (path, status, words) in [
        ("/export/campaigns.xlsx", Status::NotFound, ".csv, .json or .parquet"),
        ("/export/campaigns", Status::NotFound, ".csv, .json or .parquet"),
        ("/export/unicorns.csv", Status::NotFound, "there is no such file"),
        ("/export/..%2Fklytics.csv", Status::NotFound, ""),
        ("/export/campaigns.csv?sort=unicorns", Status::BadRequest, "unicorns"),
        ("/export/campaigns.csv?sort=id;drop", Status::BadRequest, "id;drop"),
        ("/export/campaigns.csv?range=soon", Status::BadRequest, "soon"),
        ("/export/campaigns.csv?channel=fax", Status::BadRequest, "fax"),
        ("/export/campaigns.csv?min=few", Status::BadRequest, "few"),
        ("/export/campaigns.csv?status=draft", Status::BadRequest, "there is no parameter `status` here"),
        ("/export/links.csv?id=a&id=b", Status::NotFound, "there is no such file"),
        ("/export/campaign_links.csv?id=a&id=b", Status::BadRequest, "`id` is given twice"),
        ("/export/campaigns.csv?rnage=all", Status::BadRequest, "did you mean `range`"),
        ("/export/campaigns.csv?q=a&q=b", Status::BadRequest, "`q` is given twice"),
        ("/export/campaigns.csv?mailed=5", Status::BadRequest, "there is no parameter `mailed` here"),
        ("/export/audit.csv?edition=never", Status::BadRequest, "never"),
        ("/export/audit_rates.csv", Status::BadRequest, "id"),
        ("/export/audit_rates.csv?id=never", Status::NotFound, "rule"),
    ] {
        let (got, body) = ask(&served, path);
        let html = String::from_utf8(body).expect("a page");
        assert_eq!(got, status, "{path}: {html}");
        assert!(html.to_lowercase().contains(words), "{path}: {html}");
    }
}

#[test]
fn an_account_without_anything_has_files_without_rows() {
    let served = serve(Store::in_memory().expect("a database"));
    for page in PAGES.iter().filter(|it| !it.is_of_one()) {
        for sheet in page.sheets {
            agreed(&served, sheet.name, "");
        }
    }
}

#[test]
fn no_file_is_left_behind() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = Store::open(directory.path(), &Options { memory_limit: 256 << 20, threads: 1 }).expect("a store");
    let exports = store.exports().expect("a directory");
    // What a killed process left.
    std::fs::write(exports.join("export-left"), "half a file").expect("a file");
    let served = serve(store);
    for path in [
        "/export/campaigns.csv",
        "/export/campaigns.parquet",
        "/export/campaigns.json",
        "/export/campaigns.csv?sort=never",
    ] {
        ask(&served, path);
    }
    let left: Vec<_> =
        std::fs::read_dir(&exports).expect("a directory").map(|it| it.expect("an entry").path()).collect();
    assert_eq!(left, Vec::<std::path::PathBuf>::new());
}
