//! `/forms/<id>`: how does this form do, in which version and on which device, and does Klaviyo count the same?

use chrono::NaiveDateTime;
use serde_json::Value as Json;

use super::{Counts, FORM, FORM_DAYS, FORM_DEVICES, FORM_VERSIONS, REPORTED, SUBMISSIONS, SWITCHES, VIEWS};
use super::{cards, over_time, own_values, parts, small_print};
use crate::pages::caption::capital;
use crate::pages::frame::Frame;
use crate::pages::page::Page;
use crate::pages::sheet::{Column, Sheet, Unit};
use crate::pages::view::{Block, Link, View};
use crate::store::repository::Document;
use crate::store::zone::local;
use crate::web::{Error, format};

pub static ONE: Page = Page {
    path: "/forms/<id>",
    about: "One form: its trend, versions and devices, and Klaviyo's own counts beside ours",
    template: "view.html",
    switches: SWITCHES,
    takes: &[],
    sheets: &[&FORM_DAYS, &FORM_VERSIONS, &FORM_DEVICES, &FORM_REPORT],
    load,
    values: own_values,
};

static FORM_REPORT: Sheet = Sheet {
    name: "form-report",
    title: "Klaviyo's own counts beside ours",
    query: REPORTED,
    by_event: None,
    columns: &[
        Column::text("count_of", "Counted by"),
        Column::new("line", "Line", Unit::Count).hidden(),
        VIEWS.without_total(),
        SUBMISSIONS.without_total(),
        // Under a name of its own, because a difference is no rate to judge.
        Column::new("report_rate", "Submit rate", Unit::Share),
    ],
    order: "line",
    search: &[],
    link: None,
    sample: None,
    nothing: "Klaviyo's report of forms is not read for these days. It begins on 1 June 2023, and is read back as far as the settings say.",
};

fn load(frame: &Frame<'_>) -> Result<View, Error> {
    let form = frame.document(FORM)?;
    let text = |name: &str| form.get(name).and_then(Json::as_str).map(ToOwned::to_owned);
    let name = text("name").ok_or(Error::NotFound("form"))?;
    let counts = Counts::load(frame)?;
    let blocks = [over_time(frame, &counts)?, parts(frame)?, vec![reported(frame)?]];
    let mut more = serde_json::Map::new();
    more.insert("id".to_owned(), frame.id.into());
    Ok(View {
        title: name,
        lead: lead(frame, &form),
        parent: Some(Link { title: "Forms".to_owned(), path: "/forms".to_owned() }),
        cards: cards(frame, &counts)?,
        blocks: blocks.into_iter().flatten().collect(),
        notes: small_print(),
        more,
        ..View::default()
    })
}

fn lead(frame: &Frame<'_>, form: &Document) -> String {
    let text = |name: &str| form.get(name).and_then(Json::as_str);
    let is = |name: &str| form.get(name).and_then(Json::as_bool).unwrap_or_default();
    let mut words = match text("status") {
        _ if is("deleted") => vec!["Deleted in Klaviyo".to_owned()],
        Some(status) => vec![capital(status)],
        None => vec!["Not copied".to_owned()],
    };
    if is("isTest") {
        words.push("an A/B test".to_owned());
    }
    if let Some(at) = text("updatedAt").and_then(|it| it.parse::<NaiveDateTime>().ok()) {
        words.push(format!("changed {}", format::date(local(at.and_utc(), frame.zone).date())));
    }
    words.join(" · ") + "."
}

fn reported(frame: &Frame<'_>) -> Result<Block, Error> {
    let rows = frame.documents(REPORTED)?;
    let block = Block::table("Klaviyo's own counts beside ours", FORM_REPORT.top(frame, None)?);
    let Some(row) = rows.first() else { return Ok(block) };
    let text = |name: &str| row.get(name).and_then(Json::as_str);
    let day = |name: &str| text(name).and_then(|it| it.parse().ok());
    let block = match day("firstOn").zip(day("lastOn")) {
        Some((first, last)) => block.with(format::span(first, last)),
        None => block,
    };
    let mut words = Vec::new();
    if let Some(at) = text("fetchedAt").and_then(|it| it.parse::<NaiveDateTime>().ok()) {
        let at = format::wall_clock(local(at.and_utc(), frame.zone));
        words.push(format!("Klaviyo's is as of {at}; what happened since is only in ours."));
    }
    words.push(
        "Klaviyo also counts people whom it does not know by name; events exist only of those whom it knows."
            .to_owned(),
    );
    Ok(block.hinting(words.join(" ")))
}
