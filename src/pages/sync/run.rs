//! `/sync/runs/<id>`: what one run did to each entity, and what was said meanwhile.

use chrono::{DateTime, Utc};
use rocket::{State, get};
use serde::Serialize;

use super::{Progress, run_of};
use crate::catalog;
use crate::store::runs::Line;
use crate::store::{self, Db, Store};
use crate::sync::Handle;
use crate::web::{self, Error, Html, Shell, Visit};

/// One run, whether it goes on or has ended.
#[derive(Debug, Serialize)]
pub struct RunPage {
    pub run: Progress,
    /// Whether it has not ended.
    pub live: bool,
    pub lines: Vec<LogLine>,
}

/// A line of its log, with the entity's name for people.
#[derive(Debug, Serialize)]
pub struct LogLine {
    #[serde(flatten)]
    pub line: Line,
    pub title: Option<String>,
}

impl RunPage {
    /// The run of that number at `now`; `None` where there is none, or none any more.
    ///
    /// # Errors
    /// When a query fails.
    pub fn load(db: &Db<'_>, handle: &Handle, id: i64, now: DateTime<Utc>) -> Result<Option<RunPage>, store::Error> {
        let going_on = handle.runs().into_iter().find(|it| it.id == id);
        let live = going_on.is_some();
        let run = match going_on {
            Some(run) => run,
            None => match db.run(id)? {
                Some(run) => run,
                None => return Ok(None),
            },
        };
        let title = |it: &Line| it.entity.as_deref().and_then(catalog::find).map(catalog::Entity::title);
        let lines = db.log(id)?.into_iter().chain(handle.unwritten(id));
        let lines = lines.map(|line| LogLine { title: title(&line), line }).collect();
        Ok(Some(RunPage { run: Progress::of(run, now), live, lines }))
    }
}

#[get("/sync/runs/<id>")]
pub(super) async fn show(id: &str, visit: Visit, store: &State<Store>, handle: &State<Handle>) -> Result<Html, Error> {
    let id = run_of(id).map_err(|_| Error::NotFound("run"))?;
    let (store, handle) = (store.inner().clone(), handle.inner().clone());
    web::blocking(move || {
        let now = Utc::now();
        let (page, mut standing) =
            store.read(|db| Ok((RunPage::load(db, &handle, id, now)?, super::super::standing(db, &handle, now)?)))?;
        let mut page = page.ok_or(Error::NotFound("run"))?;
        page.run = page.run.told_once();
        standing.running = page.live && !handle.is_paused();
        web::draw("sync_run.html", &Shell::new(visit, standing), &page)
    })
    .await
}
