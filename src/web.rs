//! How any page is drawn, cached, guarded and fails. What a page says is none of its business.
//!
//! A page's route takes a [`Visit`], asks its question inside [`blocking`], and returns what [`draw`] made of the
//! answer. [`stage`] brings the templates, the assets, the guards and the headers that every response carries.

mod assets;
pub mod buckets;
pub mod cache;
mod error;
pub mod format;
mod guard;
mod headers;
mod menu;
mod methods;
mod page;
mod redirect;
mod shell;
pub mod tally;
pub mod templates;
mod theme;
mod turns;
mod words;

pub use cache::Cache;
pub use error::Error;
pub(crate) use menu::has_own_basis;
pub use page::{Etag, Html, draw};
pub use redirect::SeeOther;
pub use shell::{Choice, Shell, Standing, Visit};
pub use theme::Theme;
pub use turns::{aside, blocking, lengthy, waiting};

/// From which local day on every event is copied, where an answer needs earlier ones.
pub const COMPLETE_FROM: &str = "X-Complete-From";

use std::path::PathBuf;

use rocket::fairing::AdHoc;
use rocket::shield::Shield;

/// What the web part has to be told.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Names that this server is reached by, besides loopback names and IP addresses, which always answer.
    pub hosts: Vec<String>,
    /// Where files stand that replace templates of ours; `overview.html` there replaces the overview.
    pub overrides: Option<PathBuf>,
}

/// All that pages rest on. Rocket's `template_dir` has to name an existing directory: see [`templates::directory`].
#[must_use]
pub fn stage(settings: Settings) -> AdHoc {
    AdHoc::on_ignite("web", |rocket| async move {
        rocket
            .attach(tally::Counter)
            // Ours sets every header that Shield would, and more; both would warn of each other.
            .attach(Shield::new())
            .attach(headers::Headers)
            .attach(guard::Guard::new(settings.hosts))
            .attach(templates::fairing(settings.overrides))
            .mount("/", assets::routes())
            .mount("/", redirect::routes())
            .mount("/", theme::routes())
            .mount("/", guard::routes())
            .register("/", error::catchers())
    })
}
