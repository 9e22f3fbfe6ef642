//! How the source is kept: who may name whom, where SQL lies and what it may say, what the README has to tell.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use klytics::catalog::{ENTITIES, Source};
use klytics::store::{Query, Store, ToSql, VIEWS};

/// Each module, and the names that may not appear in what it does. A module not listed may name whatever it likes.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("catalog", &["crate::", "duckdb::", "rocket::", "ureq::", "figment::"]),
    ("range", &["crate::", "duckdb::", "rocket::", "ureq::", "figment::"]),
    ("causes", &["crate::", "duckdb::", "rocket::", "ureq::", "figment::"]),
    ("histogram", &["crate::", "duckdb::", "rocket::", "ureq::", "figment::"]),
    ("config", &["crate::klaviyo", "crate::web", "crate::pages", "crate::api", "crate::sync", "duckdb::", "ureq::"]),
    ("klaviyo", &["crate::store", "crate::sync", "crate::web", "crate::pages", "crate::api", "duckdb::", "rocket::"]),
    ("store", &["crate::klaviyo", "crate::sync", "crate::web", "crate::pages", "crate::api", "rocket::", "ureq::"]),
    (
        "sync",
        &["crate::web", "crate::pages", "crate::api", "crate::demo", "crate::cli", "duckdb::", "rocket::", "ureq::"],
    ),
    ("web", &["crate::klaviyo", "crate::sync", "crate::pages", "crate::api", "crate::demo", "duckdb::", "ureq::"]),
    ("pages", &["crate::klaviyo", "crate::demo", "crate::api", "duckdb::", "ureq::"]),
    ("api", &["crate::klaviyo", "crate::demo", "duckdb::", "ureq::"]),
    (
        "demo",
        &["crate::store", "crate::sync", "crate::pages", "crate::api", "crate::web", "crate::klaviyo", "duckdb::"],
    ),
    ("app", &["crate::klaviyo", "crate::demo", "crate::cli", "duckdb::", "ureq::"]),
    ("cli", &["duckdb::", "ureq::"]),
];

/// What pages and API may name of the sync: its handle, and the types that the handle's methods take and give.
const OF_THE_SYNC: &[&str] = &[
    "Asked", "Budget", "Declined", "Delivery", "Handle", "Missed", "Order", "Receipt", "Refused", "Spent", "Ticket",
    "Trigger",
];

/// Functions of SQL that say what time it is: they need time zones, which the database is built without.
const CLOCKS: &[&str] = &["now()", "today()", "current_date", "current_timestamp", "current_time", "localtime"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `dir` whose name ends so, with its text.
fn files(dir: &Path, ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.to_str().is_some_and(|it| it.ends_with(ending)) {
                let text = fs::read_to_string(&path).expect("text");
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

/// The files of a module, without their tests and comments.
fn production(module: &str) -> Vec<(PathBuf, String)> {
    let all = files(&root().join("src"), ".rs");
    let own = root().join("src").join(module);
    let is_of = |path: &Path| path == own.with_extension("rs") || path.starts_with(&own);
    let is_test = |path: &Path| path.file_stem().is_some_and(|it| it == "tests");
    let code = |text: String| {
        let text = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
        text.lines().filter(|it| !it.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    };
    let found: Vec<_> = all
        .into_iter()
        .filter(|(path, _)| is_of(path) && !is_test(path))
        .map(|(path, text)| (path, code(text)))
        .collect();
    assert!(!found.is_empty(), "there is no module {module}");
    found
}

fn short(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

#[test]
fn modules_only_look_down() {
    for (module, names) in FORBIDDEN {
        for (path, text) in production(module) {
            for name in *names {
                assert!(!text.contains(name), "{} may not name `{name}`", short(&path));
            }
        }
    }
}

#[test]
fn every_module_has_its_place() {
    let lib = fs::read_to_string(root().join("src/lib.rs")).expect("the library");
    for module in lib.lines().filter_map(|it| it.strip_prefix("pub mod ")?.strip_suffix(';')) {
        assert!(FORBIDDEN.iter().any(|(it, _)| *it == module), "say what {module} may not name");
    }
}

#[test]
fn pages_and_api_know_no_more_of_the_sync_than_its_handle() {
    for (path, text) in ["pages", "api", "web"].into_iter().flat_map(production) {
        for (at, _) in text.match_indices("crate::sync::") {
            let rest = &text[at + "crate::sync::".len()..];
            let names = rest.strip_prefix('{').map_or_else(
                || rest.split(|it: char| !it.is_alphanumeric()).next().unwrap_or_default(),
                |it| it.split('}').next().unwrap_or_default(),
            );
            for name in names.split(',').map(str::trim) {
                assert!(OF_THE_SYNC.contains(&name), "{} names sync::{name}", short(&path));
            }
        }
    }
}

#[test]
fn only_the_store_runs_statements() {
    for (path, text) in files(&root().join("src"), ".rs") {
        if !short(&path).starts_with("src/store") {
            assert!(!text.contains("duckdb::"), "{} names `duckdb::`", short(&path));
        }
    }
}

#[test]
fn every_query_says_what_it_answers_and_asks_no_clock() {
    for (path, text) in files(&root().join("src"), ".sql") {
        assert!(text.starts_with("-- "), "{} begins with a comment that says what it answers", short(&path));
        assert!(text.ends_with('\n'), "{} ends with a newline", short(&path));
        let code: Vec<_> = text.lines().map(|it| it.split("--").next().unwrap_or_default().to_lowercase()).collect();
        let code = code.join("\n");
        for clock in CLOCKS {
            assert!(!code.contains(clock), "{} asks {clock}", short(&path));
        }
    }
}

#[test]
fn pages_and_api_ask_views() {
    for module in ["pages", "api"] {
        for (path, text) in files(&root().join("src").join(module), ".sql") {
            let code: Vec<_> = text.lines().filter(|it| !it.trim_start().starts_with("--")).collect();
            assert!(!code.join("\n").contains("klaviyo_"), "{} reads a copied table instead of a view", short(&path));
        }
    }
}

/// Every query there is, by name.
fn queries() -> Vec<Query> {
    [klytics::store::QUERIES, klytics::pages::QUERIES, klytics::api::QUERIES, &[klytics::pages::WORKING]]
        .concat()
        .concat()
}

#[test]
fn every_query_fits_the_tables() {
    let store = Store::in_memory().expect("a database");
    let prepared = store.read(|db| {
        for table in klytics::pages::WORKING {
            let nothing: Vec<(&str, &dyn ToSql)> =
                placeholders(table.text).into_iter().map(|it| (it, &None::<String> as &dyn ToSql)).collect();
            db.execute(*table, &nothing)?;
        }
        queries().into_iter().try_for_each(|it| db.prepare(it))
    });
    prepared.unwrap_or_else(|error| panic!("{error:?}"));
}

/// What the SQL names with a `$`, comments aside.
fn placeholders(text: &str) -> BTreeSet<&str> {
    let code = text.lines().map(|it| it.split("--").next().unwrap_or_default());
    code.flat_map(|line| line.split('$').skip(1))
        .map(|it| it.split(|it: char| !it.is_alphanumeric() && it != '_').next().unwrap_or_default())
        .collect()
}

#[test]
fn every_query_is_one_that_a_test_prepares() {
    let all = files(&root().join("src"), ".sql");
    // Some read tables that are only there while a window is written, which other queries or the schema make.
    let made =
        |text: &str| text.split("temp table ").nth(1).and_then(|it| it.split_whitespace().next()).map(str::to_owned);
    let of_schema = ["stage_events", "events_moved", "events_arrived"].map(str::to_owned);
    let passing: BTreeSet<String> = all.iter().filter_map(|(_, text)| made(text)).chain(of_schema).collect();
    let reads_passing =
        |text: &str| text.split(|it: char| !it.is_alphanumeric() && it != '_').any(|it| passing.contains(it));
    let known: BTreeSet<&str> = queries().iter().map(|it| it.text).chain(VIEWS.iter().map(|it| it.1)).collect();
    for (path, text) in &all {
        let name = short(path);
        let exempt = name.starts_with("src/store/migrations/") || reads_passing(text);
        assert!(exempt || known.contains(text.as_str()), "{name} is in no list of queries");
    }
    let names: Vec<_> = queries().iter().map(|it| it.name).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "a name twice: {names:?}");
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).expect("the README")
}

/// The packaged settings, each with its default, as a person writes them: `port`, `klaviyo.base_url`.
fn settings() -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("Rocket.toml")).expect("the settings");
    let mut table = String::new();
    let mut keys = Vec::new();
    for line in text.lines().map(str::trim).filter(|it| !it.starts_with('#')) {
        if let Some(name) = line.strip_prefix("[default").and_then(|it| it.strip_suffix(']')) {
            table = name.strip_prefix('.').map(|it| format!("{it}.")).unwrap_or_default();
        } else if let Some((key, value)) = line.split_once(" = ") {
            keys.push((format!("{table}{key}"), value.to_owned()));
        }
    }
    assert!(keys.len() > 15, "{keys:?}");
    keys
}

#[test]
fn the_readme_tells_every_setting() {
    let readme = readme();
    for (key, value) in settings() {
        let row = readme.lines().find(|it| it.starts_with(&format!("| `{key}` |")));
        let row = row.unwrap_or_else(|| panic!("the README does not tell of `{key}`"));
        assert!(row.contains(&format!("| `{value}` |")), "`{key}` is {value}, and the README says {row}");
        let variable = format!("KLYTICS_{}", key.to_uppercase().replace('.', "__"));
        let rockets = !key.contains('.') && row.contains("`ROCKET_");
        assert!(rockets || row.contains(&format!("`{variable}`")) || row.contains("`KLAVIYO_API_KEY`"), "{row}");
    }
    let schedules: Vec<_> = readme.lines().filter_map(|it| it.strip_prefix("| `sync.schedules.")).collect();
    let known = settings().iter().filter(|(key, _)| key.starts_with("sync.schedules.")).count();
    assert_eq!(schedules.len(), known, "the README tells of a schedule that there is not");
}

#[test]
fn every_schedule_is_a_setting_whose_default_is_the_catalogs() {
    let settings = settings();
    for entity in ENTITIES.iter().filter(|it| !matches!(it.source, Source::Included { .. })) {
        let key = format!("sync.schedules.{}", entity.name);
        let value = settings.iter().find(|(it, _)| *it == key).map(|(_, value)| value.as_str());
        assert_eq!(value, Some(format!("\"{}\"", entity.schedule).as_str()), "{key}");
    }
    // Of what there is not, or comes along with something else, there is none: the start would refuse it.
    klytics::config::Settings::from(&klytics::config::packaged()).expect("settings that are known");
}

#[test]
fn the_readme_tells_every_entity() {
    let readme = readme();
    for entity in ENTITIES {
        let row = readme.lines().find(|it| it.starts_with('|') && it.contains(&format!("`{}`", entity.name)));
        assert!(row.is_some(), "the README's table of what is copied lacks `{}`", entity.name);
    }
}

#[test]
fn settings_that_code_assumes_are_those_of_the_packaged_file() {
    let settings = klytics::config::Settings::from(&klytics::config::packaged()).expect("settings");
    let said = |it: &dyn std::fmt::Debug| format!("{it:?}");
    assert_eq!(said(&settings.api), said(&klytics::config::Api::default()));
    assert_eq!(said(&settings.cache), said(&klytics::config::Cache::default()));
    assert_eq!(said(&settings.explore), said(&klytics::config::Explore::default()));
}

#[test]
fn every_setting_says_what_it_does() {
    let text = fs::read_to_string(root().join("Rocket.toml")).expect("the settings");
    let lines: Vec<_> = text.lines().collect();
    for (number, line) in lines.iter().enumerate().filter(|(_, it)| it.contains(" = ") && !it.starts_with('#')) {
        // A pair may share its comment.
        let above = lines[..number].iter().rev().find(|it| !it.contains(" = ") || it.starts_with('#'));
        assert!(above.is_some_and(|it| it.starts_with('#')), "{line} has no comment");
    }
}

#[test]
fn nothing_names_the_machine_that_it_was_written_on() {
    let homes = ["/root/", "/home/", "/Users/", "/tmp/"];
    for dir in ["src", "templates", "tests"] {
        for (path, text) in
            ["rs", "sql", "tera", "toml", "md", "py"].iter().flat_map(|it| files(&root().join(dir), &format!(".{it}")))
        {
            if short(&path) == "tests/it/tidy.rs" {
                continue;
            }
            for home in homes {
                assert!(!text.contains(home), "{} names {home}", short(&path));
            }
        }
    }
}

#[test]
fn nothing_is_left_unfinished() {
    for (path, text) in files(&root().join("src"), ".rs") {
        for mark in ["TODO", "FIXME", "todo!(", "unimplemented!(", "dbg!("] {
            assert!(!text.contains(mark), "{} holds {mark}", short(&path));
        }
    }
}
