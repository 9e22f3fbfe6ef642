//! `klytics status`: how current every entity is.

use chrono::Utc;
use clap::Args;
use figment::Figment;

use super::Failure;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, figment: &Figment) -> Result<(), Failure> {
    let settings = super::settings(figment)?;
    let store = super::open(&settings)?;
    let statuses = store.read(|db| db.statuses())?;
    if arguments.json {
        super::print(format_args!("{}", serde_json::to_string_pretty(&statuses).map_err(anyhow::Error::from)?));
        return Ok(());
    }
    super::print(format_args!("{:<20} {:<10} {:>12}  {:<18} ", "entity", "status", "rows", "last synced"));
    for it in statuses {
        let ago = it.last_synced_at.map_or_else(|| "never".to_owned(), |at| ago((Utc::now() - at).num_seconds()));
        super::print(format_args!(
            "{:<20} {:<10} {:>12}  {:<18} {}",
            it.name,
            it.status.name(),
            it.rows,
            ago,
            it.error.unwrap_or_default()
        ));
    }
    Ok(())
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
