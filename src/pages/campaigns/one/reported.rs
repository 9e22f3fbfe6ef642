//! Klaviyo's own report of a campaign beside ours, and why they differ.

use chrono::{NaiveDate, NaiveDateTime};

use super::Sent;
use crate::pages::campaigns::{REPORT, REPORTED};
use crate::pages::frame::Frame;
use crate::pages::sheet::{Column, Sheet};
use crate::pages::view::{Block, Content};
use crate::range::Machine;
use crate::store::{self, FromRow, Row, RowResult};
use crate::web::format;

pub(super) static SHEET: Sheet = Sheet {
    name: "campaign_report",
    title: "Klaviyo's own report beside ours",
    query: REPORTED,
    by_event: None,
    columns: &[
        Column::text("source", "Counted by"),
        Column::count("recipients", "Recipients").without_total(),
        Column::count("delivered", "Delivered").without_total(),
        Column::count("opened", "Opened").without_total(),
        Column::count("clicked", "Clicked").without_total(),
        Column::count("unsubscribed", "Unsubscribed").without_total(),
        Column::count("converted", "Converted").without_total(),
        Column::count("conversions", "Conversions").without_total(),
        Column::money("revenue", "Revenue").without_total(),
        Column::count("line", "Line").without_total().hidden(),
    ],
    order: "line",
    search: &[],
    link: None,
    sample: None,
    nothing: "No report of Klaviyo's own was read about the month in which this was sent.",
};

/// What has to be known of a report to explain it.
#[derive(Debug, Clone)]
struct Report {
    first_on: NaiveDate,
    last_on: NaiveDate,
    fetched_at: Option<NaiveDateTime>,
    metric: Option<String>,
    metric_name: Option<String>,
    machine_opened: i64,
    machine_clicked: i64,
}

pub(super) fn block(frame: &Frame<'_>, sent: &Sent) -> Result<Block, store::Error> {
    let title = "Klaviyo's own report beside ours";
    let report: Option<Report> = frame.rows_with(REPORT, sent.values())?.into_iter().next();
    let Some(report) = report else {
        let words = "No report of Klaviyo's own was read about the month in which this was sent. Reports are read for as many \
             days back as reports.history_days says.";
        return Ok(Block::new("campaign_report", title, Content::Nothing { words: words.to_owned() }));
    };
    let table = SHEET.top_with(frame, None, sent.values())?;
    let metric = frame.metric.as_deref();
    let hint = words(&report, sent, metric, frame.period.machine, |it| {
        format::wall_clock(it.and_utc().with_timezone(&frame.zone).naive_local())
    });
    Ok(Block::table(title, table).hinting(hint).defined("reported_difference"))
}

/// Why the two may differ, of what is known.
fn words(
    report: &Report,
    sent: &Sent,
    metric: Option<&str>,
    machine: Machine,
    clock: impl Fn(NaiveDateTime) -> String,
) -> String {
    let mut words = vec![format!("The report is of {}", format::span(report.first_on, report.last_on))];
    if let Some(at) = report.fetched_at {
        words.push(format!(" and was read on {}; what happened since is only in ours", clock(at)));
    }
    words.push(".".to_owned());
    let count = |it: i64, one: &str, many: &str| {
        if it == 1 { format!("1 {one}") } else { format!("{} {many}", format::grouped(float(it), 0)) }
    };
    if machine == Machine::Exclude && report.machine_opened > 0 {
        let deliveries = count(report.machine_opened, "delivery was", "deliveries were");
        words.push(format!(
            " It counts opens by machines, which this page leaves out: {deliveries} opened by a machine only."
        ));
    }
    if machine == Machine::Exclude && report.machine_clicked > 0 {
        let deliveries = count(report.machine_clicked, "delivery was", "deliveries were");
        words.push(format!(" {deliveries} clicked by a bot only, which it may count."));
    }
    if sent.names.first_on < report.first_on || report.last_on < sent.names.last_on {
        words.push(" A part of the campaign was sent in a month of which no report was read.".to_owned());
    }
    match (&report.metric, metric) {
        (Some(theirs), Some(ours)) if theirs != ours => {
            let name = report.metric_name.as_deref().unwrap_or(theirs);
            words.push(format!(" Its conversions are of “{name}”, another metric than this page counts."));
        }
        _ => words.push(
            " Its revenue is in all currencies; ours leaves out orders in another than the account's.".to_owned(),
        ),
    }
    words.concat()
}

#[expect(clippy::cast_precision_loss, reason = "no campaign reaches 2^53 people")]
fn float(count: i64) -> f64 {
    count as f64
}

impl FromRow for Report {
    fn from_row(row: &Row<'_>) -> RowResult<Report> {
        Ok(Report {
            first_on: row.get("first_on")?,
            last_on: row.get("last_on")?,
            fetched_at: row.get("fetched_at")?,
            metric: row.get("metric")?,
            metric_name: row.get("metric_name")?,
            machine_opened: row.get::<Option<i64>>("machine_opened")?.unwrap_or_default(),
            machine_clicked: row.get::<Option<i64>>("machine_clicked")?.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::campaigns::names::Names;
    use chrono::{DateTime, Utc};

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn said(change: impl Fn(&mut Report, &mut Sent), machine: Machine) -> String {
        let mut report = Report {
            first_on: day("2026-11-01"),
            last_on: day("2026-11-30"),
            fetched_at: "2026-11-21T10:00:00".parse().ok(),
            metric: Some("M".to_owned()),
            metric_name: Some("Placed Order".to_owned()),
            machine_opened: 0,
            machine_clicked: 0,
        };
        let at: DateTime<Utc> = "2026-11-21T17:00:00Z".parse().expect("a time");
        let mut names = Names::none(day("2026-11-03"));
        names.last_on = day("2026-11-04");
        let mut sent = Sent { names, now: at };
        change(&mut report, &mut sent);
        words(&report, &sent, Some("M"), machine, |it| it.to_string())
    }

    #[test]
    fn it_says_what_differs_and_no_more() {
        let plain = said(|_, _| (), Machine::Exclude);
        assert!(
            plain.starts_with("The report is of 1 Nov – 30 Nov 2026 and was read on 2026-11-21 10:00:00"),
            "{plain}"
        );
        for absent in ["machine", "bot", "A part of", "another metric"] {
            assert!(!plain.contains(absent), "{absent} in {plain}");
        }
        assert!(
            said(|it, _| it.machine_opened = 1, Machine::Exclude).contains("1 delivery was opened by a machine only")
        );
        assert!(!said(|it, _| it.machine_opened = 1, Machine::Include).contains("machine"));
        assert!(
            said(|_, it| it.names.first_on = day("2026-10-31"), Machine::Exclude).contains("A part of the campaign")
        );
        assert!(said(|it, _| it.metric = Some("N".to_owned()), Machine::Exclude).contains("“Placed Order”, another"));
    }
}
