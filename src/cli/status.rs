//! `klytics status`: how current every entity is.

use chrono::Utc;
use clap::Args;
use figment::Figment;

use super::Failure;
use crate::catalog::find;
use crate::store::runs::EntityStatus;
use crate::sync::schedule::Timetable;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, figment: &Figment) -> Result<(), Failure> {
    let settings = super::settings(figment)?;
    let store = super::open(&settings)?;
    let (statuses, paused_at) = store.read(|db| Ok((db.statuses()?, db.paused_at()?)))?;
    let timetable = Timetable::new(&settings.sync.schedules, settings.sync.jitter_secs);
    if arguments.json {
        super::print(format_args!("{}", serde_json::to_string_pretty(&statuses).map_err(anyhow::Error::from)?));
        return Ok(());
    }
    if let Some(at) = paused_at {
        let ago = ago((Utc::now() - at).num_seconds());
        super::print(format_args!(
            "The sync is paused ({ago}): a server copies nothing until Resume is pressed on /sync."
        ));
    }
    super::print(format_args!(
        "{:<20} {:<10} {:>12}  {:<14} {:<38}",
        "entity", "status", "rows", "last synced", "copied by a server"
    ));
    for it in statuses {
        let ago = it.last_synced_at.map_or_else(|| "never".to_owned(), |at| ago((Utc::now() - at).num_seconds()));
        let schedule = find(&it.name).map(|entity| timetable.words(entity)).unwrap_or_default();
        let name = it.status.name();
        super::print(format_args!(
            "{:<20} {name:<10} {:>12}  {ago:<14} {schedule:<38} {}",
            it.name,
            it.rows,
            notes(&it)
        ));
    }
    Ok(())
}

/// What is wrong, until when, and what to do about it.
fn notes(it: &EntityStatus) -> String {
    let until = it.resumes_at.map(|at| format!("goes on at {}", at.format("%Y-%m-%d %H:%M UTC")));
    let parts = [it.error.clone(), until, it.remedy.clone()];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// "4 min ago"
fn ago(seconds: i64) -> String {
    match seconds {
        ..60 => "just now".to_owned(),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..172_800 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::ago;

    #[test]
    fn ages_are_said_in_the_largest_unit_that_fits() {
        for (seconds, want) in
            [(-5, "just now"), (59, "just now"), (60, "1 min ago"), (7_200, "2 h ago"), (172_800, "2 days ago")]
        {
            assert_eq!(ago(seconds), want);
        }
    }
}
