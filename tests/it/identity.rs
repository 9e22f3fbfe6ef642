//! A copy is of one account, and metrics stay what they were whatever they are called.

use klytics::params;
use klytics::store::Query;
use klytics::store::runs::Status;

use crate::support::{Mirror, Reading, everything, options, rows, same_rows, value};

#[test]
fn the_key_of_another_account_brings_nothing_and_is_told() {
    let mut mirror = Mirror::copied();
    // The same copy, as it would be if it was of somebody else.
    let rename = Query { name: "rename", text: "update klaviyo_accounts set id = 'OTHER1', name = 'Elsewhere'" };
    mirror.store.write(|db| db.execute(rename, params! {})).expect("a change");
    mirror.restart(&Reading { options: options(), ..Reading::default() });
    let before = rows(&mirror.store, true);
    mirror.pass_time(chrono::TimeDelta::hours(5));
    let run = mirror.run(everything());
    assert_eq!(run.status, Status::Failed);
    for it in &run.entities {
        let error = it.error.as_deref().unwrap_or_default();
        assert!(error.contains("of Elsewhere (OTHER1)"), "{}: {error}", it.name);
        assert!(it.remedy.as_deref().unwrap_or_default().contains("data_dir"), "{}: {:?}", it.name, it.remedy);
    }
    same_rows(&rows(&mirror.store, true), &before);
}

#[test]
fn a_metric_keeps_its_meaning_when_it_gets_a_name_that_has_none() {
    let mirror = Mirror::copied();
    let kind = "select kind from metric_kinds join klaviyo_metrics on id = metric_id where integration_name = 'Klaviyo' \
                and name in ('Received Email', 'Delivered Email')";
    assert_eq!(value(&mirror.store, kind), "received_email");
    let rename = Query {
        name: "rename",
        text: "update klaviyo_metrics set name = 'Delivered Email' where name = 'Received Email'",
    };
    mirror.store.write(|db| db.execute(rename, params! {})).expect("a change");
    mirror.store.write(|db| db.name_metric_kinds()).expect("kinds");
    assert_eq!(value(&mirror.store, kind), "received_email");
}
