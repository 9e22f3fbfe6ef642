//! `/campaigns/compare?ids=A,B,C`: how do chosen campaigns stand against one another?

use serde::Serialize;
use serde_json::json;

use super::COMPARED;
use super::counts::{COMPARED as MEASURES, Counts, Measure};
use super::curve;
use super::names::{self, Names};
use crate::pages::definitions;
use crate::pages::frame::{Frame, Value};
use crate::pages::messages as measures;
use crate::pages::notes;
use crate::pages::page::{Page, Switch};
use crate::pages::sheet::{Column, Sheet, Unit};
use crate::pages::view::{Block, Content, Link, View};
use crate::range::{Channel, Unclear};
use crate::store::{self, FromRow, Row, RowResult};
use crate::web::Error;

/// Columns that can still be told apart, and lines of a chart.
const CAMPAIGNS_MAX: usize = 12;

pub static COMPARE: Page = Page {
    path: "/campaigns/compare",
    about: "Chosen campaigns side by side, with their distance from the mean and their revenue by the hour",
    template: "campaigns_compare.html",
    switches: &[Switch::Machine, Switch::Metric],
    takes: &[("ids", "Up to twelve ids of campaigns, separated by commas; or the parameter repeated.")],
    sheets: &[&SHEET, &CURVES],
    load,
    values: own_values,
};

static CURVES: Sheet = curve::sheet("compared_hours");

static SHEET: Sheet = Sheet {
    name: "compared_campaigns",
    title: "Chosen campaigns",
    query: COMPARED,
    by_event: None,
    columns: &[
        Column::text("name", "Campaign"),
        Column::new("channel", "Channel", Unit::Badge),
        Column::new("status", "Status", Unit::Badge),
        Column::new("sent_at", "Sent", Unit::Moment),
        measures::RECIPIENTS,
        measures::DELIVERED,
        measures::OPENABLE,
        measures::OPENED,
        measures::CLICKED,
        measures::CONVERTED,
        measures::CONVERSIONS,
        measures::REVENUE,
        measures::BOUNCED,
        measures::FAILED,
        measures::UNSUBSCRIBED,
        measures::COMPLAINED,
        measures::DELIVERY_RATE,
        measures::OPEN_RATE,
        measures::MACHINE_OPEN_SHARE,
        measures::CLICK_RATE,
        measures::CLICK_TO_OPEN_RATE,
        measures::CONVERSION_RATE,
        measures::REVENUE_PER_RECIPIENT,
        measures::REVENUE_PER_DELIVERED,
        measures::AVERAGE_ORDER_VALUE,
        measures::BOUNCE_RATE,
        measures::FAILURE_RATE,
        measures::UNSUBSCRIBE_RATE,
        measures::COMPLAINT_RATE,
    ],
    order: "-sent_at",
    search: &[],
    link: Some("/campaigns/"),
    sample: None,
    nothing: "No campaign is chosen.",
};

/// A campaign that was chosen.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    pub(super) id: String,
    pub(super) name: String,
    channel: Option<String>,
    /// Missing where nothing was sent.
    counts: Option<Counts>,
}

/// The table of the page: a row a measure, a column a campaign.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    name: &'static str,
    title: &'static str,
    unit: Unit,
    /// `up` or `down` is welcome, or neither.
    good: &'static str,
    /// Of all of them: a rate of the sums, and of what adds up the average a campaign.
    mean: Option<f64>,
    values: Vec<Cell>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Cell {
    value: Option<f64>,
    /// From the mean, as a fraction of it; unknown where there is none.
    difference: Option<f64>,
}

/// The campaigns that the address chooses, each once.
fn ids(frame: &Frame<'_>) -> Result<Vec<String>, Unclear> {
    let mut ids: Vec<String> = Vec::new();
    for id in frame.ask.all_own("ids").flat_map(|it| it.split(',')).map(str::trim) {
        if !id.is_empty() && !ids.iter().any(|it| it == id) {
            ids.push(id.to_owned());
        }
    }
    let unclear = |problem| Unclear { parameter: "ids", problem };
    if ids.len() > CAMPAIGNS_MAX {
        return Err(unclear(format!("{} campaigns are too many to compare: choose up to {CAMPAIGNS_MAX}", ids.len())));
    }
    Ok(ids)
}

fn own_values(frame: &Frame<'_>) -> Result<Vec<Value>, Error> {
    let ids = ids(frame)?.join(",");
    let names = names(frame, &ids)?;
    let mut values = names.values(names.end_of(curve::HOURS_SHOWN));
    values.extend([curve::hours(), ("ids", Box::new(ids))]);
    Ok(values)
}

fn names(frame: &Frame<'_>, ids: &str) -> Result<Names, store::Error> {
    Ok(names::load(frame, ids)?.unwrap_or_else(|| Names::none(frame.today())))
}

fn load(frame: &Frame<'_>) -> Result<View, Error> {
    let ids = ids(frame)?;
    let mut view = View {
        title: "Compare campaigns".to_owned(),
        lead: "All that happened since they were sent.".to_owned(),
        parent: Some(Link { title: "Campaigns".to_owned(), path: "/campaigns".to_owned() }),
        is_of_all_days: true,
        notes: vec![
            "Attribution is Klaviyo's own.".to_owned(),
            notes::left_out_of_campaigns(frame, &ids.join(","))?,
            "The mean of a rate is that of all of them together; of a count it is the average a campaign.".to_owned(),
        ],
        ..View::default()
    };
    let chosen: Vec<Chosen> = frame.rows_with(COMPARED, own_values(frame)?)?;
    if let Some(id) = ids.iter().find(|id| chosen.iter().all(|it| it.id != **id)) {
        return Err(Unclear { parameter: "ids", problem: format!("there is no campaign “{id}”") }.into());
    }
    if chosen.is_empty() {
        let words = "No campaign is chosen. Tick some in the table of campaigns and press “Compare the chosen”.";
        view.blocks = vec![Block::new("chosen", "Nothing to compare", Content::Nothing { words: words.to_owned() })];
        return Ok(view);
    }
    view.more.insert("lines".to_owned(), json!(lines(&chosen, frame.metric.is_some())));
    view.more.insert("campaigns".to_owned(), json!(chosen.iter().map(head).collect::<Vec<_>>()));
    if frame.metric.is_some() {
        let hours = curve::load(frame, &names(frame, &ids.join(","))?)?;
        let block = Block::new(
            "curves",
            "Revenue since the first delivery",
            Content::Chart(curve::lines(frame, &hours, &chosen)),
        );
        view.blocks = vec![block.with("summed up by the hour").filed(CURVES.name).defined("hours_since_send")];
    }
    Ok(view)
}

fn head(it: &Chosen) -> serde_json::Value {
    json!({ "id": it.id, "name": it.name, "channel": it.channel.as_deref().map(Channel::title_of) })
}

fn lines(chosen: &[Chosen], knows: bool) -> Vec<Line> {
    let sent: Vec<&Counts> = chosen.iter().filter_map(|it| it.counts.as_ref()).collect();
    let all = Counts::of_all(sent.iter().copied(), knows);
    MEASURES.iter().map(|it| line(it, chosen, &all, sent.len())).collect()
}

#[expect(clippy::cast_precision_loss, reason = "at most a dozen")]
fn line(measure: &Measure, chosen: &[Chosen], all: &Counts, count: usize) -> Line {
    let whole = (measure.of)(all).filter(|_| count > 0);
    let mean = if measure.adds_up { whole.map(|it| it / count as f64) } else { whole };
    let value = |it: &Chosen| {
        let value = it.counts.as_ref().and_then(measure.of);
        let difference = value.zip(mean.filter(|it| *it != 0.0)).map(|(value, mean)| (value - mean) / mean.abs());
        Cell { value, difference }
    };
    Line {
        name: measure.name,
        title: measure.title,
        unit: measure.unit,
        good: definitions::find(measure.name).map_or("", |it| it.good.name()),
        mean,
        values: chosen.iter().map(value).collect(),
    }
}

impl FromRow for Chosen {
    fn from_row(row: &Row<'_>) -> RowResult<Chosen> {
        let is_sent = row.get::<Option<i64>>("recipients")?.is_some();
        Ok(Chosen {
            id: row.get("id")?,
            name: row.get("name")?,
            channel: row.get("channel")?,
            counts: if is_sent { Some(Counts::from_row(row)?) } else { None },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(id: &str, counts: Option<Counts>) -> Chosen {
        Chosen { id: id.to_owned(), name: id.to_owned(), channel: None, counts }
    }

    #[test]
    fn the_mean_of_rates_is_that_of_the_sums() {
        let small = Counts { recipients: 10, delivered: 10, clickable: 10, clicked: 5, ..Counts::nothing(true) };
        let large = Counts { recipients: 90, delivered: 90, clickable: 90, clicked: 5, ..Counts::nothing(true) };
        let lines = lines(&[chosen("a", Some(small)), chosen("b", Some(large)), chosen("unsent", None)], true);
        let line = |name: &str| lines.iter().find(|it| it.name == name).expect("a measure");
        assert_eq!(line("click_rate").mean, Some(0.1), "not (50 % + 5.6 %) / 2");
        assert_eq!(line("click_rate").values[0], Cell { value: Some(0.5), difference: Some(4.0) });
        assert_eq!(line("recipients").mean, Some(50.0), "what was not sent does not count");
        assert_eq!(line("click_rate").values[2], Cell { value: None, difference: None });
        assert_eq!(line("open_rate").mean, None);
    }
}
