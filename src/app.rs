//! Puts the parts together; the command and the tests serve the same thing.

mod warming;

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use figment::Figment;
use rocket::fairing::{Fairing, Info, Kind};
use rocket::{Build, Orbit, Rocket};

use crate::pages::Desk;
use crate::store::Store;
use crate::sync::{Handle, Threads};
use crate::web::Cache;
use crate::{api, config, pages, web};

/// What a server is made of.
pub struct Parts {
    pub store: Store,
    pub handle: Handle,
    /// Whether entities are copied on their schedules.
    pub scheduled: bool,
    /// Names that a browser may call this server by.
    pub hosts: Vec<String>,
    pub api: config::Api,
    pub cache: config::Cache,
    /// Where templates may be overridden, and Rocket finds the empty directory that it asks for.
    pub data_dir: PathBuf,
}

/// How long the sync may take to come to its end at shutdown; a request that is under way is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// The server, ready for launch. `ready` is told its address once it answers.
///
/// # Errors
/// When the directory for templates cannot be made, or the settings do not hold.
pub fn build(
    figment: Figment,
    parts: Parts,
    ready: impl Fn(&str) + Send + Sync + 'static,
) -> std::io::Result<Rocket<Build>> {
    let Parts { store, handle, scheduled, mut hosts, api, cache, data_dir } = parts;
    let desk = Desk::new(store.clone(), handle.clone(), Cache::new(cache)).with_benchmarks(&data_dir);
    // What nobody set is as it is packaged.
    let layers = config::packaged().merge(&figment);
    let webhooks: config::Webhooks = layers.extract_inner("webhooks").map_err(std::io::Error::other)?;
    let explore: config::Explore = layers.extract_inner("explore").map_err(std::io::Error::other)?;
    let in_force = config::in_force(&layers).map_err(std::io::Error::other)?;
    hosts.extend(webhooks.host());
    let figment = figment.merge(("template_dir", web::templates::directory(&data_dir)?));
    let settings = web::Settings { hosts, overrides: Some(data_dir.join("overrides")) };
    Ok(rocket::custom(figment)
        .manage(store.clone())
        .manage(handle.clone())
        .manage(desk.clone())
        .manage(webhooks)
        .manage(explore)
        .manage(in_force)
        .attach(web::stage(settings))
        .attach(pages::stage())
        .attach(api::stage(api))
        .attach(Background { store, handle, scheduled, threads: Mutex::default(), ready: Box::new(ready) })
        .attach(warming::Warming::of(desk)))
}

/// The sync's threads, from liftoff to shutdown.
struct Background {
    store: Store,
    handle: Handle,
    scheduled: bool,
    threads: Mutex<Option<Threads>>,
    ready: Box<dyn Fn(&str) + Send + Sync>,
}

#[rocket::async_trait]
impl Fairing for Background {
    fn info(&self) -> Info {
        Info { name: "sync", kind: Kind::Liftoff | Kind::Shutdown }
    }

    async fn on_liftoff(&self, rocket: &Rocket<Orbit>) {
        *lock(&self.threads) = Some(self.handle.spawn(self.scheduled));
        let config = rocket.config();
        (self.ready)(&format!("http://{}:{}", config.address, config.port));
    }

    async fn on_shutdown(&self, _: &Rocket<Orbit>) {
        let threads = lock(&self.threads).take();
        let store = self.store.clone();
        // On a thread of its own: all others may wait for what this ends.
        let stopped = web::waiting(move || {
            if let Some(threads) = threads {
                threads.stop(PATIENCE);
            }
            Ok(store.checkpoint())
        });
        if let Ok(Err(error)) = stopped.await {
            log::error!(
                "the database could not be checkpointed; nothing is lost, its log is read at the next start: {error}"
            );
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
