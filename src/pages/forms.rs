//! `/forms`: who sees the sign-up forms, who submits them, and who buys afterwards?

mod counts;
mod one;

use super::frame::{Frame, Value};
use super::overview::Figure;
use super::page::{Page, Switch};
use super::sheet::{Column, IDLE, Sheet, Unit};
use super::view::chart::{BY_WEEKS, Line, by_weeks, is_drawn_by_weeks};
use super::view::{Badge, Block, Card, Chart, Content, JUDGED_LEAST, Shape, View, Width, is_judged};
use super::{annotations, caption};
use crate::query;
use crate::store::Query;
use crate::web::Error;
use counts::Counts;
pub use one::ONE;

const FORMS_ASKED: Query = query!("forms/list");
const DAYS: Query = query!("forms/days");
const CONVERSIONS: Query = query!("forms/conversions");
const VERSIONS: Query = query!("forms/versions");
const DEVICES: Query = query!("forms/devices");
const FORM: Query = query!("forms/form");
const REPORTED: Query = query!("forms/reported");

pub(super) const QUERIES: &[Query] = &[FORMS_ASKED, DAYS, CONVERSIONS, VERSIONS, DEVICES, FORM, REPORTED];

const SWITCHES: &[Switch] = &[Switch::Metric];

pub static LIST: Page = Page {
    path: "/forms",
    about: "Sign-up forms: views, submissions, submit rate and who bought afterwards",
    template: "view.html",
    switches: SWITCHES,
    takes: &[IDLE],
    sheets: &[&FORMS, &FORM_DAYS, &FORM_VERSIONS, &FORM_DEVICES],
    load: list,
    values: own_values,
};

const VIEWS: Column = Column::count("views", "Views");
const SUBMISSIONS: Column = Column::count("submissions", "Submissions");
const SUBMIT_RATE: Column = Column::share("submit_rate", "Submit rate", "submissions", "views");

static FORMS: Sheet = Sheet {
    name: "forms",
    title: "Forms",
    query: FORMS_ASKED,
    by_event: None,
    columns: &[
        Column::text("name", "Form"),
        Column::new("status", "Status", Unit::Badge),
        Column::text("form_type", "Type"),
        Column::new("versions", "Versions", Unit::Count).hidden(),
        VIEWS,
        SUBMISSIONS.with_bar(),
        Column::new("trend", "Trend", Unit::Trend),
        SUBMIT_RATE,
        // Whoever submitted two forms is in both rows, and so is what they bought: rows do not add up.
        Column::count("submitters", "People").hidden().without_total(),
        Column::count("form_converted", "Bought").without_total(),
        Column::new("form_conversion_rate", "Conversion rate", Unit::Share),
        Column::money("form_revenue", "Revenue").without_total(),
        Column::new("deleted", "Deleted", Unit::Flag).hidden(),
    ],
    order: "-submissions",
    search: &["name", "form_type"],
    link: Some("/forms/"),
    sample: Some(("views", JUDGED_LEAST)),
    nothing: "No form is live, and none was seen in these days. Forms are copied every six hours: see the sync page.",
};

static FORM_DAYS: Sheet = Sheet {
    name: "form-days",
    title: "Views and submissions by day",
    query: DAYS,
    by_event: None,
    columns: &[
        Column::new("date", "Day", Unit::Day),
        VIEWS,
        SUBMISSIONS,
        SUBMIT_RATE,
        Column::count("earlier_views", "Views on the day compared with"),
        Column::count("earlier_submissions", "Submissions on the day compared with"),
    ],
    order: "date",
    search: &[],
    link: None,
    sample: None,
    nothing: "No form was seen in these days.",
};

static FORM_VERSIONS: Sheet = Sheet {
    name: "form-versions",
    title: "By version",
    query: VERSIONS,
    by_event: None,
    columns: &[
        Column::text("version", "Version"),
        Column::text("form", "Form"),
        Column::text("form_type", "Type").hidden(),
        Column::new("status", "Status", Unit::Badge).hidden(),
        VIEWS,
        SUBMISSIONS,
        SUBMIT_RATE,
    ],
    order: "-submissions",
    search: &[],
    link: None,
    sample: Some(("views", JUDGED_LEAST)),
    nothing: "No event of these days tells the version of its form.",
};

static FORM_DEVICES: Sheet = Sheet {
    name: "form-devices",
    title: "By device",
    query: DEVICES,
    by_event: None,
    columns: &[Column::text("device", "Device"), VIEWS.with_bar(), SUBMISSIONS, SUBMIT_RATE],
    order: "-views",
    search: &[],
    link: None,
    sample: Some(("views", JUDGED_LEAST)),
    nothing: "No event of these days tells on what device a form was seen.",
};

fn own_values(frame: &Frame<'_>) -> Result<Vec<Value>, Error> {
    let with_idle = frame.ask.with_idle()?.unwrap_or(false);
    Ok(vec![("shift", Box::new(frame.period.shift())), ("with_idle", Box::new(with_idle))])
}

fn list(frame: &Frame<'_>) -> Result<View, Error> {
    let counts = Counts::load(frame)?;
    let mut table = FORMS.table_with(frame, own_values(frame)?)?;
    table.with_idle = Some(frame.ask.with_idle()?.unwrap_or(false));
    let blocks = [
        over_time(frame, &counts)?,
        vec![Block::table("All forms", table).with("who bought, and for how much, within five days of submitting")],
        parts(frame)?,
    ];
    Ok(View {
        title: "Forms".to_owned(),
        lead: "Who saw the sign-up forms, who submitted them, and who bought afterwards.".to_owned(),
        cards: cards(frame, &counts)?,
        blocks: blocks.into_iter().flatten().collect(),
        notes: small_print(),
        ..View::default()
    })
}

fn small_print() -> Vec<String> {
    vec![
        "Views and submissions count by the day of the event, for people whom Klaviyo knows.".to_owned(),
        "Who submitted in the last five days may still buy.".to_owned(),
    ]
}

fn cards(frame: &Frame<'_>, counts: &Counts) -> Result<Vec<Card>, Error> {
    let bought = counts::bought(frame)?;
    let rate = counts.rate(frame.period);
    let badge = rate.current.filter(|_| counts.views(frame.period).current.is_some_and(is_judged)).map(judged);
    Ok(vec![
        Card::new("views", Unit::Count, counts.views(frame.period)),
        Card::new("submissions", Unit::Count, counts.submissions(frame.period)),
        Card::new("submit_rate", Unit::Share, rate).judged(badge),
        Card::new("form_conversion_rate", Unit::Share, bought.rate).with(bought.words),
    ])
}

/// The bands of form submit rates: up to 3% poor, 5% fair, 7% good, 10% very good.
fn judged(rate: f64) -> Badge {
    let (tone, word) = match rate {
        it if it < 0.03 => ("bad", "Poor"),
        it if it < 0.05 => ("poor", "Fair"),
        it if it < 0.07 => ("good", "Good"),
        it if it <= 0.10 => ("good", "Very good"),
        _ => ("good", "Excellent"),
    };
    let why =
        "Below 3% is poor, to 5% fair, to 7% good, to 10% very good; Klaviyo's strategists take 3% as the baseline";
    Badge { tone, word: word.to_owned(), why: why.to_owned() }
}

/// Submissions and the submit rate by day, each with the days compared with.
fn over_time(frame: &Frame<'_>, counts: &Counts) -> Result<Vec<Block>, Error> {
    let days = frame.documents_with(DAYS, own_values(frame)?)?;
    let figure = counts.submissions(frame.period);
    let title = "Submissions over time";
    if counts.views(frame.period).current == Some(0.0) && figure.current == Some(0.0) {
        let words = "No form was seen or submitted in these days. Try a longer range.".to_owned();
        return Ok(vec![Block::new("form-submissions", title, Content::Nothing { words })]);
    }
    let marks = annotations::notes(frame)?;
    let is_compared = frame.period.compared.is_some();
    let mut lines = vec![Line::sum("Submissions", "submissions")];
    let drawn = by_weeks(&days, &["views", "submissions", "earlier_views", "earlier_submissions"]);
    let mut rates = vec![Line::share("Submit rate", "submissions", "views")];
    if is_compared {
        let before = caption::capital(caption::before(frame.period));
        lines.push(Line::sum(before.clone(), "earlierSubmissions").compared());
        rates.push(Line::share(before, "earlierSubmissions", "earlierViews").compared());
    }
    let submissions = Chart::over_time(Shape::Columns, Unit::Count, frame.period, &days, &lines, &marks);
    let words = caption::of_sum(frame, &figure, "submissions", &submissions);
    let submissions = submissions.saying(words);
    let rate: Figure = counts.rate(frame.period);
    let rates = Chart::over_time(Shape::Lines, Unit::Share, frame.period, &drawn, &rates, &marks);
    let words = caption::of_sum(frame, &rate, "of views were submitted", &rates);
    let rates = rates.saying(words);
    let rates = Block::new("submit_rate", "Submit rate over time", Content::Chart(rates)).wide(Width::Half);
    let rates = rates.filed("form-days");
    Ok(vec![
        Block::new("form-submissions", title, Content::Chart(submissions)).wide(Width::Half).filed("form-days"),
        if is_drawn_by_weeks(days.len()) { rates.hinting(BY_WEEKS) } else { rates },
    ])
}

fn parts(frame: &Frame<'_>) -> Result<Vec<Block>, Error> {
    Ok(vec![
        Block::table("By version", FORM_VERSIONS.top(frame, Some(20))?).wide(Width::Half),
        Block::table("By device", FORM_DEVICES.top(frame, None)?).wide(Width::Half),
    ])
}
