//! `klytics serve`: the server, and the sync on its threads.

use std::net::TcpListener;
use std::time::Duration;

use chrono::Utc;
use figment::Figment;
use rocket::error::ErrorKind;
use rocket::tokio::runtime::{Builder, Runtime};

use super::Failure;
use crate::app;
use crate::sync::Handle;

/// How long what is still at work when the server has come to its end is waited for.
const LEFT_OVER: Duration = Duration::from_millis(500);

pub(super) fn run(figment: Figment) -> Result<(), Failure> {
    let settings = super::settings(&figment)?;
    let client = super::client(&settings.klaviyo)?;
    let address: std::net::IpAddr = figment.extract_inner("address").unwrap_or(std::net::Ipv4Addr::LOCALHOST.into());
    let port = figment.extract_inner::<u16>("port").unwrap_or_default();
    // Said before anything is opened or made.
    TcpListener::bind((address, port)).map_err(|cause| cannot_listen(port, &cause))?;
    let store = super::open(&settings)?;
    if !address.is_loopback() {
        log::warn!("listening on {address}, and there is no login: whoever reaches this port sees the account's data");
    }
    if client.is_none() {
        log::warn!("no Klaviyo API key is set; the pages say how to set one");
    }
    let handle = Handle::new(store.clone(), client, (&settings).into(), Utc::now)?;
    let parts = app::Parts {
        store,
        handle,
        scheduled: settings.sync.schedule,
        hosts: settings.hosts,
        api: settings.api,
        cache: settings.cache,
        data_dir: settings.data_dir,
    };
    launch(figment, parts, |url| super::print(format_args!("Klytics is up at {url}")))
}

/// Serves until a signal; `ready` is called with the address once the server answers.
pub(super) fn launch(
    figment: Figment,
    parts: app::Parts,
    ready: impl Fn(&str) + Send + Sync + 'static,
) -> Result<(), Failure> {
    let port = figment.extract_inner::<u16>("port").unwrap_or_default();
    let threads = threads(&figment)?;
    let server = app::build(figment, parts, ready).map_err(anyhow::Error::from)?;
    let launched = threads.block_on(server.launch());
    threads.shutdown_timeout(LEFT_OVER);
    let Err(error) = launched else { return Ok(()) };
    // Rocket logs an error that nobody looks at when it is dropped; it was looked at.
    match error.kind() {
        ErrorKind::Bind(cause) => Err(cannot_listen(port, cause)),
        ErrorKind::Shutdown(..) => {
            log::warn!("some answers were not ready when the server came to its end");
            Ok(())
        }
        other => Err(Failure::Other(anyhow::anyhow!("the server could not start: {other}"))),
    }
}

/// The threads that serve, as many as the settings in force say. Rocket's own would look for theirs in ./Rocket.toml alone.
fn threads(figment: &Figment) -> Result<Runtime, Failure> {
    let settings: rocket::Config = figment.extract().map_err(anyhow::Error::from)?;
    let threads = Builder::new_multi_thread()
        .thread_name("rocket-worker-thread")
        .worker_threads(settings.workers)
        .max_blocking_threads(settings.max_blocking)
        .enable_all()
        .build();
    threads.map_err(|cause| Failure::Other(anyhow::anyhow!("the threads that serve could not be started: {cause}")))
}

fn cannot_listen(port: u16, cause: &dyn std::error::Error) -> Failure {
    let reason = format!("cannot listen on port {port}: {cause}; choose another with ROCKET_PORT");
    Failure::Other(anyhow::Error::msg(reason))
}
