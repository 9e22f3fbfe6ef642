//! What happened meanwhile: own notes, campaigns that were sent, flows that were changed. Charts over time show them.

use chrono::{NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;
use rocket::fairing::AdHoc;
use rocket::form::{Form, FromForm};
use rocket::{State, post, routes};

use super::Desk;
use super::frame::{Frame, Value};
use crate::range::Unclear;
use crate::store::zone::{beginning, local};
use crate::store::{self, FromRow, Query, Row, RowResult};
use crate::web::{self, Error, SeeOther};
use crate::{params, query};

const LIST: Query = query!("annotations/list");
const ADD: Query = query!("annotations/add");
const DELETE: Query = query!("annotations/delete");

pub(super) const QUERIES: &[Query] = &[LIST, ADD, DELETE];

/// Characters of a note.
const WORDS_MAX: usize = 200;

/// Before there was a Klaviyo.
const FIRST: NaiveDate = NaiveDate::from_ymd_opt(2010, 1, 1).expect("a day");

/// Something that happened on a local day.
#[derive(Debug, Clone)]
pub struct Annotation {
    pub day: NaiveDate,
    /// `note`, `campaign` or `flow`.
    pub kind: &'static str,
    pub words: String,
    pub id: String,
}

/// What happened in the range, as charts take it.
///
/// # Errors
/// When the query fails.
pub fn notes(frame: &Frame<'_>) -> Result<Vec<(NaiveDate, &'static str, String)>, store::Error> {
    Ok(all(frame)?.iter().map(|it| (it.day, it.kind, it.words.clone())).collect())
}

/// The reader's own notes of the range.
///
/// # Errors
/// When the query fails.
pub fn own(frame: &Frame<'_>) -> Result<Vec<Annotation>, store::Error> {
    Ok(all(frame)?.iter().filter(|it| it.kind == "note").cloned().collect())
}

/// Asked for once, however many charts of a page show them.
fn all<'a>(frame: &'a Frame<'_>) -> Result<&'a [Annotation], store::Error> {
    if let Some(known) = frame.annotations.get() {
        return Ok(known);
    }
    let range = frame.period.range;
    let midnight = |day| beginning(day, frame.zone).naive_utc();
    let own: Vec<Value> =
        vec![("start_at", Box::new(midnight(range.start()))), ("end_at", Box::new(midnight(range.before())))];
    let found: Vec<Happened> = frame.rows_with(LIST, own)?;
    let mut found: Vec<Annotation> = found.into_iter().filter_map(|it| it.on_its_day(frame.zone)).collect();
    found.sort_by(|a, b| (a.day, a.kind, &a.words).cmp(&(b.day, b.kind, &b.words)));
    Ok(frame.annotations.get_or_init(|| found))
}

/// What happened on a local day, or at an instant in UTC.
struct Happened {
    on: Option<NaiveDate>,
    at: Option<NaiveDateTime>,
    kind: &'static str,
    words: String,
    id: String,
}

impl Happened {
    fn on_its_day(self, zone: Tz) -> Option<Annotation> {
        let day = self.on.or_else(|| Some(local(self.at?.and_utc(), zone).date()))?;
        Some(Annotation { day, kind: self.kind, words: self.words, id: self.id })
    }
}

impl FromRow for Happened {
    fn from_row(row: &Row<'_>) -> RowResult<Happened> {
        let kind: String = row.get("kind")?;
        let kind = ["campaign", "flow"].into_iter().find(|it| *it == kind).unwrap_or("note");
        Ok(Happened {
            on: row.get("happened_on")?,
            at: row.get("happened_at")?,
            kind,
            words: row.get("words")?,
            id: row.get("id")?,
        })
    }
}

pub(super) fn stage() -> AdHoc {
    AdHoc::on_ignite("annotations", |rocket| async { rocket.mount("/", routes![add, delete]) })
}

#[derive(FromForm)]
struct Added {
    day: String,
    words: String,
    /// The page to come back to.
    next: String,
}

#[post("/annotations", data = "<form>")]
async fn add(form: Form<Added>, desk: &State<Desk>) -> Result<SeeOther, Error> {
    let (form, desk) = (form.into_inner(), desk.inner().clone());
    let unclear = |parameter, problem: String| Unclear { parameter, problem };
    let day: NaiveDate =
        form.day.parse().map_err(|_| unclear("day", format!("“{}” is not a day in the form YYYY-MM-DD", form.day)))?;
    let words = form.words.trim().to_owned();
    if words.is_empty() || words.chars().count() > WORDS_MAX {
        return Err(unclear("words", format!("a note has from 1 to {WORDS_MAX} characters")).into());
    }
    web::blocking(move || {
        let now = Utc::now();
        // No range reaches further, so nobody would find it again.
        if day > desk.ground()?.day(now) || day < FIRST {
            let problem = format!("{day} is no day that a chart can show: from {FIRST} to today");
            return Err(unclear("day", problem).into());
        }
        let id = format!("{:x}", now.timestamp_micros());
        desk.store
            .write(|db| db.execute(ADD, params! { "id": id, "day": day, "words": words, "now": now.naive_utc() }))?;
        Ok(SeeOther::to(&form.next))
    })
    .await
}

#[derive(FromForm)]
struct Deleted {
    id: String,
    next: String,
}

#[post("/annotations/delete", data = "<form>")]
async fn delete(form: Form<Deleted>, desk: &State<Desk>) -> Result<SeeOther, Error> {
    let (form, desk) = (form.into_inner(), desk.inner().clone());
    web::blocking(move || {
        desk.store.write(|db| db.execute(DELETE, params! { "id": form.id }))?;
        Ok(SeeOther::to(&form.next))
    })
    .await
}
