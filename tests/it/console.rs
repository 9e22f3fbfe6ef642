//! The SQL console: what it answers, and what nobody can do with it.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use klytics::app::{self, Parts};
use klytics::config;
use klytics::params;
use klytics::store::console::{Answer, Limits, Problem};
use klytics::store::{Format, Options, Query, Store};
use rocket::http::Status;
use rocket::local::blocking::Client;

use crate::binary::{Running, free_port, get, klytics};
use crate::support::{keyless, lines, serve};

/// Long enough for a machine that is busy with other tests.
const LIMITS: Limits = Limits { time: Duration::from_secs(30), rows: 100 };

/// A database on disk, confined as it is when it is served, with something to steal and something to break.
fn account(directory: &Path) -> Store {
    let store = Store::open(directory, &Options { memory_limit: 256 << 20, threads: 2 }).expect("a store");
    let statements = [
        "insert into klaviyo_campaigns (id, name, status) values ('C1', 'Spring <b>sale</b>', 'Sent'), ('C2', 'Autumn', 'Draft')",
        "insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime, value, properties)
         select 'e' || x, 'm', 'p' || x % 7, timestamp '2026-03-10', timestamp '2026-03-10', x, '{\"URL\": \"/a\"}'
         from range(50) as t(x)",
        "insert into webhooks values ('W', 'w', 'https://w', 't', true, timestamp '2026-01-01', 'whsec_of_nobody_else')",
    ];
    store
        .write(|db| {
            statements.iter().try_for_each(|text| db.execute(Query { name: "seed", text }, params! {}).map(drop))
        })
        .expect("rows");
    fs::write(directory.join("secret.csv"), "key\npk_of_nobody_else\n").expect("a file");
    fs::write(directory.join("secret.json"), "[{\"key\": \"pk_of_nobody_else\"}]").expect("a file");
    store
}

fn ask(store: &Store, text: &str) -> Result<Answer, Problem> {
    store.console(text, LIMITS)
}

fn values(store: &Store, text: &str) -> Vec<Vec<Option<String>>> {
    ask(store, text).unwrap_or_else(|problem| panic!("{text}: {problem:?}")).rows
}

/// A value as the console writes it.
fn of(value: &str) -> String {
    value.to_owned()
}

#[test]
fn a_statement_that_selects_is_answered() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = account(directory.path());
    assert_eq!(
        values(&store, "select id, name from campaigns order by id -- the end"),
        [[Some(of("C1")), Some(of("Spring <b>sale</b>"))], [Some(of("C2")), Some(of("Autumn"))]]
    );
    for (text, expected) in [
        ("from klaviyo_events select count(*);", "50"),
        ("with x as (select 1 as n) select n + 1 from x", "2"),
        ("with campaigns as (select 2 as n) select n from (with other as (select 1) select 1) as t, campaigns", "2"),
        ("with recursive r as (select 1 as n union all select n + 1 from r where n < 10) select sum(n) from r", "55"),
        ("values (3)", "3"),
        ("select replace('a-b', '-', '')", "ab"),
        ("select regexp_replace('/a?b=1', '\\?.*', '')", "/a"),
        ("select properties->>'$.URL' from klaviyo_events limit 1", "/a"),
        ("select properties->'$.URL' from klaviyo_events limit 1", "\"/a\""),
        ("select sum(value) filter (where value > 48) from klaviyo_events", "49.0000"),
        ("select row_number() over (order by id) from klaviyo_campaigns order by 1 desc limit 1", "2"),
        ("select count(*) from (select * from klaviyo_events where profile_id in (select 'p1'))", "7"),
        ("select [x * 2 for x in [1, 2] if x > 1]", "[4]"),
        ("select date_trunc('month', local_datetime)::date from klaviyo_events limit 1", "2026-03-01"),
        ("select x from range(3) as t(x) order by x desc limit 1", "2"),
        ("select count(*) from message_stats(date '2020-01-01', 'm')", "0"),
        ("select count(*) from form_conversions('m')", "0"),
        ("select 'a;b'", "a;b"),
        ("select 'it''s -- no comment'", "it's -- no comment"),
        ("select 1 /* a comment; drop table klaviyo_events */", "1"),
        ("select upper(name) from klaviyo_campaigns where name ilike 'aut%'", "AUTUMN"),
    ] {
        assert_eq!(values(&store, text)[0][0], Some(of(expected)), "{text}");
    }
    assert_eq!(values(&store, "describe klaviyo_campaigns")[0][0], Some(of("id")));
    assert!(values(&store, "summarize klaviyo_campaigns").len() > 3);
    assert_eq!(
        values(&store, "from (pivot klaviyo_campaigns on status in ('Sent') using count(*) group by archived)").len(),
        1
    );
}

#[test]
fn values_of_every_kind_are_shown_and_null_does_not_panic() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = account(directory.path());
    let answer = ask(
        &store,
        "select null, null as a, 1 as a, 1.5::decimal(18,4), 170141183460469231731687303715884105727::hugeint, interval 3 day,
            time '10:00', {'x': [1, null]}, map {'k': 1}, 'x'::blob, true, uuid '00000000-0000-0000-0000-000000000001', []",
    )
    .expect("an answer");
    let shown: Vec<_> = answer.rows[0].iter().map(|it| it.as_deref().unwrap_or("null")).collect();
    assert_eq!(
        shown,
        [
            "null",
            "null",
            "1",
            "1.5000",
            "170141183460469231731687303715884105727",
            "3 days",
            "10:00:00",
            "{'x': [1, NULL]}",
            "{k=1}",
            "x",
            "true",
            "00000000-0000-0000-0000-000000000001",
            "[]"
        ]
    );
    let numbers: Vec<_> = answer.columns.iter().map(|it| it.is_number).collect();
    assert!(!numbers[0] && numbers[2] && numbers[3] && numbers[4] && !numbers[7]);
    // A document of the kind that the library cannot read is shown as JSON.
    store
        .write(|db| {
            let text = "update klaviyo_campaigns set metadata = '{\"a\": [1]}'::json::variant where id = 'C1'";
            db.execute(Query { name: "seed", text }, params! {})
        })
        .expect("a document");
    assert_eq!(
        values(&store, "select metadata from klaviyo_campaigns order by id"),
        [[Some(of("{\"a\":[1]}"))], [None]]
    );
}

#[test]
fn an_answer_is_cut_and_says_so() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = account(directory.path());
    let answer =
        store.console("select x from range(1000000) as t(x) order by x desc limit 500", Limits { rows: 10, ..LIMITS });
    let answer = answer.expect("the largest of many, without keeping them");
    assert_eq!((answer.rows.len(), answer.is_cut, answer.rows[0][0].as_deref()), (10, true, Some("999999")));
    let answer = store.console("from range(10)", Limits { rows: 10, ..LIMITS }).expect("an answer");
    assert_eq!((answer.rows.len(), answer.is_cut), (10, false));
    let long = format!("select '{}' || id from klaviyo_campaigns limit 1", "ä".repeat(600));
    let shown = values(&store, &long)[0][0].clone().expect("a text");
    assert_eq!((shown.chars().count(), shown.ends_with('…')), (501, true));
    let wide: Vec<_> = (0..101).map(|it| format!("{it} as a{it}")).collect();
    assert!(
        matches!(ask(&store, &format!("select {}", wide.join(", "))), Err(Problem::Refused(words)) if words.contains("101 columns"))
    );
}

/// Statements that would change something, read what is nobody's business, or hurt. `{dir}` is the data directory.
const HOSTILE: &[&str] = &[
    "delete from klaviyo_events",
    "update klaviyo_events set value = 0",
    "insert into klaviyo_campaigns (id) values ('C3')",
    "drop table klaviyo_events",
    "drop view campaigns",
    "truncate klaviyo_events",
    "alter table klaviyo_events add column x int",
    "create table mine (x int)",
    "create temp table mine as select 1",
    "create or replace view campaigns as select 1",
    "create macro f(x) as x",
    "create sequence s",
    "create schema mine",
    "create secret s (type s3, key_id 'a', secret 'b')",
    "create type mood as enum ('a')",
    "merge into klaviyo_campaigns using (select 'C1' as id) as s on klaviyo_campaigns.id = s.id when matched then delete",
    "with gone as (delete from klaviyo_events returning *) select * from gone",
    "with new as (insert into klaviyo_campaigns (id) values ('C3') returning *) select * from new",
    "with changed as (update klaviyo_events set value = 0 returning *) select * from changed",
    "select 1; drop table klaviyo_events",
    "drop table klaviyo_events; select 1",
    "select 1; select 2",
    "select 1); drop table klaviyo_events; --",
    "select 1) as t; delete from klaviyo_events; select * from (select 1",
    "begin; delete from klaviyo_events; commit",
    "commit",
    "rollback",
    "abort",
    "attach '{dir}/other.duckdb' as other",
    "attach '{dir}/klytics.duckdb' as again",
    "detach klytics",
    "use memory",
    "copy klaviyo_events to '{dir}/stolen.csv'",
    "copy (select 1) to '{dir}/stolen.csv'",
    "copy klaviyo_campaigns from '{dir}/secret.csv'",
    "export database '{dir}/stolen'",
    "import database '{dir}/stolen'",
    "install httpfs",
    "load httpfs",
    "load '{dir}/evil.duckdb_extension'",
    "set enable_external_access = true",
    "set memory_limit = '1TB'",
    "set threads = 1",
    "reset memory_limit",
    "set variable x = 1",
    "pragma database_list",
    "pragma enable_profiling",
    "pragma memory_limit='1TB'",
    "call pragma_version()",
    "call force_checkpoint()",
    "checkpoint",
    "force checkpoint",
    "vacuum",
    "analyze",
    "explain select 1",
    "explain analyze delete from klaviyo_events",
    "prepare p as delete from klaviyo_events",
    "execute p",
    "deallocate p",
    "show databases",
    "show all tables",
    "show variables",
    "select * from '{dir}/secret.csv'",
    "from '{dir}/secret.json'",
    "describe '{dir}/secret.csv'",
    "summarize '{dir}/secret.csv'",
    "select * from read_csv('{dir}/secret.csv')",
    "select * from READ_CSV_AUTO('{dir}/secret.csv')",
    "select * from \"read_csv\"('{dir}/secret.csv')",
    "select * from main.read_csv('{dir}/secret.csv')",
    "select * from system.main.read_text('{dir}/secret.csv')",
    "select * from read_text('{dir}/secret.csv')",
    "select * from read_blob('{dir}/secret.csv')",
    "select * from read_json('{dir}/secret.json')",
    "select * from read_parquet('{dir}/x.parquet')",
    "select * from parquet_metadata('{dir}/x.parquet')",
    "select * from read_duckdb('{dir}/klytics.duckdb')",
    "select * from sniff_csv('{dir}/secret.csv')",
    "select * from glob('{dir}/*')",
    "select * from glob('/etc/*')",
    "select * from (select * from (select * from read_text('{dir}/secret.csv')))",
    "select (select content from read_text('{dir}/secret.csv'))",
    "with x as (select * from read_text('{dir}/secret.csv')) select 1",
    "select 1 where exists (from read_text('{dir}/secret.csv'))",
    "select 1 order by (select content from read_text('{dir}/secret.csv'))",
    "select 1 limit (select count(*) from read_text('{dir}/secret.csv'))",
    "select * from (with \"{dir}/secret.csv\" as (select 1) select 1) as t, '{dir}/secret.csv'",
    "select * from klaviyo_campaigns, lateral (select * from read_text('{dir}/secret.csv'))",
    "from (pivot '{dir}/secret.csv' on key in ('a') using count(*))",
    "select 1 union all select content from read_text('{dir}/secret.csv')",
    "select * from query('select 1')",
    "select * from query_table('{dir}/secret.csv')",
    "select * from delivery_facts('{dir}/secret.csv')",
    "select * from json_execute_serialized_sql(json_serialize_sql('select 1'))",
    "select json_serialize_sql('select 1')",
    "select * from duckdb_secrets()",
    "select * from duckdb_settings()",
    "select * from duckdb_databases()",
    "select * from pragma_table_info('webhooks')",
    "select * from webhooks",
    "select * from main.webhooks",
    "select * from klytics.main.webhooks",
    "select * from WEBHOOKS",
    "select * from webhook_inbox",
    "select * from saved.\"webhooks\"",
    "select secret from (with webhooks as (select 1) select 1) as t, webhooks",
    "select secret from (with WebHooks as (select 1) select 1) as t, \"WEBHOOKS\"",
    "select secret from (with recursive webhooks as (select 1 as n union all select n from webhooks) select 1) as t, webhooks",
    "with t as (with webhooks as (select 1) select 1) select secret from webhooks",
    "with webhooks as (select * from webhooks) select secret from webhooks",
    "with webhooks as materialized (from webhooks) from webhooks",
    "with recursive webhooks as (from webhooks union from webhooks) from webhooks",
    "with t as (select secret from webhooks), webhooks as (select 1) from t",
    "select (with webhooks as (select 1) select 1), (select max(secret) from webhooks)",
    "select (with webhooks as (select 1) select max(secret) from main.webhooks)",
    "from webhooks, lateral (with webhooks as (select 1) select 1)",
    "(with webhooks as (select 1) select 'a') union all select secret from webhooks",
    "from (pivot webhooks on secret in ('a') using count(*)), (with webhooks as (select 1) select 1)",
    "from (unpivot webhooks on id, secret), (with webhooks as (select 1) select 1)",
    "from (describe webhooks), (with webhooks as (select 1) select 1)",
    "from (summarize webhooks), (with webhooks as (select 1) select 1)",
    "from (show webhooks), (with webhooks as (select 1) select 1)",
    "from (table webhooks), (with webhooks as (select 1) select 1)",
    "from webhooks positional join (with webhooks as (select 1) select 1)",
    "from webhooks asof join (with webhooks as (select 1) select 1 as id) as t on webhooks.id >= t.id",
    "select * from (values ((select max(secret) from webhooks))), (with webhooks as (select 1) select 1)",
    "select 1 where exists (with webhooks as (select 1) select 1) order by (select max(secret) from webhooks)",
    "select name from (with sqlite_master as (select 1) select 1) as t, sqlite_master",
    "select name from (with pg_settings as (select 1) select 1) as t, pg_settings",
    "select * from (with duckdb_settings as (select 1) select 1) as t, duckdb_settings",
    "select * from (with webhook_inbox as (select 1) select 1) as t, webhook_inbox",
    "select * from (with schema_migrations as (select 1) select 1) as t, schema_migrations",
    "select * from (with tables as (select 1) select 1) as t, information_schema.tables",
    "describe webhooks",
    "summarize webhooks",
    "select * from information_schema.tables",
    "select * from pg_catalog.pg_settings",
    "select * from pg_settings",
    "select * from sqlite_master",
    "select current_setting('allowed_directories')",
    "select getenv('HOME')",
    "select getvariable('x')",
    "select nextval('s')",
    "select write_log('x')",
    "select setseed(0.5)",
    "select pg_sleep(100)",
    "select sleep_ms(100000)",
    "select error('x')",
    "select repeat('x', 4000000000)",
    "select lpad('x', 2000000000, 'y')",
    "select range(2000000000)",
    "select generate_series(1, 2000000000)",
    "select list_resize([1], 2000000000)",
    "select \"<\"([1], 0)",
    "select \"=\"(['a'], 'a'::blob)",
    "select \"||\"(name, 'a') from klaviyo_campaigns",
    "select bin(bin('aaaa'))",
    "select hex('a')",
    "select to_base64('a'::blob)",
    "select url_encode('%')",
    "select translate('a', 'a', 'b')",
    "select list_reduce(['a', 'b'], (x, y) -> x || x)",
    "select 'a'::blob::bit::varchar",
    "select replace(name, 'a', name) from klaviyo_campaigns",
    "select name.replace('a', name) from klaviyo_campaigns",
    "select replace(name, 'a', (select max(name) from klaviyo_campaigns)) from klaviyo_campaigns",
    "select regexp_replace(name, '.', name, 'g') from klaviyo_campaigns",
    "select regexp_replace(name, '.', 'a' || 'b', 'g') from klaviyo_campaigns",
    "select replace('a', 'a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')",
    "select printf('%2000000000d', 1)",
    "select ('[' || '[')::variant",
    "select from_json('1', '\"VARIANT\"')",
    "select 'POINT(0 0)'::geometry",
    "select $1",
    "select ?",
    "select $name",
    "select * from klaviyo_events at (version => 1) where (select getenv('HOME')) is null",
    "",
    " ; ",
    "nonsense",
    "select",
    "select * from",
    "select 'open",
    "select /* open",
    "select * from there_is_no_such_table",
    "select no_such_column from klaviyo_events",
    "\u{0}select 1",
];

#[test]
fn nothing_hostile_is_answered_and_nothing_changes() {
    assert!(HOSTILE.len() >= 120);
    let directory = tempfile::tempdir().expect("a directory");
    let store = account(directory.path());
    let files = || {
        let mut names: Vec<_> =
            fs::read_dir(directory.path()).expect("files").map(|it| it.expect("a file").file_name()).collect();
        names.sort();
        names
    };
    let state = || {
        let of_tables =
            "select count(*), bit_xor(hash(table_name, column_name)) from duckdb_columns() where not internal";
        let of_events = "select count(*), sum(value) from klaviyo_events";
        let of_settings = "select name, value from duckdb_settings() where name in ('enable_external_access', 'memory_limit', 'threads')";
        [of_tables, of_events, of_settings, "select id from klaviyo_campaigns"].map(|it| lines(&store, it))
    };
    let (before, listed) = (state(), files());
    let place = directory.path().display().to_string();
    for text in HOSTILE {
        let text = text.replace("{dir}", &place);
        let problem = ask(&store, &text).err().unwrap_or_else(|| panic!("{text} was answered"));
        assert!(matches!(problem, Problem::Refused(_) | Problem::Failed(_)), "{text}: {problem:?}");
        let words = problem.to_string();
        assert!(!words.is_empty() && !words.contains("nobody_else"), "{text}: {words}");
        // The same through the door for files.
        let target = directory.path().join("spill-test");
        assert!(store.console_export(&text, LIMITS.time, Format::Csv, &target).is_err(), "{text} was written");
        assert!(!target.exists(), "{text} left a file");
    }
    assert_eq!((state(), files()), (before, listed));
}

#[test]
fn what_nests_deeply_is_refused_and_kills_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = account(directory.path());
    let deep = |open: &str, middle: &str, close: &str, times: usize| {
        format!("select {}{middle}{}", open.repeat(times), close.repeat(times))
    };
    for text in [
        deep("(", "1", ")", 9_000),
        deep("not ", "true", "", 4_000),
        deep("- ", "1", "", 9_000),
        deep("[", "", "]", 9_000),
        deep("(select ", "1", ")", 1_500),
        deep("case when true then ", "1", " end", 700),
        deep("1 + ", "1", "", 4_000),
        deep("(select ", "1", ")", 90),
        "x".repeat(20_001),
    ] {
        let problem = ask(&store, &text).expect_err("too deep");
        assert!(matches!(problem, Problem::Refused(_) | Problem::Failed(_)), "{problem:?}");
    }
    assert_eq!(values(&store, &deep("(", "1", ")", 20))[0][0], Some(of("1")), "what people write is not deep");
}

#[test]
fn a_runaway_is_stopped_in_time_and_nobody_waits_for_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = account(directory.path());
    let short = Limits { time: Duration::from_millis(300), rows: 10 };
    let runaways = [
        "select count(*) from range(100000000000) as a, range(100000000000) as b where a.range * b.range % 7 = 3",
        "with recursive r as (select 1 as n union all select n + 1 from r) select max(n) from r",
        "select sum(hash(a.x, b.x)) from range(10000000) as a(x) cross join range(10000000) as b(x)",
        "select string_agg(a.x, ',') from range(1000000000) as a(x)",
    ];
    for text in runaways {
        let start = Instant::now();
        let problem = store.console(text, short).expect_err("it never ends");
        assert!(start.elapsed() < Duration::from_secs(15), "{text} went on for {:?}", start.elapsed());
        assert!(matches!(problem, Problem::TooLong(_) | Problem::TooLarge(_)), "{text}: {problem:?}");
    }
    // Meanwhile others read and write, and a second statement is told to wait.
    std::thread::scope(|scope| {
        let runs = scope.spawn(|| {
            loop {
                // The other may have been first for a moment.
                match store.console(runaways[0], Limits { time: Duration::from_secs(2), rows: 10 }) {
                    Err(Problem::Busy) => std::thread::yield_now(),
                    other => return other,
                }
            }
        });
        while !matches!(ask(&store, "select 1"), Err(Problem::Busy)) {
            assert!(!runs.is_finished(), "the second was never told to wait");
            std::thread::yield_now();
        }
        let start = Instant::now();
        let text = "insert into klaviyo_campaigns (id) values ('C9')";
        store.write(|db| db.execute(Query { name: "seed", text }, params! {})).expect("a write");
        assert_eq!(lines(&store, "select count(*) from klaviyo_campaigns"), ["3"]);
        assert!(start.elapsed() < Duration::from_millis(1_900), "a write waited {:?}", start.elapsed());
        assert!(matches!(runs.join().expect("a thread"), Err(Problem::TooLong(_))));
    });
    assert_eq!(
        values(&store, "select count(*) from klaviyo_campaigns")[0][0],
        Some(of("3")),
        "the next one is answered"
    );
}

#[test]
fn one_list_of_everything_does_not_take_the_memory_of_pages() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = account(directory.path());
    let lists = [
        "select length(list('a text as long as what people write, so that memory is soon taken ' || x)) from range(100000000) as t(x)",
        "select length(string_agg('a text as long as what people write, so that memory is soon taken ' || x, ',')) from range(100000000) as t(x)",
    ];
    std::thread::scope(|scope| {
        let pages = scope.spawn(|| {
            let mut answers = 0;
            let start = Instant::now();
            while start.elapsed() < Duration::from_secs(2) {
                let text = "select count(*) from (select id from klaviyo_events order by properties)";
                assert_eq!(lines(&store, text), ["50"]);
                answers += 1;
            }
            answers
        });
        while !pages.is_finished() {
            for text in lists {
                let problem = ask(&store, text).expect_err("it fits nowhere");
                assert!(matches!(problem, Problem::TooLarge(_)), "{text}: {problem:?}");
            }
        }
        assert!(pages.join().expect("pages are answered") > 10);
    });
    // What a statement sorts or groups is laid aside on disk where it does not fit.
    let text = "select count(*) from (select x from range(10000000) as t(x) group by x)";
    assert_eq!(values(&store, text), [[Some(of("10000000"))]]);
}

#[test]
fn what_can_be_asked_is_listed_and_holds_no_secret() {
    let directory = tempfile::tempdir().expect("a directory");
    let listed = account(directory.path()).readable().expect("tables");
    let names: Vec<_> = listed.iter().map(|it| it.name.as_str()).collect();
    for name in ["campaigns", "klaviyo_events", "metric_kinds", "saved_views"] {
        assert!(names.contains(&name), "{name} is missing");
    }
    assert!(!names.iter().any(|it| it.starts_with("webhook") || it.starts_with("stage") || *it == "schema_migrations"));
    let campaigns = listed.iter().find(|it| it.name == "campaigns").expect("a view");
    assert!(campaigns.is_view && campaigns.columns.iter().any(|it| it.name == "sent_at" && it.kind == "TIMESTAMP"));
}

#[test]
fn an_answer_is_written_as_a_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = account(directory.path());
    let path = store.exports().expect("a directory").join("it's.csv");
    let text = "select id, name, metadata, 1 as id from klaviyo_campaigns order by name";
    store.console_export(text, LIMITS.time, Format::Csv, &path).expect("a file");
    assert_eq!(
        fs::read_to_string(&path).expect("a file"),
        "id,name,metadata,id_1\nC2,Autumn,,1\nC1,Spring <b>sale</b>,,1\n"
    );
    let formula = "select '=1+1' as note, '+49 30 1234' as phone, -1 as sum";
    store.console_export(formula, LIMITS.time, Format::Csv, &path).expect("a file");
    assert_eq!(fs::read_to_string(&path).expect("a file"), "note,phone,sum\n'=1+1,+49 30 1234,-1\n");
    for (value, written) in [
        ("'=1+1'::blob", "'=1+1"),
        ("'=1+1'::enum('=1+1')", "'=1+1"),
        ("'\n=1+1'", "\"'\n=1+1\""),
        ("'＝1+1'", "'＝1+1"),
        ("'＋1'", "'＋1"),
        ("'－1'", "'－1"),
        ("'＠f'", "'＠f"),
        ("['=1+1']", "['=1+1']"),
        ("{'a': '=1+1'}", "{'a': '=1+1'}"),
        ("date '2026-03-10'", "2026-03-10"),
        ("interval (-3) day", "'-3 days"),
        ("-1.5", "-1.5"),
    ] {
        store.console_export(&format!("select {value} as v"), LIMITS.time, Format::Csv, &path).expect("a file");
        assert_eq!(fs::read_to_string(&path).expect("a file"), format!("v\n{written}\n"), "{value}");
    }
    let named = "select 1 as \"=cmd\", 2 as \"＠x\", 3 as \"a\"\"=\", -4";
    store.console_export(named, LIMITS.time, Format::Csv, &path).expect("a file");
    assert_eq!(fs::read_to_string(&path).expect("a file"), "'=cmd,'＠x,\"a\"\"=\",-4\n1,2,3,-4\n");
    for format in [Format::Json, Format::Parquet] {
        store.console_export(text, LIMITS.time, format, &path).expect("a file");
    }
    assert_eq!(&fs::read(&path).expect("a file")[..4], b"PAR1");
}

/// The application with the console switched on.
fn served(directory: &Path) -> Client {
    let store = account(directory);
    let handle = keyless(&store);
    let parts = Parts {
        store,
        handle,
        scheduled: false,
        hosts: Vec::new(),
        api: config::Api::default(),
        cache: config::Cache::default(),
        data_dir: directory.to_owned(),
    };
    let figment = rocket::Config::figment().merge(("log_level", "off")).merge(("explore.sql", true));
    Client::untracked(app::build(figment, parts, |_| ()).expect("a server")).expect("a client")
}

fn body(client: &Client, path: &str) -> (Status, String) {
    let answer = client.get(path.to_owned()).dispatch();
    (answer.status(), answer.into_string().unwrap_or_default())
}

#[test]
fn the_page_shows_answers_and_problems() {
    let directory = tempfile::tempdir().expect("a directory");
    let client = served(directory.path());
    let (status, html) = body(&client, "/explore/sql");
    assert_eq!(status, Status::Ok);
    assert!(html.contains("klaviyo_events") && html.contains("What can be asked"));
    let (status, html) = body(&client, "/explore/sql?sql=select+id,name+from+campaigns+order+by+id");
    assert_eq!(status, Status::Ok);
    assert!(html.contains("2 rows") && html.contains("Spring &lt;b&gt;sale") && !html.contains("<b>sale"), "{html}");
    assert!(html.contains("result.csv?sql=select%20id"));
    let (_, html) = body(&client, "/explore/sql?sql=drop+table+klaviyo_events");
    assert!(html.contains("That is not allowed here") && html.contains("only statements that select"), "{html}");
    let (_, html) = body(&client, "/explore/sql?sql=select+%22%3Cscript%3E%22");
    assert!(html.contains("The database says") && html.contains("&lt;script&gt;"), "{html}");
    let csv = client.get("/explore/sql/result.csv?sql=select+count(*)+as+n+from+klaviyo_events").dispatch();
    assert_eq!(csv.headers().get_one("Content-Disposition"), Some("attachment; filename=\"result.csv\""));
    assert_eq!(csv.into_string().as_deref(), Some("n\n50\n"));
    assert_eq!(body(&client, "/explore/sql/result.csv?sql=delete+from+klaviyo_events").0, Status::BadRequest);
    assert_eq!(body(&client, "/explore/sql/result.xlsx?sql=select+1").0, Status::NotFound);
    assert!(fs::read_dir(directory.path().join("exports")).expect("a directory").next().is_none(), "a file was left");
}

#[test]
fn it_is_off_unless_a_setting_says_otherwise() {
    let served = serve(Store::in_memory().expect("a database"));
    let (status, html) = body(&served.client, "/explore/sql?sql=select+41%2B1+as+n");
    assert_eq!(status, Status::Ok);
    assert!(html.contains("The SQL console is off") && html.contains("explore.sql") && !html.contains(">42<"));
    assert_eq!(body(&served.client, "/explore/sql/result.csv?sql=select+1").0, Status::Forbidden);
}

/// The most megabytes that a process has taken so far.
fn peak(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).expect("a process");
    let line = status.lines().find(|it| it.starts_with("VmHWM:")).expect("its peak");
    line.split_whitespace().nth(1).and_then(|it| it.parse::<u64>().ok()).expect("kilobytes") >> 10
}

#[test]
fn what_nothing_interrupts_ends_a_statement_and_not_the_server() {
    let (directory, port) = (tempfile::tempdir().expect("a directory"), free_port());
    let mut command = klytics(directory.path(), &["serve"]);
    command.env("ROCKET_PORT", port.to_string()).env("KLYTICS_STORE__MEMORY_LIMIT", "256MB");
    let running = Running::start(command.env("KLYTICS_EXPLORE__SQL", "true"));
    let asked = |sql: &str| {
        let encoded: Vec<String> = sql.bytes().map(|it| format!("%{it:02x}")).collect();
        let encoded = encoded.concat();
        get(port, &format!("/explore/sql?sql={encoded}"))
    };
    assert!(asked("select 40 + 2 as n").contains(">42<"));
    let (before, long) = (peak(running.id()), "(select string_agg(x::varchar, ',') from range(700000) as t(x))");
    let many = ["s"; 1_000].join(",");
    for (sql, says) in [
        // One call makes two thousand long texts.
        (format!("select sum(length(s || x)) from (select {long} as s), range(100000) as t(x)"), "too much memory"),
        (
            format!(
                "select length(replace(s, ',', '{}')) from (
                     select string_agg(x::varchar, ',') as s from range(4000000) as t(x)
                 )",
                "x".repeat(100)
            ),
            "too much memory",
        ),
        // Texts that keep growing, each in a call of its own.
        (
            "with recursive r as (select 1 as n, 'a text' as s union all select n + 1, s || s from r where n < 60)
             select max(length(s)) from r"
                .to_owned(),
            "too much memory",
        ),
        // The database takes what it did not expect there for a fault of its own.
        (format!("select length(concat({many})) from (select {long} as s)"), "The database says"),
        (format!("select length(row({many})::varchar) from (select {long} as s)"), "The database says"),
    ] {
        let html = asked(&sql);
        assert!(html.contains(says), "{sql}: {html}");
        let html = asked("select 40 + 2 as n");
        assert!(html.contains(">42<"), "after {sql}: {html}");
    }
    let grown = peak(running.id()) - before;
    assert!(grown < 900, "{grown} MB more were taken");
}
