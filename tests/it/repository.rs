//! The rows of every entity, by the one description that the catalog gives of them.

use chrono::{DateTime, TimeDelta, Utc};
use klytics::catalog::{ENTITIES, EVENTS, Entity, Kind, find};
use klytics::store::repository::{Filter, Listing, Order, Part, field, sortable};
use klytics::store::{Cell, Error, Record, Store, Window};
use serde_json::{Value, json};

use crate::support::{lines, noon, seed, sums_agree, value};

const ALL: Part<'static> = Part { order: Order::Newest, limit: 1_000, offset: 0 };

/// A row of `entity` that has something in every column.
fn row(entity: &Entity, number: i64) -> Record {
    let at = noon() - TimeDelta::minutes(number);
    let cell = |it: &klytics::catalog::Column| match it.kind {
        Kind::Text => Cell::Text(format!("{} {number}", it.name)),
        Kind::Document => Cell::Text(json!([{ "number": number }]).to_string()),
        Kind::Count => Cell::Count(number),
        Kind::Number => Cell::Number(0.5),
        Kind::Money => Cell::Money(format!("{number}.2500")),
        Kind::Flag => Cell::Flag(true),
        Kind::Day => Cell::Day((noon() - TimeDelta::days(number)).date_naive()),
        Kind::Time | Kind::LocalTime => Cell::Time(at.naive_utc()),
        Kind::Texts => Cell::Texts(vec!["one".to_owned(), "t\"wo".to_owned()]),
    };
    Record {
        id: format!("{number:04}"),
        cells: entity.columns.iter().map(cell).collect(),
        rest: Some(json!({ "deep": { "number": number } }).to_string()),
        raw: None,
    }
}

fn keep(store: &Store, entity: &Entity, rows: &[Record]) {
    store.write(|db| db.upsert(entity, rows, noon())).expect("rows that fit");
}

fn list(store: &Store, entity: &Entity, filter: &Filter<'_>, part: Part<'_>) -> Listing {
    store.read(|db| db.list(entity, filter, part)).expect("a listing")
}

fn ids(listing: &Listing) -> Vec<&str> {
    listing.rows.iter().map(|it| it["id"].as_str().expect("an id")).collect()
}

#[test]
fn a_row_of_any_entity_comes_back_as_it_was_kept() {
    let store = Store::in_memory().expect("a database");
    for entity in ENTITIES {
        let rows: Vec<_> = (1..=3).map(|it| row(entity, it)).collect();
        let changes = store.write(|db| db.upsert(entity, &rows, noon())).expect(entity.name);
        assert_eq!((changes.new, changes.changed), (3, 0), "{}", entity.name);
        let found = store.read(|db| db.find(entity, "0002", false)).expect("an answer").expect("a row");
        for column in entity.columns {
            let name = field(column.name);
            let expected = match column.kind {
                Kind::Text => json!(format!("{} 2", column.name)),
                Kind::Document => json!([{ "number": 2 }]),
                Kind::Count => json!(2),
                Kind::Number => json!(0.5),
                Kind::Money => json!(2.25),
                Kind::Flag => json!(true),
                Kind::Day => json!("2026-11-19"),
                Kind::Time => json!("2026-11-21T16:58:00Z"),
                Kind::LocalTime => json!("2026-11-21T16:58:00"),
                Kind::Texts => json!(["one", "t\"wo"]),
            };
            assert_eq!(found[&name], expected, "{}.{name}", entity.name);
        }
        assert_eq!(found[&field(entity.rest.column)], json!({ "deep": { "number": 2 } }), "{}", entity.name);
        assert_eq!(found["syncedAt"], "2026-11-21T17:00:00Z");
        assert_eq!(store.read(|db| db.find(entity, "2", false)).expect("an answer"), None, "{}", entity.name);
    }
}

#[test]
fn every_entity_is_listed_by_every_column_that_has_an_order() {
    let store = Store::in_memory().expect("a database");
    for entity in ENTITIES {
        let mut rows: Vec<_> = (1..=5).map(|it| row(entity, it)).collect();
        // Of one row nothing is known.
        rows[2].cells = vec![Cell::Null; entity.columns.len()];
        keep(&store, entity, &rows);
        for column in sortable(entity) {
            for descending in [false, true] {
                let order = Order::By { column, descending };
                let listing = list(&store, entity, &Filter::default(), Part { order, limit: 1_000, offset: 0 });
                assert_eq!(ids(&listing).last(), Some(&"0003"), "{}.{}: the unknown is last", entity.name, column.name);
                let mut known = ids(&listing)[..4].to_vec();
                let falls = matches!(column.kind, Kind::Day | Kind::Time | Kind::LocalTime) != descending;
                let tied = matches!(column.kind, Kind::Flag | Kind::Number);
                if falls && !tied {
                    known.reverse();
                }
                assert_eq!(known, ["0001", "0002", "0004", "0005"], "{}.{} {descending}", entity.name, column.name);
            }
        }
        let first = list(
            &store,
            entity,
            &Filter::default(),
            Part { order: Order::Id { descending: true }, limit: 2, offset: 1 },
        );
        assert_eq!((ids(&first), first.total), (vec!["0004", "0003"], 5), "{}", entity.name);
        assert!(
            !first.rows[0].contains_key(&field(entity.rest.column)),
            "{}: a listing without documents",
            entity.name
        );
        let latest = store.read(|db| db.latest_update(entity)).expect("an answer");
        let expected = entity.updated_column().map(|_| noon() - TimeDelta::minutes(1));
        assert_eq!(latest, expected, "{}", entity.name);
    }
}

fn campaigns() -> (Store, &'static Entity) {
    let store = Store::in_memory().expect("a database");
    seed(
        &store,
        "insert into klaviyo_campaigns (id, name, status, updated_at, deleted_at) values
             ('a', '50% off', 'Sent', '2026-03-01 12:00', null),
             ('b', '500 off_now', 'Draft', '2026-03-02 12:00', null),
             ('c', '<script>alert(1)</script>', 'sent', '2026-03-03 12:00', null),
             ('d', 'Ärger % and gone', 'Sent', '2026-03-04 12:00', '2026-03-05'),
             ('e', null, null, null, null)",
    );
    (store, find("campaigns").expect("an entity"))
}

#[test]
fn rows_are_found_by_name_status_and_time() {
    let (store, entity) = campaigns();
    let day = |it: &str| format!("2026-03-{it}T12:00:00").parse().ok();
    let none = Filter::default();
    for (filter, expected) in [
        (none, vec!["c", "b", "a", "e"]),
        (Filter { with_deleted: true, ..none }, vec!["d", "c", "b", "a", "e"]),
        (Filter { name: Some("OFF"), ..none }, vec!["b", "a"]),
        // A percent sign and an underscore are what they are, and not wildcards.
        (Filter { name: Some("%"), ..none }, vec!["a"]),
        (Filter { name: Some("_"), ..none }, vec!["b"]),
        (Filter { name: Some("' or true --"), ..none }, vec![]),
        (Filter { name: Some("<SCRIPT>"), ..none }, vec!["c"]),
        (Filter { name: Some("ärg"), with_deleted: true, ..none }, vec!["d"]),
        (Filter { status: Some("sent"), ..none }, vec!["c", "a"]),
        (Filter { since: day("02"), ..none }, vec!["c", "b"]),
        (Filter { since: day("01"), before: day("02"), ..none }, vec!["a"]),
        (Filter { before: day("03"), status: Some("Draft"), name: Some("off"), ..none }, vec!["b"]),
    ] {
        let listing = list(&store, entity, &filter, ALL);
        assert_eq!(ids(&listing), expected, "{filter:?}");
        assert_eq!(listing.total, expected.len(), "{filter:?}");
        assert_eq!(store.read(|db| db.count_of(entity, &filter)).expect("a count"), expected.len(), "{filter:?}");
    }
}

#[test]
fn a_deleted_row_is_there_only_for_who_asks() {
    let (store, entity) = campaigns();
    let found = |with_deleted| store.read(|db| db.find(entity, "d", with_deleted)).expect("an answer");
    assert_eq!(found(false), None);
    assert_eq!(found(true).expect("a row")["deletedAt"], "2026-03-05T00:00:00Z");
    let latest = store.read(|db| db.latest_update(entity)).expect("an answer");
    assert_eq!(latest, "2026-03-03T12:00:00Z".parse::<DateTime<Utc>>().ok(), "what is deleted does not count");
    let delete = |id: &'static str| store.write(|db| db.delete(entity, id, noon())).expect("an answer");
    assert_eq!((delete("a"), delete("a"), delete("nobody")), (true, false, false));
    assert_eq!(ids(&list(&store, entity, &Filter::default(), ALL)), ["c", "b", "e"]);
}

#[test]
fn what_happened_is_removed_and_not_marked() {
    let store = Store::in_memory().expect("a database");
    keep(&store, &EVENTS, &[row(&EVENTS, 1), row(&EVENTS, 2)]);
    assert!(store.write(|db| db.delete(&EVENTS, "0001", noon())).expect("an answer"));
    assert_eq!(lines(&store, "select id from klaviyo_events"), ["0002"]);
    sums_agree(&store);
    // The same id again is the same event.
    let changes = store.write(|db| db.upsert(&EVENTS, &[row(&EVENTS, 2), row(&EVENTS, 3)], noon())).expect("rows");
    assert_eq!((changes.new, changes.changed), (1, 1));
    assert_eq!(lines(&store, "select id from klaviyo_events"), ["0002", "0003"]);
    sums_agree(&store);
    // A window that is replaced afterwards takes them all away.
    let window = Window { start: noon() - TimeDelta::days(1), end: noon() };
    let staged = store.stage(&EVENTS).expect("a stage");
    let changes = store.replace_window(&staged, window, noon()).expect("a window");
    assert_eq!((changes.new, changes.deleted), (0, 2));
    sums_agree(&store);
}

#[test]
fn an_empty_table_has_no_latest_update() {
    let store = Store::in_memory().expect("a database");
    for entity in ENTITIES {
        assert_eq!(store.read(|db| db.latest_update(entity)).expect("an answer"), None, "{}", entity.name);
        assert_eq!(list(&store, entity, &Filter::default(), ALL).total, 0, "{}", entity.name);
    }
}

#[test]
fn keeping_what_is_kept_changes_nothing() {
    let store = Store::in_memory().expect("a database");
    let entity = find("flows").expect("an entity");
    let rows: Vec<_> = (1..=4).map(|it| row(entity, it)).collect();
    keep(&store, entity, &rows);
    let again = store.write(|db| db.upsert(entity, &rows, noon() + TimeDelta::hours(1))).expect("rows");
    assert_eq!((again.new, again.changed), (0, 0));
    assert_eq!(value(&store, "select count(distinct synced_at) from klaviyo_flows"), "1");
    let one = store.write(|db| db.upsert(entity, &[Record { rest: None, ..row(entity, 2) }], noon())).expect("a row");
    assert_eq!((one.new, one.changed), (0, 1));
}

#[test]
fn a_bad_row_is_named_and_none_of_its_batch_is_kept() {
    let store = Store::in_memory().expect("a database");
    let items = find("catalog_items").expect("an entity");
    let place = |name: &str| items.columns.iter().position(|it| it.name == name).expect("a column");
    keep(&store, items, &[row(items, 9)]);
    let with = |column: &str, cell: Cell| {
        let mut bad = row(items, 3);
        bad.cells[place(column)] = cell;
        bad
    };
    let cases = [
        (with("price", Cell::Money("12,50".to_owned())), "price", "12,50"),
        (with("price", Cell::Money("1.23456".to_owned())), "price", "decimals"),
        (with("title", Cell::Count(5)), "title", "Count(5)"),
        (with("updated_at", Cell::Text("soon".to_owned())), "updated_at", "soon"),
        (Record { id: String::new(), ..row(items, 3) }, "id", "empty"),
        (Record { rest: Some("{".to_owned()), ..row(items, 3) }, "metadata", "JSON"),
        (Record { rest: Some(r#""\ud83d""#.to_owned()), ..row(items, 3) }, "metadata", "hurt"),
        (Record { cells: Vec::new(), ..row(items, 3) }, "columns", "catalog"),
    ];
    for (bad, column, why) in cases {
        let batch = [row(items, 1), row(items, 2), bad, row(items, 4)];
        let error = store.write(|db| db.upsert(items, &batch, noon())).expect_err(column);
        let Error::BadRow { entity, row, column: named, .. } = &error else { panic!("{error:?}") };
        assert_eq!((*entity, *row, named.as_str()), ("catalog_items", 3, column));
        assert!(error.to_string().contains(why), "{error}");
        assert_eq!(lines(&store, "select id from klaviyo_catalog_items"), ["0009"], "{column}");
    }
    // Nor is anything kept that the same transaction did before.
    let bad = Record { id: String::new(), ..row(items, 1) };
    let both = store.write(|db| {
        db.upsert(items, &[row(items, 5)], noon())?;
        db.upsert(items, &[bad], noon())
    });
    assert!(both.is_err());
    assert_eq!(lines(&store, "select id from klaviyo_catalog_items"), ["0009"]);
}

#[test]
fn more_rows_than_an_answer_holds_are_all_reached() {
    let store = Store::in_memory().expect("a database");
    let entity = find("tags").expect("an entity");
    let rows: Vec<_> = (1..=2_345).map(|it| row(entity, it)).collect();
    keep(&store, entity, &rows);
    let mut seen = std::collections::BTreeSet::new();
    for offset in (0..3_000).step_by(1_000) {
        let listing = list(&store, entity, &Filter::default(), Part { offset, ..ALL });
        assert_eq!(listing.total, 2_345);
        seen.extend(
            listing.rows.into_iter().map(|it| it["id"].clone()).filter_map(|it: Value| it.as_str().map(str::to_owned)),
        );
    }
    assert_eq!(seen.len(), 2_345);
}
