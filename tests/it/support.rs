//! What several subjects need: an account with rows that were written by hand, and the application over it.

use chrono::Utc;
use klytics::app::{self, Parts};
use klytics::params;
use klytics::store::{Query, Store};
use klytics::sync::{Handle, Options};
use rocket::local::blocking::Client;

/// A store with an account in New York, whose money is dollars, and a metric of each kind that is named `m_<kind>`.
pub(crate) fn account() -> Store {
    let store = Store::in_memory().expect("a database");
    seed(
        &store,
        "insert into klaviyo_accounts (id, name, timezone, currency) values ('A', 'Tea & Co', 'America/New_York', 'USD');
         insert into metric_kinds
         select 'm_' || kind, kind, 'name'
         from unnest([
             'received_email', 'opened_email', 'clicked_email', 'bounced_email', 'marked_spam', 'unsubscribed_email',
             'received_sms', 'failed_sms', 'received_push', 'opened_push', 'placed_order', 'viewed_form', 'submitted_form'
         ]) as kinds(kind);
         insert into klaviyo_mapped_metrics (id, metric_id) values ('revenue', 'm_placed_order')",
    );
    store
}

/// Runs statements, which are separated by semicolons.
pub(crate) fn seed(store: &Store, statements: &'static str) {
    store
        .write(|db| {
            for text in statements.split(';').filter(|it| !it.trim().is_empty()) {
                db.execute(Query { name: "seed", text }, params! {})?;
            }
            Ok(())
        })
        .expect("rows that fit");
}

/// The application over `store`, without a key.
pub(crate) struct Served {
    pub(crate) client: Client,
    _data_dir: tempfile::TempDir,
}

pub(crate) fn serve(store: Store) -> Served {
    let data_dir = tempfile::tempdir().expect("a directory");
    let options = Options { history_days: 0, lookback_hours: 2, parallel: 1 };
    let handle = Handle::new(store.clone(), None, options, Utc::now).expect("a sync at rest");
    let parts = Parts { store, handle, scheduled: false, hosts: Vec::new(), data_dir: data_dir.path().to_owned() };
    let figment = rocket::Config::figment().merge(("log_level", "off"));
    let server = app::build(figment, parts, |_| ()).expect("a server");
    Served { client: Client::untracked(server).expect("a client"), _data_dir: data_dir }
}
