//! Settings: one struct per table of `Rocket.toml`, layered from the packaged file, a file of the user's, and the environment.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::{Dict, Value};
use figment::{Figment, Profile, Provider};
use serde::{Deserialize, Serialize};
use strsim::levenshtein as distance;

use crate::catalog::{ENTITIES, Source};

/// The packaged settings, every one with its default and a comment.
pub const PACKAGED: &str = include_str!("../Rocket.toml");

/// What a schedule says where nothing is to happen by itself.
pub const OFF: &str = "off";

/// All settings of ours. What Rocket itself reads stays in the figment.
#[derive(Debug, Clone, Deserialize)]
pub struct Settings {
    /// Where the database and its spill files live.
    pub data_dir: PathBuf,
    /// Names, beside loopback names and IP addresses, that a browser may call this server by.
    pub hosts: Vec<String>,
    pub klaviyo: Klaviyo,
    pub store: Store,
    pub sync: Sync,
    pub membership: Membership,
    pub reports: Reports,
    pub api: Api,
    pub cache: Cache,
    pub webhooks: Webhooks,
    pub explore: Explore,
}

/// The `[default.klaviyo]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Klaviyo {
    /// Private API key; empty until someone sets it.
    pub api_key: ApiKey,
    /// Scheme and host of the API.
    pub base_url: String,
    /// Share of the account's rate limits to use, 0.05–1.
    pub budget_share: f64,
    pub connect_timeout_secs: u64,
    /// How long one request may take, from first byte to last.
    pub timeout_secs: u64,
    /// How often a failed request is tried again.
    pub retries: u32,
}

/// The `[default.store]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// What DuckDB may use: a size, or `auto`.
    pub memory_limit: String,
    /// Threads for one query; 0 is as many as there are processors.
    pub threads: usize,
}

/// The `[default.sync]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sync {
    /// Whether entities are copied on their schedules.
    pub schedule: bool,
    /// How far back a first read of events goes, in days; 0 is everything.
    pub history_days: u32,
    /// What every run reads again, in hours.
    pub lookback_hours: u32,
    /// What is read again once a day, in days; 0 is nothing.
    pub lookback_daily_days: u32,
    /// What is read again once a week, in days; 0 is nothing.
    pub lookback_weekly_days: u32,
    /// Windows of events read at the same time, 1–64.
    pub windows: usize,
    /// Entities copied at the same time, 1–16.
    pub parallel: usize,
    /// How often all profiles are listed to find the deleted ones; 0 is never.
    pub profile_sweep_days: u32,
    /// By how many seconds a scheduled run begins late at most, 0–3600.
    pub jitter_secs: u32,
    /// When each entity is copied: a cron expression in the account's zone, or `off`. The `[default.sync.schedules]` table.
    pub schedules: BTreeMap<String, String>,
}

/// The `[default.api]` table.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// How long an answer waits for Klaviyo where nothing was copied yet, 0–60; 0 is not at all.
    pub fallback_deadline_secs: u64,
}

/// The `[default.cache]` table.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// Whether answers are kept until the data changes.
    pub enabled: bool,
    /// Memory that kept answers may take, in megabytes.
    pub max_size_mb: u64,
    /// How long each kind of answer is kept at most, though the data did not change.
    pub overview_secs: u64,
    pub listings_secs: u64,
    pub records_secs: u64,
    pub events_secs: u64,
}

/// The `[default.explore]` table.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explore {
    /// Whether statements of SQL may be written; there is no login, so whoever reaches the server may.
    pub sql: bool,
    /// After how many seconds a statement is stopped, 1–300.
    pub sql_timeout_secs: u64,
}

/// As packaged; a test compares them.
impl Default for Explore {
    fn default() -> Explore {
        Explore { sql: false, sql_timeout_secs: 10 }
    }
}

/// As packaged; a test compares them.
impl Default for Api {
    fn default() -> Api {
        Api { fallback_deadline_secs: 10 }
    }
}

/// As packaged; a test compares them.
impl Default for Cache {
    fn default() -> Cache {
        Cache {
            enabled: true,
            max_size_mb: 32,
            overview_secs: 600,
            listings_secs: 1_200,
            records_secs: 1_200,
            events_secs: 300,
        }
    }
}

/// The `[default.membership]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Membership {
    pub lists: Chosen,
    pub segments: Chosen,
    /// How often a list or segment is listed as a whole, 1–366.
    pub relist_days: u32,
}

/// Which lists or segments are meant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Chosen {
    /// `all` or `none`.
    Word(String),
    /// Ids or names.
    These(Vec<String>),
}

impl Chosen {
    fn is_understood(&self) -> bool {
        matches!(self, Chosen::These(_)) || matches!(self, Chosen::Word(it) if it == "all" || it == "none")
    }
}

/// The `[default.reports]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reports {
    /// How far back Klaviyo's own reports are read, in days.
    pub history_days: u32,
    /// For how many days after a day its numbers are read again.
    pub restate_days: u32,
}

/// The `[default.webhooks]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    /// What deliveries of webhooks that were not registered here are signed with; empty until someone sets it.
    pub secret: ApiKey,
    /// The https:// address that Klaviyo reaches this server by; empty where it cannot.
    pub public_url: String,
    /// How far a delivery's timestamp may be from now, in seconds.
    pub replay_window_secs: u32,
}

impl Webhooks {
    /// Where Klaviyo delivers to, where it can.
    #[must_use]
    pub fn endpoint_url(&self) -> Option<String> {
        let address = self.public_url.trim_end_matches('/');
        (!address.is_empty()).then(|| format!("{address}/webhooks/klaviyo"))
    }

    /// The name in the public address.
    #[must_use]
    pub fn host(&self) -> Option<String> {
        let url = rocket::http::uri::Absolute::parse(&self.public_url).ok()?;
        let is_plain = url.scheme() == "https" && url.query().is_none();
        let authority = url.authority().filter(|it| is_plain && it.user_info().is_none())?;
        Some(authority.host().to_owned()).filter(|it| !it.is_empty())
    }
}

/// A secret that cannot be printed by accident.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct ApiKey(String);

impl ApiKey {
    /// `None` where no key was set.
    #[must_use]
    pub fn expose(&self) -> Option<&str> {
        let key = self.0.trim();
        (!key.is_empty()).then_some(key)
    }
}

impl From<&str> for ApiKey {
    fn from(key: &str) -> ApiKey {
        ApiKey(key.to_owned())
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.expose().is_some() { "ApiKey(***)" } else { "ApiKey(not set)" })
    }
}

/// Why the settings cannot be used; every message names the setting and where it was found.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the settings file {0} cannot be read: {1}")]
    File(PathBuf, String),
    #[error("there is no setting `{key}` ({source_name}){}", hint.as_ref().map(|it| format!("; did you mean `{it}`?")).unwrap_or_default())]
    Unknown { key: String, source_name: String, hint: Option<String> },
    #[error("setting `{key}`: {reason} ({source_name})")]
    Invalid { key: String, reason: String, source_name: String },
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  "))]
    Several(Vec<Error>),
}

impl Error {
    /// All that is wrong, so that it can be mended in one go.
    fn all(mut errors: Vec<Error>) -> Result<(), Error> {
        match errors.len() {
            0 => Ok(()),
            1 => Err(errors.remove(0)),
            _ => Err(Error::Several(errors)),
        }
    }
}

/// Keys of Rocket's own configuration, which keep their names.
const ROCKET_KEYS: &[&str] = &[
    "address",
    "port",
    "workers",
    "max_blocking",
    "keep_alive",
    "limits",
    "ident",
    "ip_header",
    "proxy_proto_header",
    "log_level",
    "temp_dir",
    "cli_colors",
    "shutdown",
    "secret_key",
    "template_dir",
];

/// Keys of ours at the top level, and our tables.
const OUR_KEYS: &[&str] =
    &["api", "cache", "data_dir", "explore", "hosts", "klaviyo", "membership", "reports", "store", "sync", "webhooks"];

/// Settings whose values no one is shown.
const SECRETS: &[&str] = &["klaviyo.api_key", "webhooks.secret"];

/// Characters that a webhook's secret has at least; Klaviyo takes no shorter one.
const SECRET_LEAST: usize = 16;

/// The lowest layers: Rocket's defaults and the packaged file.
#[must_use]
pub fn packaged() -> Figment {
    Figment::from(Serialized::defaults(rocket::Config::default()))
        .merge(Toml::string(PACKAGED).nested())
        .select(Profile::Default)
}

/// The layers, lowest first: Rocket's defaults, the packaged file, the user's file, the environment.
///
/// `config` is the file named by the user; without it `./Rocket.toml` is read where there is one.
///
/// # Errors
/// When the named file is missing or is not TOML.
pub fn figment(config: Option<&Path>) -> Result<Figment, Error> {
    let mut figment = packaged();
    let file = config.map(Path::to_owned).or_else(|| Some(PathBuf::from("Rocket.toml")).filter(|it| it.exists()));
    if let Some(path) = file {
        let text = std::fs::read_to_string(&path).map_err(|error| Error::File(path.clone(), error.to_string()))?;
        if let Err(error) = Toml::string(&text).data() {
            return Err(Error::File(path, without_excerpt(&error.to_string())));
        }
        only_tables(&text, &path)?;
        let layer = Toml::file(&path).nested();
        only_known_profiles(&layer, &path)?;
        figment = figment.merge(layer);
    }
    let figment = figment
        .merge(Env::prefixed("ROCKET_").ignore(&["PROFILE", "CONFIG"]).global())
        .merge(Env::prefixed("KLYTICS_").split("__").global());
    // An empty one is as good as none: it takes away no key that a file has.
    let has_key = std::env::var("KLAVIYO_API_KEY").is_ok_and(|it| !it.trim().is_empty());
    let key = Env::raw().only(&["KLAVIYO_API_KEY"]).map(|_| "klaviyo.api_key".into()).global();
    Ok(if has_key { figment.merge(key) } else { figment })
}

/// What is wrong and where, without the line that it is about: that may hold the key.
fn without_excerpt(message: &str) -> String {
    let is_excerpt = |line: &&str| line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ').starts_with('|');
    let lines = message.lines().filter(|it| !is_excerpt(it)).map(str::trim).filter(|it| !it.is_empty());
    lines.collect::<Vec<_>>().join(": ")
}

/// What stands above the first table belongs to none; say so in plain words.
fn only_tables(text: &str, path: &Path) -> Result<(), Error> {
    let Ok(data) = Toml::string(text).data() else { return Ok(()) };
    let stray = data.values().flatten().filter(|(_, value)| !matches!(value, Value::Dict(..)));
    let stray = stray.map(|(key, _)| Error::Invalid {
        key: key.clone(),
        reason: "stands in no table; put it below [default]".to_owned(),
        source_name: path.display().to_string(),
    });
    Error::all(stray.collect())
}

/// A table such as `[klaviyo]` would be taken for a profile that nobody selects; say so instead.
fn only_known_profiles(layer: &impl Provider, path: &Path) -> Result<(), Error> {
    let data = layer.data().map_err(|error| Error::File(path.to_owned(), error.to_string()))?;
    for profile in data.keys() {
        if *profile != Profile::Default && *profile != Profile::Global {
            return Err(Error::Unknown {
                key: format!("[{profile}]"),
                source_name: path.display().to_string(),
                hint: OUR_KEYS.contains(&profile.as_str().as_str()).then(|| format!("[default.{profile}]")),
            });
        }
    }
    Ok(())
}

impl Settings {
    /// Reads and checks our settings.
    ///
    /// # Errors
    /// When a key is unknown, or a value is missing, of the wrong type or out of range.
    pub fn from(figment: &Figment) -> Result<Settings, Error> {
        refuse_unknown(figment)?;
        let settings: Settings = figment.extract().map_err(|error| readable(figment, error))?;
        let server: rocket::Config = figment.extract().map_err(|error| readable(figment, error))?;
        settings.check(figment, &server)?;
        Ok(settings)
    }

    /// Schedules that are none, or of nothing that is known.
    fn bad_schedules(&self, figment: &Figment) -> Vec<Error> {
        let bad = self.sync.schedules.iter().filter_map(|(name, text)| {
            let key = format!("sync.schedules.{name}");
            let source_name = source_of(figment, &key);
            if !scheduled().any(|it| it == name) {
                return Some(Error::Unknown { key, source_name, hint: nearest(name, scheduled()) });
            }
            let reason =
                format!("`{text}` is no schedule: write five fields of cron, such as `*/15 * * * *`, or `off`");
            let has_five_fields = text.split_whitespace().count() == 5;
            let holds = text == OFF || (has_five_fields && croner::Cron::from_str(text).is_ok());
            (!holds).then_some(Error::Invalid { key, reason, source_name })
        });
        bad.collect()
    }

    /// Ranges that types cannot express.
    fn check(&self, figment: &Figment, server: &rocket::Config) -> Result<(), Error> {
        let kept = |secs: u64| secs <= 86_400;
        let rules: [(&str, bool, &str); 33] = [
            ("workers", (1..=512).contains(&server.workers), "from 1 to 512 threads"),
            ("max_blocking", (1..=512).contains(&server.max_blocking), "from 1 to 512 threads"),
            (
                "hosts",
                self.hosts.iter().all(|it| is_name(it)),
                "names such as [\"klytics.example.com\"], without https:// and without spaces",
            ),
            ("klaviyo.retries", self.klaviyo.retries <= 20, "from 0 to 20 times"),
            ("store.threads", self.store.threads <= 256, "from 1 to 256 threads, or 0 for as many as processors"),
            ("sync.history_days", self.sync.history_days <= 36_500, "from 1 to 36500 days, or 0 for everything"),
            ("sync.lookback_hours", (1..=720).contains(&self.sync.lookback_hours), "from 1 to 720 hours"),
            ("sync.lookback_daily_days", self.sync.lookback_daily_days <= 366, "from 0 to 366 days"),
            ("sync.lookback_weekly_days", self.sync.lookback_weekly_days <= 366, "from 0 to 366 days"),
            ("sync.profile_sweep_days", self.sync.profile_sweep_days <= 366, "from 1 to 366 days, or 0 for never"),
            ("cache.overview_secs", kept(self.cache.overview_secs), "from 0 to 86400 seconds"),
            ("cache.listings_secs", kept(self.cache.listings_secs), "from 0 to 86400 seconds"),
            ("cache.records_secs", kept(self.cache.records_secs), "from 0 to 86400 seconds"),
            ("cache.events_secs", kept(self.cache.events_secs), "from 0 to 86400 seconds"),
            ("explore.sql_timeout_secs", (1..=300).contains(&self.explore.sql_timeout_secs), "from 1 to 300 seconds"),
            (
                "klaviyo.budget_share",
                (0.05..=1.0).contains(&self.klaviyo.budget_share),
                "a share of the limits, from 0.05 to 1",
            ),
            (
                "klaviyo.base_url",
                self.klaviyo.base_url.starts_with("https://") || is_loopback(&self.klaviyo.base_url),
                "an https:// address is needed; http:// is accepted for loopback only, because the key travels with every request",
            ),
            ("klaviyo.timeout_secs", (1..=600).contains(&self.klaviyo.timeout_secs), "from 1 to 600 seconds"),
            (
                "klaviyo.connect_timeout_secs",
                (1..=120).contains(&self.klaviyo.connect_timeout_secs),
                "from 1 to 120 seconds",
            ),
            ("membership.lists", self.membership.lists.is_understood(), WHICH),
            ("membership.segments", self.membership.segments.is_understood(), WHICH),
            ("membership.relist_days", (1..=366).contains(&self.membership.relist_days), "from 1 to 366 days"),
            ("sync.windows", (1..=64).contains(&self.sync.windows), "from 1 to 64 windows of events at the same time"),
            (
                "reports.history_days",
                (1..=3_650).contains(&self.reports.history_days),
                "from 1 to 3650 days; each month takes a request of each report's 225 a day",
            ),
            (
                "reports.restate_days",
                (1..=365).contains(&self.reports.restate_days),
                "from 1 to 365 days; no account attributes for longer than 90",
            ),
            ("sync.parallel", (1..=16).contains(&self.sync.parallel), "from 1 to 16 entities at the same time"),
            ("sync.jitter_secs", self.sync.jitter_secs <= 3_600, "from 0 to 3600 seconds"),
            ("api.fallback_deadline_secs", self.api.fallback_deadline_secs <= 60, "from 0 to 60 seconds"),
            ("cache.max_size_mb", (1..=4_096).contains(&self.cache.max_size_mb), "from 1 to 4096 megabytes"),
            (
                "store.memory_limit",
                self.store.memory_limit == "auto" || crate::store::memory::is_there(&self.store.memory_limit),
                "a size such as 512MB or 2GB, from 64MB to what the machine has, or auto",
            ),
            (
                "webhooks.secret",
                self.webhooks.secret.expose().is_none_or(|it| it.chars().count() >= SECRET_LEAST),
                "at least 16 characters",
            ),
            (
                "webhooks.public_url",
                self.webhooks.public_url.is_empty() || self.webhooks.host().is_some(),
                "an address such as https://klytics.example.com, or nothing",
            ),
            (
                "webhooks.replay_window_secs",
                (10..=3_600).contains(&self.webhooks.replay_window_secs),
                "from 10 to 3600 seconds",
            ),
        ];
        let broken = rules.into_iter().filter(|(_, holds, _)| !holds).map(|(key, _, reason)| Error::Invalid {
            key: key.to_owned(),
            reason: reason.to_owned(),
            source_name: source_of(figment, key),
        });
        Error::all(self.bad_schedules(figment).into_iter().chain(broken).collect())
    }

    /// What holds, and yet may not be meant; each in a sentence.
    #[must_use]
    pub fn doubts(&self, figment: &Figment) -> Vec<String> {
        let key = self.klaviyo.api_key.expose().unwrap_or_default();
        let address: Option<std::net::IpAddr> = figment.extract_inner("address").ok();
        let schedules = self.sync.schedules.iter().filter(|(_, text)| *text != OFF && !fires(text));
        let never = schedules.map(|(name, text)| format!("`sync.schedules.{name}`: `{text}` never comes round"));
        let others = [
            (!key.is_empty() && !key.starts_with("pk_"))
                .then(|| "`klaviyo.api_key` is no private key: those begin with pk_".to_owned()),
            key.contains(char::is_whitespace).then(|| "`klaviyo.api_key` has a space in it".to_owned()),
            address
                .filter(|it| !it.is_loopback())
                .map(|it| format!("`address`: there is no login, so whoever reaches {it} sees the account's data")),
            (!can_be_made(&self.data_dir))
                .then(|| format!("`data_dir`: {} cannot be written to", self.data_dir.display())),
        ];
        others.into_iter().flatten().chain(never).collect()
    }
}

/// Whether a schedule has a next time at all; 30 February has none.
fn fires(text: &str) -> bool {
    croner::Cron::from_str(text).is_ok_and(|it| it.find_next_occurrence(&chrono::DateTime::UNIX_EPOCH, false).is_ok())
}

/// Whether the directory can be written to, or made: tried where it is, or where it would be, and nothing is left there.
fn can_be_made(directory: &Path) -> bool {
    let mut there = directory.ancestors().map(|it| if it.as_os_str().is_empty() { Path::new(".") } else { it });
    there.find(|it| it.exists()).is_some_and(|it| tempfile::tempdir_in(it).is_ok())
}

/// How [`Chosen`] is written.
const WHICH: &str = "\"all\", \"none\", or a list of ids or names such as [\"Newsletter\"]";

/// The entities that are copied on a schedule of their own.
fn scheduled() -> impl Iterator<Item = &'static str> {
    ENTITIES.iter().filter(|it| !matches!(it.source, Source::Included { .. })).map(|it| it.name)
}

/// Whether a browser can call a server so: a name, and nothing of an address around it.
fn is_name(host: &str) -> bool {
    !host.is_empty() && !host.contains(['/', ' '])
}

/// Whether an http:// address stays on this machine.
fn is_loopback(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    matches!(host, "127.0.0.1" | "localhost" | "[::1]")
}

/// Names every key that neither Rocket nor we know.
fn refuse_unknown(figment: &Figment) -> Result<(), Error> {
    let all: Dict = figment.extract().map_err(|error| readable(figment, error))?;
    let is_known = |key: &str| ROCKET_KEYS.contains(&key) || OUR_KEYS.contains(&key);
    let unknown = all.iter().filter(|(key, _)| !is_known(key)).map(|(key, value)| {
        let metadata = figment.get_metadata(value.tag());
        let source_name = metadata.map_or_else(|| "unknown source".to_owned(), |it| describe(it, key));
        if key == "tls" {
            let reason = "Klytics speaks no TLS by itself; put a proxy with TLS in front of it".to_owned();
            return Error::Invalid { key: key.clone(), reason, source_name };
        }
        let hint = flat(figment, key).or_else(|| nearest(key, ROCKET_KEYS.iter().chain(OUR_KEYS).copied()));
        Error::Unknown { key: key.clone(), source_name, hint }
    });
    Error::all(unknown.collect())
}

/// The known name that is meant, if one is near enough: half of it may be misspelt, and three letters at most.
fn nearest<'a>(misspelt: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let near = known.min_by_key(|it| distance(misspelt, it))?;
    (distance(misspelt, near) <= (misspelt.chars().count() / 2).min(3)).then(|| near.to_owned())
}

/// The variable that is meant by one that lacks the second underscore behind its table: `sync_windows`.
fn flat(figment: &Figment, key: &str) -> Option<String> {
    let table = OUR_KEYS.iter().find(|it| key.strip_prefix(**it).is_some_and(|rest| rest.starts_with('_')))?;
    let path = format!("{table}.{}", &key[table.len() + 1..]);
    figment.find_value(&path).is_ok().then(|| variable(&path))
}

/// The environment's name of a setting of ours.
fn variable(key: &str) -> String {
    format!("KLYTICS_{}", key.replace('.', "__").to_uppercase())
}

/// Where the value of `key` came from, for a person.
fn describe(metadata: &figment::Metadata, key: &str) -> String {
    let name = metadata.name.as_ref();
    match &metadata.source {
        Some(figment::Source::Code(_)) => "set by the command".to_owned(),
        Some(source) => format!("in {source}"),
        None if name == "TOML source string" => "packaged default".to_owned(),
        None if name.starts_with("`ROCKET_`") => format!("in the environment, ROCKET_{}", key.to_uppercase()),
        None if name.starts_with("`KLYTICS_`") => format!("in the environment, {}", variable(key)),
        None if name.contains("environment") => "in the environment, KLAVIYO_API_KEY".to_owned(),
        None => format!("in {name}"),
    }
}

/// A setting as it is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InForce {
    /// `klaviyo.base_url`
    pub key: String,
    /// As it would stand in the file; of a secret only whether it is set.
    pub value: String,
    /// Where it was set, in words.
    pub source: String,
}

/// Every setting that is in force: those of Rocket that we tell of, then ours, table by table.
///
/// # Errors
/// When the layers do not fit together.
pub fn in_force(figment: &Figment) -> Result<Vec<InForce>, Error> {
    let all: Dict = figment.extract().map_err(|error| readable(figment, error))?;
    let mut found = Vec::new();
    for key in ["address", "port", "workers", "max_blocking", "log_level"].iter().chain(OUR_KEYS) {
        show(figment, key, all.get(*key), &mut found);
    }
    Ok(found)
}

/// A value, or what a table holds, table by table.
fn show(figment: &Figment, key: &str, value: Option<&Value>, found: &mut Vec<InForce>) {
    match value {
        Some(Value::Dict(_, table)) => {
            for (name, value) in table {
                show(figment, &format!("{key}.{name}"), Some(value), found);
            }
        }
        value => found.push(shown(figment, key, value)),
    }
}

fn shown(figment: &Figment, key: &str, value: Option<&Value>) -> InForce {
    let value = match value {
        Some(Value::String(_, text)) if SECRETS.contains(&key) => {
            if text.is_empty() { "(not set)" } else { "(set, not shown)" }.to_owned()
        }
        // Whatever else stands where a secret should.
        Some(_) if SECRETS.contains(&key) => "(set, not shown)".to_owned(),
        Some(value) => serde_json::to_string(value).unwrap_or_default(),
        None => "(not set)".to_owned(),
    };
    InForce { key: key.to_owned(), value, source: source_of(figment, key) }
}

/// Where the value of `key` came from.
#[must_use]
pub fn source_of(figment: &Figment, key: &str) -> String {
    figment.find_metadata(key).map_or_else(|| "not set".to_owned(), |it| describe(it, key))
}

/// Figment's error as one of ours, with the key that it is about.
fn readable(figment: &Figment, error: figment::Error) -> Error {
    let Some(first) = error.into_iter().next() else {
        return Error::Invalid { key: String::new(), reason: "cannot be read".to_owned(), source_name: String::new() };
    };
    let path = first.path.join(".");
    let source_name = first.metadata.as_ref().map_or_else(|| source_of(figment, &path), |it| describe(it, &path));
    match &first.kind {
        figment::error::Kind::UnknownField(field, known) => {
            let hint = nearest(field, known.iter().copied());
            let key = if path.is_empty() || path.ends_with(field.as_str()) { path } else { format!("{path}.{field}") };
            let source_name = figment.find_metadata(&key).map_or(source_name, |it| describe(it, &key));
            Error::Unknown { key, source_name, hint }
        }
        figment::error::Kind::InvalidType(found, wanted) => {
            Error::Invalid { key: path, reason: format!("{found} is not {}", plainly(wanted)), source_name }
        }
        kind => Error::Invalid { key: path, reason: kind.to_string(), source_name },
    }
}

/// What a type of ours takes, for a person.
fn plainly(wanted: &str) -> String {
    match wanted {
        "u16" => "a whole number from 0 to 65535".to_owned(),
        "u32" | "u64" | "usize" => "a whole number from 0 on".to_owned(),
        "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a map" => "a table".to_owned(),
        other => other.to_owned(),
    }
}
