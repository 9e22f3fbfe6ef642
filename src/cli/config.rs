//! `klytics config`: which settings are in force, where each comes from, and whether they hold.

use clap::Subcommand;
use figment::Figment;

use super::Failure;
use crate::config::{PACKAGED, in_force};

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
            let settings = super::settings(figment)?;
            super::client(&settings.klaviyo)?;
            super::print("the settings hold");
            for doubt in settings.doubts(figment) {
                super::print(format_args!("but {doubt}"));
            }
        }
        Verb::Show => {
            super::settings(figment)?;
            for it in in_force(figment)? {
                super::print(format_args!("{} = {}  # {}", it.key, it.value, it.source));
            }
        }
    }
    Ok(())
}
