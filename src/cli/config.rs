//! `klytics config`: which settings are in force, where each comes from, and whether they hold.

use clap::Subcommand;
use figment::Figment;
use figment::value::{Dict, Value};

use super::Failure;
use crate::config::{PACKAGED, source_of};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Print every setting with where it comes from; the key is never printed
    Show,
    /// Check the settings, name what is wrong, and exit with 2 if anything is
    Check,
    /// Print the packaged Rocket.toml, with every setting, its default and a comment
    Init,
}

pub(super) fn run(verb: &Verb, figment: &Figment) -> Result<(), Failure> {
    match verb {
        Verb::Init => super::print(PACKAGED.trim_end()),
        Verb::Check => {
            super::client(&super::settings(figment)?.klaviyo)?;
            super::print("the settings hold");
        }
        Verb::Show => {
            super::settings(figment)?;
            let all: Dict = figment.extract().map_err(anyhow::Error::from)?;
            for key in ["address", "port", "workers", "max_blocking", "log_level", "data_dir", "hosts"] {
                show(figment, key, all.get(key));
            }
            for table in ["klaviyo", "store", "sync"] {
                let values = all.get(table).and_then(Value::as_dict);
                for (key, value) in values.into_iter().flatten() {
                    show(figment, &format!("{table}.{key}"), Some(value));
                }
            }
        }
    }
    Ok(())
}

fn show(figment: &Figment, key: &str, value: Option<&Value>) {
    let text = match value {
        Some(Value::String(_, text)) if key == "klaviyo.api_key" => {
            if text.is_empty() {
                "(not set)".to_owned()
            } else {
                "(set, not shown)".to_owned()
            }
        }
        Some(value) => serde_json::to_string(value).unwrap_or_default(),
        None => "(not set)".to_owned(),
    };
    super::print(format_args!("{key} = {text}  # {}", source_of(figment, key)));
}
