//! The JSON twins of the pages: the same `load`, another face.

use rocket::fairing::AdHoc;

/// Mounts every endpoint below `/api`.
#[must_use]
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("api", |rocket| async { rocket })
}
