//! A page is a description: where it is, what it takes, which tables it has, how it is answered. Its route, its JSON twin,
//! its files and its place in the cache follow from that.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use rocket::http::{ContentType, Header, Method};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use rocket::route::{Handler, Outcome};
use rocket::tokio::fs::File;
use rocket::{Data, Route, get};
use serde_json::value::RawValue;

use super::frame::{Frame, Value};
use super::sheet::Sheet;
use super::view::View;
use super::{Call, Desk, Ground, PAGES};
use crate::range::{Ask, Basis, DateRange, OF_FILES, OF_TABLES, Period, SHARED, Unclear, check_names, has_one_value};
use crate::store::{self, Format};
use crate::web::cache::{Answered, Kept, Key, Lifetime};
use crate::web::{self, Error, Html, Shell, Visit};

/// A page with a range, figures, charts and tables.
#[derive(Debug)]
pub struct Page {
    /// `/campaigns`, `/campaigns/<id>`
    pub path: &'static str,
    /// What it answers, in one line.
    pub about: &'static str,
    /// `view.html`, or one that extends it.
    pub template: &'static str,
    pub switches: &'static [Switch],
    /// Parameters of its own, with what they mean.
    pub takes: &'static [(&'static str, &'static str)],
    /// Its tables, and what its charts are drawn from: each is a file, too.
    pub sheets: &'static [&'static Sheet],
    pub load: fn(&Frame<'_>) -> Result<View, Error>,
    /// Values of its own that its sheets name, for files; see [`Frame`].
    pub values: fn(&Frame<'_>) -> Result<Vec<Value>, Error>,
}

/// What can be changed about how a page counts; the range and the comparison can on all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// By the day of sending, unless the address says otherwise.
    Basis,
    /// By the day of the event, unless the address says otherwise.
    EventBasis,
    Machine,
    Metric,
    Channel,
}

impl Switch {
    /// As the template asks for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Switch::Basis | Switch::EventBasis => "basis",
            Switch::Machine => "machine",
            Switch::Metric => "metric",
            Switch::Channel => "channel",
        }
    }
}

/// For pages whose sheets name nothing of their own.
///
/// # Errors
/// Never.
pub fn no_values(_: &Frame<'_>) -> Result<Vec<Value>, Error> {
    Ok(Vec::new())
}

impl Page {
    #[must_use]
    pub fn is_of_one(&self) -> bool {
        self.path.contains("<id>")
    }

    /// What its address may say.
    fn knows(&self) -> impl Iterator<Item = &'static str> {
        SHARED.iter().chain(OF_TABLES).copied().chain(self.takes.iter().map(|it| it.0))
    }

    /// The query as ways on from the page carry it: without what others hang on addresses, such as where a reader came from, and
    /// of what is said once only the first.
    fn carried(&self, query: &mut Vec<(String, String)>) {
        let mut seen = BTreeSet::new();
        query.retain(|(name, value)| {
            let is_known = self.knows().any(|it| it == name);
            is_known && (!has_one_value(name) || (!value.trim().is_empty() && seen.insert(name.clone())))
        });
    }

    /// That it counts all channels although one is asked for, which a way here from another page may carry along.
    fn all_channels(&self, ask: &Ask) -> String {
        // What was chosen by itself needs no narrowing.
        let is_chosen = self.is_of_one() || self.takes.iter().any(|it| it.0 == "ids");
        match ask.channel.filter(|_| !is_chosen && !self.switches.contains(&Switch::Channel)) {
            Some(channel) => format!("All channels: this page cannot be narrowed to {}.", channel.title()),
            None => String::new(),
        }
    }

    /// Whether it counts by days of its own, whatever basis others have.
    pub(crate) fn has_own_basis(&self) -> bool {
        web::has_own_basis(self.path)
    }

    /// The basis that is usual on it, where both can be had.
    pub(crate) fn usual_basis(&self) -> Option<Basis> {
        self.switches.iter().find_map(|it| match it {
            Switch::Basis => Some(Basis::Sent),
            Switch::EventBasis => Some(Basis::Event),
            _ => None,
        })
    }

    /// What is asked, by the basis that is usual here where none is named.
    ///
    /// # Errors
    /// [`Unclear`] where a basis is named and the page has one of its own.
    pub(crate) fn meant(&self, mut ask: Ask) -> Result<Ask, Unclear> {
        if ask.names_basis && self.has_own_basis() {
            let problem = "it cannot be chosen for this page, which counts by days of its own".to_owned();
            return Err(Unclear { parameter: "basis", problem });
        }
        if let Some(usual) = self.usual_basis().filter(|_| !ask.names_basis) {
            ask.basis = usual;
        }
        Ok(ask)
    }

    /// What the page says.
    ///
    /// # Errors
    /// When a query fails, a parameter cannot be meant, or there is no such thing.
    pub fn view(
        &self,
        db: &store::Db<'_>,
        ask: &Ask,
        period: &Period,
        ground: &Ground,
        id: Option<&str>,
    ) -> Result<View, Error> {
        let frame = Frame::new(db, ask, period, ground, Utc::now(), id)?;
        let mut view = (self.load)(&frame)?;
        view.currency.clone_from(&frame.currency);
        view.events_stored = frame.events_stored;
        view.complete_from = period.reach.map(|it| it.complete_from);
        view.all_channels = self.all_channels(ask);
        Ok(view)
    }

    fn kept(
        &self,
        desk: &Desk,
        ask: Ask,
        ground: &Ground,
        period: &Period,
        id: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Arc<Kept>, Error> {
        let about = format!("page {} {}", self.path, id.unwrap_or_default());
        let key = Key { about, ask: ask.clone(), version: ground.version, day: ground.day(now) };
        let work = || Answered::of(&desk.store.read(|db| Ok(self.view(db, &ask, period, ground, id)))??);
        Ok(desk.cache.get(key, Lifetime::Overview, work)?.0)
    }

    fn draw(&self, call: Call, mut visit: Visit, id: Option<&str>) -> Result<Html, Error> {
        let (Call { ask, desk }, now) = (call, Utc::now());
        self.carried(&mut visit.query);
        let ask = self.meant(ask)?;
        let ground = desk.ground()?;
        let period = ground.period(&ask, now)?;
        let tag = super::tag(&visit, &desk.handle, ground.version, period.range);
        if visit.has(&tag) {
            return Ok(Html::unchanged(tag));
        }
        let (standing, metrics) = desk
            .store
            .read(|db| Ok((super::standing(db, &desk.handle, now)?, super::conversion_metrics(db, &ask)?)))?;
        let kept = self.kept(&desk, ask.clone(), &ground, &period, id, now)?;
        let view: &RawValue = serde_json::from_slice(&kept.json).map_err(Error::Template)?;
        let switches: Vec<&'static str> = self.switches.iter().map(|it| it.name()).collect();
        let shell = Shell::new(visit, standing).with_range(&period).with_switches(&ask, &switches, metrics);
        Ok(web::draw(self.template, &shell, view)?.tagged(tag))
    }

    /// Works out the answer to an address without a query.
    pub(super) fn warm(&self, desk: &Desk, now: DateTime<Utc>) -> Result<(), Error> {
        let (ask, ground) = (self.meant(Ask::default())?, desk.ground()?);
        let period = ground.period(&ask, now)?;
        self.kept(desk, ask, &ground, &period, None, now).map(drop)
    }
}

/// A page where Rocket finds it.
#[derive(Clone)]
struct Mounted(&'static Page);

pub(super) fn routes() -> Vec<Route> {
    PAGES.iter().map(|it| Route::new(Method::Get, it.path, Mounted(it))).chain(rocket::routes![export]).collect()
}

#[rocket::async_trait]
impl Handler for Mounted {
    async fn handle<'r>(&self, request: &'r Request<'_>, _: Data<'r>) -> Outcome<'r> {
        Outcome::from(request, self.answer(request).await)
    }
}

impl Mounted {
    async fn answer(&self, request: &Request<'_>) -> Result<Html, Error> {
        let page = self.0;
        let call = match request.guard::<Call>().await {
            rocket::outcome::Outcome::Success(call) => call,
            rocket::outcome::Outcome::Error((_, unclear)) => return Err(unclear.into()),
            rocket::outcome::Outcome::Forward(_) => return Err(Error::Lost),
        };
        let visit = request.guard::<Visit>().await.succeeded().ok_or(Error::Lost)?;
        let at = page.path.split('/').skip(1).position(|it| it == "<id>");
        let id = at.and_then(|it| request.param::<String>(it)?.ok());
        web::blocking(move || page.draw(call, visit, id.as_deref())).await
    }
}

/// All rows of a table as a file: `/export/campaigns.csv` with the query of its page, and `id` where that is about one
/// thing. It is written into the data directory first, so that it need not fit into memory.
#[get("/export/<file>")]
async fn export(file: &str, call: Result<Call, Unclear>, visit: Visit) -> Result<Download, Error> {
    let Call { ask, desk } = call?;
    let unknown =
        || Error::Missing("there is no such file: it is the name of a table, and .csv, .json or .parquet".to_owned());
    let (name, extension) = file.rsplit_once('.').ok_or_else(unknown)?;
    let format = Format::named(extension).ok_or_else(unknown)?;
    let found = PAGES.iter().find_map(|page| Some((*page, *page.sheets.iter().find(|it| it.name == name)?)));
    let (page, sheet) = found.ok_or_else(unknown)?;
    let known: Vec<&str> = page.knows().chain(OF_FILES.iter().copied()).collect();
    check_names(&known, visit.query.iter().map(|it| it.0.as_str()))?;
    let id = visit.query.iter().find(|it| it.0 == "id").map(|it| it.1.clone());
    if page.is_of_one() && id.is_none() {
        let problem = format!("{name} is about one thing of {}, and this says which", page.path);
        return Err(Unclear { parameter: "id", problem }.into());
    }
    let (file, name, complete_from) = web::lengthy(move || {
        let (ground, now) = (desk.ground()?, Utc::now());
        let ask = page.meant(ask)?;
        let period = ground.period(&ask, now)?;
        let place =
            tempfile::Builder::new().prefix("export-").tempfile_in(desk.store.exports()?).map_err(Error::Disk)?;
        desk.store.read(|db| {
            let write = || -> Result<(), Error> {
                let frame = Frame::new(db, &ask, &period, &ground, now, id.as_deref())?;
                sheet.export(&frame, (page.values)(&frame)?, format, place.path())
            };
            Ok(write())
        })??;
        // What is open stays readable; the name is gone at once, whatever becomes of the request.
        let file = std::fs::File::open(place.path()).map_err(Error::Disk)?;
        let basis = sheet.by_event.is_some().then_some(period.basis);
        let complete_from = period.reach.map(|it| it.complete_from);
        Ok((file, file_name(sheet.name, id.as_deref(), basis, period.range), complete_from))
    })
    .await?;
    Ok(Download { file: File::from_std(file), name: format!("{name}.{extension}"), format, complete_from })
}

/// What a file is called where it lands: which table, of what, by which day where there are two, and of which days.
fn file_name(sheet: &str, id: Option<&str>, basis: Option<Basis>, range: DateRange) -> String {
    let is_plain = |it: &char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_');
    let id = id.map(|it| it.chars().filter(is_plain).take(40).collect::<String>()).filter(|it| !it.is_empty());
    let basis = basis.map(|it| if it == Basis::Sent { "by-send-day" } else { "by-event-day" });
    let parts = [Some(sheet), id.as_deref(), basis].into_iter().flatten().collect::<Vec<&str>>();
    format!("{}_{range}", parts.join("_"))
}

struct Download {
    file: File,
    name: String,
    format: Format,
    complete_from: Option<NaiveDate>,
}

impl<'r> Responder<'r, 'static> for Download {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let kind = match self.format {
            Format::Csv => ContentType::CSV,
            Format::Json => ContentType::JSON,
            Format::Parquet => ContentType::new("application", "vnd.apache.parquet"),
        };
        let mut response = Response::build();
        if let Some(day) = self.complete_from {
            response.raw_header(web::COMPLETE_FROM, day.to_string());
        }
        response
            .header(kind)
            .header(Header::new("Content-Disposition", format!("attachment; filename=\"{}\"", self.name)))
            .header(Header::new("Cache-Control", "private, no-store"))
            .streamed_body(self.file)
            .ok()
    }
}

/// Removes what an earlier process left behind in a directory of ours.
pub(super) fn sweep(directory: &Path) {
    let left = std::fs::read_dir(directory).into_iter().flatten().flatten();
    for entry in left.filter(|it| it.file_name().to_string_lossy().starts_with("export-")) {
        if let Err(cause) = std::fs::remove_file(entry.path()) {
            log::warn!("could not remove {}: {cause}", entry.path().display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_it_holds() {
        let day = |text: &str| text.parse().expect("a day");
        let range = DateRange::new(day("2026-10-23"), day("2026-11-21")).expect("a range");
        let of = |id, basis| file_name("links", id, basis, range);
        assert_eq!(of(None, None), "links_2026-10-23_to_2026-11-21");
        assert_eq!(of(Some("01H"), Some(Basis::Event)), "links_01H_by-event-day_2026-10-23_to_2026-11-21");
        assert_eq!(
            of(Some("../\"\r\nX: y"), None),
            "links_Xy_2026-10-23_to_2026-11-21",
            "a header holds no more than a name"
        );
    }
}
