//! One task: an entity of a run is copied, and how that ended is written down; one's failure leaves the others alone.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, TimeDelta, Utc};

use super::copying::{Copying, Remarks, copy};
use super::desk::{Hopeless, Task};
use super::{Handle, record, remedy};
use crate::catalog::{Entity, Follow};
use crate::causes::{causes, said};
use crate::klaviyo::{self, Client};
use crate::store;
use crate::store::runs::{Ended, Level, Run, RunEntity, Status};
use crate::store::windows::Window;

/// Why an entity was not copied to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stopped {
    #[error(transparent)]
    Klaviyo(#[from] klaviyo::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Malformed(#[from] record::Malformed),
    #[error("the pages of {0} lead nowhere: Klaviyo links to one that was read already, or to empty ones without end")]
    Endless(&'static str),
    #[error("the API key belongs to the account {theirs}, and what is copied here is of {ours}")]
    OtherAccount { ours: String, theirs: String },
    #[error("no Klaviyo API key is set")]
    NoKey,
    #[error("Klaviyo did not say what it made")]
    NoAnswer,
    #[error("there is nothing to read it for: {0} were not read yet; sync them first")]
    NoParents(String),
    #[error("Klaviyo names the time zone `{0}`, which is not known; days are counted in UTC until it is mended there")]
    UnknownZone(String),
    #[error("no metric says what a conversion is; sync metrics, or map one to `revenue` at Klaviyo")]
    NoConversionMetric,
    #[error("Klaviyo cannot report by the conversion metric “{name}” ({id}): {detail}")]
    NotAConversion { name: String, id: String, detail: String },
    /// Another entity of the run found nobody there.
    #[error("{0}")]
    Unreachable(String),
    /// Another entity heard that Klaviyo refuses the key.
    #[error("{0}")]
    KeyRefused(String),
    #[error("the copy broke off, which is a mistake in Klytics; the server's log says where")]
    Panicked,
}

impl Stopped {
    /// Whether it says nothing of this entity, but of all: nobody can be reached, or the key is refused.
    fn is_of_all(&self) -> bool {
        use klaviyo::Error::Unauthorized;
        matches!(self, Stopped::Unreachable(_) | Stopped::KeyRefused(_) | Stopped::Klaviyo(Unauthorized { .. }))
    }

    fn is_refused_key(&self) -> bool {
        matches!(self, Stopped::KeyRefused(_) | Stopped::Klaviyo(klaviyo::Error::Unauthorized { .. }))
    }
}

impl From<Hopeless> for Stopped {
    fn from(hopeless: Hopeless) -> Stopped {
        match hopeless {
            Hopeless::Unreachable(reason) => Stopped::Unreachable(reason),
            Hopeless::KeyRefused(reason) => Stopped::KeyRefused(reason),
        }
    }
}

/// Copies what the task is about, and writes down how that ended.
pub(super) fn carry_out(handle: &Handle, client: &Client, task: &Task) {
    let Task { run, order, entity, cancel, hopeless } = task;
    let remarks = Remarks::default();
    let copying = Copying { handle, client, order, entity, on_behalf_of: None, cancel, run: *run, remarks: &remarks };
    let result = match hopeless {
        Some(reason) => Err(reason.clone().into()),
        None => catch_unwind(AssertUnwindSafe(|| {
            tell_the_start(&copying);
            copy(&copying)
        }))
        .unwrap_or(Err(Stopped::Panicked)),
    };
    settle(&copying, &result.map_err(|stopped| because(&copying, stopped)));
}

/// What ended because nothing can be read was not cancelled by anybody.
fn because(copying: &Copying<'_>, stopped: Stopped) -> Stopped {
    match stopped {
        Stopped::Klaviyo(klaviyo::Error::Stopped) if !copying.handle.is_cancelled(copying.run) => {
            copying.handle.hopeless(copying.run).map_or(stopped, Stopped::from)
        }
        stopped => stopped,
    }
}

/// Says from where the entity is read on.
fn tell_the_start(copying: &Copying<'_>) {
    let words = start(copying).unwrap_or_else(|_| "began".to_owned());
    copying.tell(Level::Info, words);
    copying.handle.write_diary(copying.run);
}

fn start(copying: &Copying<'_>) -> Result<String, store::Error> {
    let (entity, order) = (copying.entity, copying.order);
    let day = |at: DateTime<Utc>| at.format("%-d %B %Y %H:%M UTC");
    if order.forced && order.since.is_none() {
        return Ok("began; reads all of it again".to_owned());
    }
    if let Some(since) = order.since.filter(|_| entity.follow != Follow::Everything) {
        return Ok(format!("began; reads what changed since {}", day(since)));
    }
    let (watermark, covered) = copying.store().read(|db| Ok((db.watermark(entity)?, db.covered(entity)?)))?;
    Ok(match (entity.follow, covered.as_slice()) {
        (Follow::Windows { .. }, []) => "began with the newest".to_owned(),
        (Follow::Windows { .. }, [newest, ..]) => {
            let gaps = match covered.len() {
                1 => String::new(),
                spans => format!(", and fills {} gaps before", spans - 1),
            };
            format!("went on from {}{gaps}", day(newest.end))
        }
        (Follow::Since { .. }, _) => {
            watermark.map_or_else(|| "began".to_owned(), |it| format!("went on from {}", day(it)))
        }
        (Follow::Report, _) => "began with the latest days".to_owned(),
        _ => "began; it is listed as a whole".to_owned(),
    })
}

/// Writes down how the pass ended, for the entity and for those that came along with it.
fn settle(copying: &Copying<'_>, result: &Result<(), Stopped>) {
    let Some(ended) = ending(copying, result) else { return };
    let error = ended.error.as_deref().unwrap_or_default();
    let is_of_all = result.as_ref().is_err_and(Stopped::is_of_all);
    if !is_of_all && matches!(ended.status, Status::Failed | Status::Disabled | Status::Parked) {
        log::warn!("{} was not synced: {error}", copying.entity.name);
    }
    let unreachable = matches!(result, Err(Stopped::Klaviyo(klaviyo::Error::Unreachable { .. })));
    let companions = copying.entity.companions().map(|(it, _)| it);
    for entity in std::iter::once(copying.entity).chain(companions) {
        write_down(copying, entity, &ended);
        copying.handle.change(copying.run, |live, now| {
            if unreachable && live.hopeless.is_none() {
                live.hopeless = Some(Hopeless::Unreachable(error.to_owned()));
            }
            let Some(it) = live.entity(entity.name) else { return };
            let before = it.clone();
            it.status = ended.status;
            (it.doing, it.left_secs) = (None, None);
            it.done = (ended.status == Status::Completed).then_some(1.0);
            it.error.clone_from(&ended.error);
            it.remedy.clone_from(&ended.remedy);
            it.key_refused = result.as_ref().is_err_and(Stopped::is_refused_key);
            copying.handle.0.tally.add(&before, it, now);
            // Of what hinders all, the log tells once.
            if !is_of_all {
                let (level, words) = last_words(it, &ended, now);
                live.diary.end(now, Some(entity.name), level, words);
            }
        });
    }
    copying.handle.write_diary(copying.run);
}

/// How the pass ended; `None` where it goes on after a restart, because a pause held it when the process ended.
fn ending(copying: &Copying<'_>, result: &Result<(), Stopped>) -> Option<Ended> {
    let Err(stopped) = result else {
        return Some(Ended { status: Status::Completed, error: copying.remark(), remedy: None, resumes_at: None });
    };
    let handle = copying.handle;
    let status = match status_of(stopped) {
        Status::Cancelled if handle.is_cancelled(copying.run) || !handle.is_stopping() => Status::Cancelled,
        Status::Cancelled if handle.is_held(copying.run) => return None,
        Status::Cancelled => Status::Interrupted,
        other => other,
    };
    let (resumes_at, share) = match stopped {
        Stopped::Klaviyo(klaviyo::Error::QuotaUsedUp { resumes_in, share, .. }) => {
            (TimeDelta::from_std(*resumes_in).ok().and_then(|it| copying.now().checked_add_signed(it)), *share)
        }
        _ => (None, None),
    };
    if matches!(status, Status::Cancelled | Status::Interrupted) {
        // Somebody wished it, which is no error.
        return Some(Ended { status, error: None, remedy: None, resumes_at: None });
    }
    let remedy = remedy::of(stopped, handle.keeps_schedule()).map(ToOwned::to_owned);
    let error = resumes_at.map_or_else(|| causes(stopped), |it| parked(copying, it, share));
    Some(Ended { status, error: Some(error), remedy, resumes_at })
}

/// What is said of an entity that waits until then, in the account's time; `share` as of [`klaviyo::Error::QuotaUsedUp`].
fn parked(copying: &Copying<'_>, resumes_at: DateTime<Utc>, share: Option<usize>) -> String {
    let zone = copying.store().read(|db| db.zone()).unwrap_or(chrono_tz::Tz::UTC);
    let time = resumes_at.with_timezone(&zone).format("%H:%M on %-d %B");
    let path = copying.entity.path().unwrap_or(copying.entity.name);
    let what = match share {
        Some(1) => format!("the one request a day to {path} that Klytics allows itself is used up"),
        Some(limit) => format!("the {limit} requests a day to {path} that Klytics allows itself are used up"),
        None => format!("the day's requests to {path} are used up"),
    };
    let then = if copying.handle.keeps_schedule() { "it goes on by itself at" } else { "it can go on at" };
    format!("{what}; {then} {time} ({zone})")
}

fn write_down(copying: &Copying<'_>, entity: &'static Entity, ended: &Ended) {
    let now = copying.now();
    let written = copying.store().write_in_row(|db| match ended.status {
        Status::Interrupted => db.set_stopped(entity, ended.status, None),
        Status::Cancelled => db.set_stopped(entity, ended.status, Some(now)),
        _ => db.set_status(entity, ended, now),
    });
    if let Err(failure) = written {
        log::error!("the status of {} could not be written down: {}", entity.name, causes(&failure));
    }
}

/// What the log says of the end of a pass.
fn last_words(it: &RunEntity, ended: &Ended, now: DateTime<Utc>) -> (Level, String) {
    let took = it.started_at.map_or(0, |at| (now - at).num_seconds());
    let (rows, requests) = (counted(it.rows_seen, "row"), counted(it.requests, "request"));
    let mut counts = vec![format!("{rows} read in {took} s and {requests}")];
    for (count, what) in [(it.rows_new, "new"), (it.rows_changed, "changed"), (it.rows_deleted, "deleted")] {
        if count > 0 {
            counts.push(format!("{count} {what}"));
        }
    }
    if it.waited_secs >= 1.0 {
        counts.push(format!("{:.0} s spent waiting", it.waited_secs));
    }
    let counts = counts.join(", ");
    let error = said(ended.error.as_deref().unwrap_or_default(), ended.remedy.as_deref());
    match ended.status {
        Status::Completed => (Level::Info, format!("completed: {counts}")),
        Status::Cancelled => (Level::Warning, format!("cancelled: {counts}; what was copied is kept")),
        Status::Interrupted => (Level::Warning, format!("interrupted by the end of the process: {counts}")),
        Status::Parked => {
            let until = ended.resumes_at.map(|it| format!(" until {}", it.format("%-d %B %H:%M UTC")));
            (Level::Warning, format!("parked{}: {error}", until.unwrap_or_default()))
        }
        Status::Disabled => (Level::Warning, format!("left out: {error}")),
        _ => (Level::Error, format!("failed: {error} ({counts})")),
    }
}

/// "1 row", "2 rows"
fn counted(count: i64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn status_of(stopped: &Stopped) -> Status {
    match stopped {
        Stopped::Klaviyo(klaviyo::Error::Stopped) => Status::Cancelled,
        Stopped::Klaviyo(klaviyo::Error::MissingScope { .. }) | Stopped::NoParents(_) | Stopped::NoConversionMetric => {
            Status::Disabled
        }
        Stopped::Klaviyo(klaviyo::Error::QuotaUsedUp { .. }) => Status::Parked,
        _ => Status::Failed,
    }
}

/// How a run ended: as badly as its worst entity, unless someone stopped it.
pub(super) fn outcome(run: &Run) -> Status {
    let any = |status: Status| run.entities.iter().any(|it| it.status == status);
    let worst = [Status::Interrupted, Status::Cancelled, Status::Failed, Status::Parked];
    worst.into_iter().find(|it| any(*it)).unwrap_or(Status::Completed)
}

/// What the log says of a window that is complete.
pub(super) fn of_window(window: Window, rows: u64) -> String {
    let time = |it: DateTime<Utc>| it.format("%-d %B %Y %H:%M");
    let rows = counted(i64::try_from(rows).unwrap_or(i64::MAX), "row");
    format!("complete from {} to {} UTC, {rows} written", time(window.start), time(window.end))
}
