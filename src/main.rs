//! The `klytics` command: what is asked of it, and the only exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    klytics::cli::run()
}
