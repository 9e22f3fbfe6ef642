//! `klytics demo`: a made-up shop, a Klaviyo that serves it, and the server that copies it; all on loopback.

use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

use chrono::Utc;
use clap::Args;
use figment::Figment;
use figment::providers::Serialized;

use super::{Failure, serve};
use crate::app;
use crate::demo::{Clock, Fake, Limits, Plan, ShopPlan};
use crate::klaviyo::Client;
use crate::store::{Options, Store};
use crate::sync::Handle;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Events in two years of history, roughly; more happen while it runs
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1_000..=20_000_000))]
    events: u64,
    /// People who know the shop
    #[arg(long, value_name = "N", default_value_t = 8_000, value_parser = clap::value_parser!(u64).range(50..=5_000_000))]
    profiles: u64,
    /// Another shop for another number; the same shop for the same number on the same day
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Keep the database there; otherwise it is gone when the demo ends
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Port of the dashboard; a free one near it is taken when it is in use
    #[arg(long, value_name = "PORT", default_value_t = 8000)]
    port: u16,
    /// Only serve the stand-in for Klaviyo's API, and print its address and key
    #[arg(long)]
    serve_api_only: bool,
    /// Keep to Klaviyo's rate limits, as the real one does
    #[arg(long)]
    limits: bool,
    /// Let every answer of the stand-in take so long; the real one takes about 300
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=60_000))]
    latency_ms: u64,
}

/// How many ports above the wished one are tried.
const PORTS_TRIED: u16 = 20;

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.serve_api_only {
        return serve_api(arguments);
    }
    super::print(format_args!(
        "Making up a shop with {} events and {} profiles …",
        arguments.events, arguments.profiles
    ));
    let fake = start(arguments, 0)?;
    // The shop comes along with the temporary directory, and both go when the demo ends.
    let temporary = match arguments.data_dir {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("klytics-demo-").tempdir().map_err(anyhow::Error::from)?),
    };
    let data_dir = match (&arguments.data_dir, &temporary) {
        (Some(kept), _) => kept.clone(),
        (None, Some(temporary)) => temporary.path().to_owned(),
        (None, None) => PathBuf::from("."),
    };
    let figment = settings(&fake, &data_dir, free_port(arguments.port)?);
    let settings = super::settings(&figment)?;
    let client: Option<Client> = super::client(&settings.klaviyo)?;
    let store = Store::open(&data_dir, &Options::from_settings(&settings.store))?;
    store.owns_process();
    let handle = Handle::new(store.clone(), client, (&settings).into(), Utc::now)?;
    let parts = app::Parts {
        store,
        handle,
        scheduled: true,
        hosts: Vec::new(),
        api: settings.api,
        cache: settings.cache,
        data_dir,
    };
    serve::launch(figment, parts, |url| {
        super::print(format_args!("Klytics shows the shop at {url}"));
        super::print(
            "It copies the shop's events now, newest first; new orders and opens keep coming: press \"Sync now\" to see them.",
        );
        super::print("Stop with Ctrl-C.");
    })
}

/// The stand-in alone, for trying another tool, or Klytics from another terminal.
fn serve_api(arguments: &Arguments) -> Result<(), Failure> {
    let fake = start(arguments, arguments.port)?;
    super::print("A stand-in for Klaviyo's API serves a made-up shop. To copy it from another terminal:");
    super::print(format_args!("  KLYTICS_KLAVIYO__BASE_URL={} KLAVIYO_API_KEY={} klytics", fake.url(), fake.key()));
    super::print(format_args!("How busy it is kept is told at {}/traffic.", fake.url()));
    super::print("Stop with Ctrl-C.");
    fake.wait();
    Ok(())
}

fn start(arguments: &Arguments, port: u16) -> Result<Fake, Failure> {
    let clock = Clock::Real;
    let mut shop = ShopPlan::until(clock.now());
    shop.seed = arguments.seed;
    shop.events = arguments.events;
    shop.profiles = arguments.profiles;
    let limits = if arguments.limits { Limits::Klaviyo { share: 1.0 } } else { Limits::None };
    let latency = Duration::from_millis(arguments.latency_ms);
    let plan = Plan { shop, clock, limits, latency, port, ..Plan::default() };
    Fake::start(plan).map_err(|error| Failure::Other(anyhow::Error::new(error)))
}

/// The packaged settings, pointed at the stand-in; neither file nor environment is read.
fn settings(fake: &Fake, data_dir: &std::path::Path, port: u16) -> Figment {
    crate::config::packaged()
        .merge(Serialized::default("port", port))
        .merge(Serialized::default("data_dir", data_dir))
        .merge(Serialized::default("klaviyo.base_url", fake.url()))
        .merge(Serialized::default("klaviyo.api_key", fake.key()))
        // What the segments of a made-up shop earned is worth a look.
        .merge(Serialized::default("membership.segments", "all"))
        // Each month of a report takes half a minute, here as at Klaviyo.
        .merge(Serialized::default("reports.history_days", 60))
        // What is made up may be asked anything.
        .merge(Serialized::default("explore.sql", true))
        // Nobody else draws on the limits of a made-up shop.
        .merge(Serialized::default("klaviyo.budget_share", 1.0))
}

/// The wished port, or the next free one.
fn free_port(wished: u16) -> Result<u16, Failure> {
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let mut ports = wished..=wished.saturating_add(PORTS_TRIED);
    ports.find(is_free).ok_or_else(|| {
        Failure::Other(anyhow::anyhow!(
            "ports {wished} to {} are all in use; choose another with --port",
            wished.saturating_add(PORTS_TRIED)
        ))
    })
}
