//! The command line: one verb a file, and what each failure means as an exit code.

mod config;
mod demo;
mod serve;
mod status;
mod sync;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use figment::Figment;
use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit, umask};

use crate::causes::causes;
use crate::config::Settings;
use crate::klaviyo::{self, Client};
use crate::store::{self, Options, Store};

/// Self-hosted analytics for Klaviyo accounts.
///
/// Klytics copies an account's metrics, events, profiles, campaigns, flows, forms, segments and lists into one DuckDB
/// file, keeps them current, and serves dashboards and a JSON API from that file.
#[derive(Debug, Parser)]
#[command(name = "klytics", version, after_long_help = AFTER_HELP)]
struct Arguments {
    /// Settings file; without it ./Rocket.toml is read where there is one
    #[arg(long, short, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    verb: Option<Verb>,
}

const AFTER_HELP: &str = "\
First steps:
  klytics demo                          a full dashboard of a made-up shop; no key, no network
  KLAVIYO_API_KEY=pk_… klytics          serve the dashboard of your account, and keep it current
  KLAVIYO_API_KEY=pk_… klytics sync     copy once and stop, for cron

Settings come from the packaged Rocket.toml, then a file, then the environment: KLAVIYO_API_KEY, KLYTICS_DATA_DIR,
KLYTICS_<TABLE>__<KEY>, ROCKET_ADDRESS, ROCKET_PORT. `klytics config show` lists them all with their sources.

Exit codes:
  0  done
  1  failed
  2  wrong arguments or settings
  3  the Klaviyo API key is missing or was refused
  4  the database cannot be opened: in use, from a newer version, damaged, or on a full disk
  5  some entities could not be copied; the others were";

#[derive(Debug, Subcommand)]
enum Verb {
    /// Serve dashboards and API, and keep the copy current (the default)
    Serve,
    /// Show a full dashboard of a made-up shop: no key, no network, no files left behind
    Demo(demo::Arguments),
    /// Copy the account once, show the progress, and stop
    Sync(sync::Arguments),
    /// Tell how current every entity is
    Status(status::Arguments),
    /// Show or check the settings
    #[command(subcommand)]
    Config(config::Verb),
}

/// Why a verb failed; each has its exit code.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Settings(#[from] crate::config::Error),
    #[error("{0}")]
    Arguments(String),
    #[error("no Klaviyo API key is set; set KLAVIYO_API_KEY to a private key (pk_…) of the account")]
    NoKey,
    #[error("{0}")]
    KeyRefused(String),
    /// Somebody pressed Ctrl-C, or asked the process to end.
    #[error("{0}")]
    Stopped(String),
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The message was printed where the details were.
    #[error("{0}")]
    Partly(String),
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

impl Failure {
    fn code(&self) -> u8 {
        match self {
            Failure::Other(_) => 1,
            Failure::Settings(_) | Failure::Arguments(_) => 2,
            Failure::NoKey | Failure::KeyRefused(_) => 3,
            Failure::Store(_) => store::EXIT_CODE,
            Failure::Partly(_) => 5,
            // As shells say of what a SIGINT ended.
            Failure::Stopped(_) => 130,
        }
    }
}

/// Does what the command line says.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    log_to_stderr();
    settle();
    match carry_out(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("klytics: {}", causes(&failure));
            ExitCode::from(failure.code())
        }
    }
}

/// Whatever is made is for its owner only, and as many connections may be open as the system allows: a process begins with
/// few, and a reader that never ends its request keeps one.
fn settle() {
    umask(Mode::RWXG | Mode::RWXO);
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        log::debug!("no more files can be open than {:?}: {error}", limit.current);
    }
}

fn carry_out(arguments: Arguments) -> Result<(), Failure> {
    let verb = arguments.verb.unwrap_or(Verb::Serve);
    if let Verb::Demo(demo) = verb {
        return demo::run(&demo);
    }
    let figment = crate::config::figment(arguments.config.as_deref())?;
    match verb {
        Verb::Config(verb) => config::run(&verb, &figment),
        Verb::Serve => serve::run(figment),
        Verb::Sync(sync) => sync::run(&sync, &figment),
        Verb::Status(status) => status::run(&status, &figment),
        Verb::Demo(_) => Ok(()),
    }
}

/// Our own messages from `info` on, everyone else's from `warn`; `RUST_LOG` says otherwise.
fn log_to_stderr() {
    let filter = env_logger::Env::default().default_filter_or("warn,klytics=info,rocket::launch=error");
    env_logger::Builder::from_env(filter).format_target(false).init();
    // At trace the HTTP client writes whole requests, and with them the key.
    log::set_max_level(log::max_level().min(log::LevelFilter::Debug));
}

/// Prints a line. Whoever reads may have gone, as `head` does after its share; that is no failure of ours.
fn print(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Opens the store that the settings name.
fn open(settings: &Settings) -> Result<Store, store::Error> {
    let store = Store::open(&settings.data_dir, &Options::from_settings(&settings.store))?;
    store.owns_process();
    Ok(store)
}

/// The client that the settings describe; `None` without a key.
fn client(settings: &crate::config::Klaviyo) -> Result<Option<Client>, Failure> {
    let Some(key) = settings.api_key.expose() else { return Ok(None) };
    let settings = klaviyo::Settings {
        base_url: settings.base_url.clone(),
        api_key: klaviyo::Secret::new(key),
        budget_share: settings.budget_share,
        connect_timeout: std::time::Duration::from_secs(settings.connect_timeout_secs),
        read_timeout: std::time::Duration::from_secs(settings.timeout_secs),
        retries: settings.retries,
    };
    Client::new(settings).map(Some).map_err(|error| Failure::Arguments(error.to_string()))
}

/// The settings, and the figment that Rocket reads the rest of.
fn settings(figment: &Figment) -> Result<Settings, Failure> {
    Ok(Settings::from(figment)?)
}
