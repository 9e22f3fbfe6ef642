//! `klytics sync`: one run in the foreground, with progress on a terminal, and an exit code for cron.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use clap::Args;
use figment::Figment;
use indicatif::{HumanBytes, HumanCount, HumanDuration, MultiProgress, ProgressBar, ProgressStyle};

use super::Failure;
use crate::catalog::{self, ENTITIES, Entity};
use crate::causes::said;
use crate::pages::sync::Progress;
use crate::store::Store;
use crate::store::runs::{Run, RunEntity, Status};
use crate::sync::{Handle, Order, Refused, Trigger};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Only these entities (repeated, or with commas): campaigns, events, …
    #[arg(long, value_name = "NAME", value_parser = entity, value_delimiter = ',')]
    entity: Vec<&'static Entity>,
    /// Read everything again, not only what changed
    #[arg(long)]
    force: bool,
    /// Read again what changed since then: 2026-11-01 or 2026-11-01T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<DateTime<Utc>>,
    /// Print what the run did as JSON
    #[arg(long)]
    json: bool,
}

/// How long a stopped run may take to come to its end; a request that is under way is waited for.
const PATIENCE: Duration = Duration::from_secs(15);

/// How often the bars move.
const TICK: Duration = Duration::from_millis(150);

fn entity(name: &str) -> Result<&'static Entity, String> {
    catalog::find(name).ok_or_else(|| {
        let known: Vec<&str> = ENTITIES.iter().map(|it| it.name).collect();
        format!("there is no such entity; there are {}", known.join(", "))
    })
}

fn time(text: &str) -> Result<DateTime<Utc>, String> {
    let midnight = |day: NaiveDate| day.and_hms_opt(0, 0, 0).map(|it| it.and_utc());
    let instant = DateTime::parse_from_rfc3339(text).map(|it| it.with_timezone(&Utc)).ok();
    let time = instant.or_else(|| text.parse().ok().and_then(midnight));
    let time = time.ok_or("expected a day or a time, such as 2026-11-01 or 2026-11-01T12:00:00Z")?;
    if time > Utc::now() { Err("is in the future".to_owned()) } else { Ok(time) }
}

pub(super) fn run(arguments: &Arguments, figment: &Figment) -> Result<(), Failure> {
    let settings = super::settings(figment)?;
    let client = super::client(&settings.klaviyo)?;
    let store = super::open(&settings)?;
    let handle = Handle::new(store.clone(), client, (&settings).into(), Utc::now)?;
    let order = Order {
        entities: arguments.entity.clone(),
        forced: arguments.force,
        since: arguments.since,
        trigger: Trigger::CommandLine,
    };
    let ended = copy(&handle, order, &store)?;
    if arguments.json {
        super::print(format_args!("{}", serde_json::to_string_pretty(&ended).map_err(anyhow::Error::from)?));
    } else {
        report(&ended);
    }
    verdict(&ended)
}

/// Does the run, shows it, and comes back when it has ended or a signal stopped it.
fn copy(handle: &Handle, order: Order, store: &Store) -> Result<Run, Failure> {
    let signalled = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&signalled)).map_err(anyhow::Error::from)?;
    }
    let threads = handle.spawn(false);
    let ticket = handle.start(order).map_err(|refused| match refused {
        Refused::NoKey => Failure::NoKey,
        Refused::Stopping => Failure::Other(anyhow::Error::new(refused)),
    })?;
    let mut bars = Bars::default();
    let ended = loop {
        if let Some(run) = handle.ended(ticket.run, TICK) {
            break Some(run);
        }
        if signalled.load(Ordering::Acquire) {
            handle.cancel();
            break handle.ended(ticket.run, PATIENCE);
        }
        if let Some(run) = handle.runs().into_iter().find(|it| it.id == ticket.run) {
            bars.show(&run);
        }
    };
    bars.clear();
    threads.stop(PATIENCE);
    store.checkpoint()?;
    ended.ok_or_else(|| {
        Failure::Other(anyhow::anyhow!("the run did not stop in time; the next one goes on where it stood"))
    })
}

/// One line an entity, on a terminal; elsewhere nothing is drawn.
#[derive(Default)]
struct Bars {
    all: MultiProgress,
    lines: Vec<(String, ProgressBar)>,
    /// The run as a whole.
    whole: Option<ProgressBar>,
}

impl Bars {
    fn show(&mut self, run: &Run) {
        let progress = Progress::of(run.clone(), Utc::now());
        let whole = self.whole.get_or_insert_with(|| {
            let bar = self.all.add(ProgressBar::new(100));
            let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {wide_msg}");
            style.map_or(bar.clone(), |style| bar.with_style(style))
        });
        whole.set_position(percent(progress.share));
        whole.set_message(overall(&progress));
        for it in run.entities.iter().filter(|it| it.status == Status::Running) {
            let line = self.line(&it.name);
            if let Some(done) = it.done {
                line.set_length(100);
                line.set_position(percent(done));
            }
            line.set_message(words(it));
            line.tick();
        }
        for it in run.entities.iter().filter(|it| it.status != Status::Running) {
            if let Some((_, line)) = self.lines.iter().find(|(name, _)| *name == it.name) {
                line.finish_with_message(words(it));
            }
        }
    }

    fn line(&mut self, name: &str) -> ProgressBar {
        if let Some((_, line)) = self.lines.iter().find(|(it, _)| it == name) {
            return line.clone();
        }
        let style = ProgressStyle::with_template("{spinner} {prefix:<20} {wide_msg}");
        let line = self.all.add(ProgressBar::new_spinner()).with_prefix(name.to_owned());
        if let Ok(style) = style {
            line.set_style(style);
        }
        self.lines.push((name.to_owned(), line.clone()));
        line
    }

    fn clear(&self) {
        let _ = self.all.clear();
    }
}

/// A share as whole percents.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share lies between 0 and 1")]
fn percent(share: f64) -> u64 {
    (share.clamp(0.0, 1.0) * 100.0) as u64
}

/// "12 of 19 done, 4,500 rows a second, about 3 min left"
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rates and times are positive and small")]
fn overall(it: &Progress) -> String {
    let rate = it.rows_per_sec.map(|it| format!(", {} rows a second", HumanCount(it as u64)));
    let left = it.left_secs.map(|it| format!(", about {} left", HumanDuration(Duration::from_secs(it as u64))));
    format!("{} of {} done{}{}", it.finished, it.count, rate.unwrap_or_default(), left.unwrap_or_default())
}

fn words(it: &RunEntity) -> String {
    let count = |number: i64| HumanCount(u64::try_from(number).unwrap_or_default());
    let share = it.done.filter(|_| it.status == Status::Running).map(|done| format!("{} %, ", percent(done)));
    let doing = it.doing.as_ref().map(|doing| format!(", {doing}")).unwrap_or_default();
    let left = it.left_secs.map(|secs| format!(", about {} left", left(secs))).unwrap_or_default();
    format!(
        "{}{} rows, {} requests, {}{doing}{left}",
        share.unwrap_or_default(),
        count(it.rows_seen),
        count(it.requests),
        HumanBytes(u64::try_from(it.bytes).unwrap_or_default()),
    )
}

/// A time to come, as exactly as it can be known.
fn left(secs: f64) -> String {
    match secs {
        ..60.0 => format!("{secs:.0} s"),
        60.0..5_400.0 => format!("{:.0} min", secs / 60.0),
        _ => format!("{:.0} h", secs / 3_600.0),
    }
}

/// What the run did, a line an entity.
fn report(run: &Run) {
    super::print(format_args!(
        "{:<20} {:<10} {:>10} {:>10} {:>10} {:>10} {:>9}",
        "entity", "status", "read", "new", "changed", "deleted", "requests"
    ));
    for it in &run.entities {
        super::print(format_args!(
            "{:<20} {:<10} {:>10} {:>10} {:>10} {:>10} {:>9}  {}",
            it.name,
            it.status.name(),
            it.rows_seen,
            it.rows_new,
            it.rows_changed,
            it.rows_deleted,
            it.requests,
            it.error.as_deref().filter(|_| !it.key_refused).unwrap_or_default()
        ));
        // A refused key is said once, at the end.
        if let Some(remedy) = it.remedy.as_ref().filter(|_| !it.key_refused) {
            super::print(format_args!("{:<20} {remedy}", ""));
        }
    }
}

fn verdict(run: &Run) -> Result<(), Failure> {
    let failed: Vec<&RunEntity> = run
        .entities
        .iter()
        .filter(|it| matches!(it.status, Status::Failed | Status::Disabled | Status::Parked))
        .collect();
    if let Some(refused) = failed.iter().find(|it| it.key_refused) {
        let error = refused.error.as_deref().unwrap_or_default();
        return Err(Failure::KeyRefused(said(error, refused.remedy.as_deref())));
    }
    match (run.status, failed.as_slice()) {
        (Status::Cancelled | Status::Interrupted, _) => Err(Failure::Stopped(
            "stopped; what was copied so far is kept, and the next run goes on from there".to_owned(),
        )),
        (_, []) => Ok(()),
        (_, failed) if failed.len() == run.entities.len() => Err(Failure::Other(anyhow::anyhow!(
            "nothing could be copied: {}",
            failed[0].error.as_deref().unwrap_or_default()
        ))),
        (_, failed) => {
            let names: Vec<&str> = failed.iter().map(|it| it.name.as_str()).collect();
            Err(Failure::Partly(format!("{} could not be copied; the rest was", names.join(", "))))
        }
    }
}
