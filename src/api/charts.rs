use super::answer::{Answer, Question, document};
use super::segments;
use crate::pages::Call;
use crate::pages::overview::{self, Channel, Earned, RevenueDay, Sent, Setting, TOP, TopFlow, TopForm};
use crate::range::Unclear;
use crate::store::{self, Db};
use crate::web;
use chrono::NaiveDate;
use rocket::get;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(super) struct Day {
    date: NaiveDate,
    campaigns: f64,
    flows: f64,
    other: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Segment {
    id: String,
    name: String,
    count: Option<i64>,
    /// What its members did is unknown unless they are copied.
    conversion_rate: Option<f64>,
    revenue: Option<f64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Flow {
    id: String,
    name: String,
    recipients: i64,
    conversion_rate: Option<f64>,
    revenue: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Form {
    id: String,
    name: String,
    views: i64,
    submissions: i64,
    submission_rate: Option<f64>,
}

#[get("/revenue")]
pub(super) async fn revenue(call: Result<Call, Unclear>) -> Result<Answer<Vec<Day>>, web::Error> {
    document(call, "events", |db, it| {
        let days = Earned::load(db, &it.period, metric(db, it)?.as_deref())?.days();
        Ok(days.into_iter().map(Day::from).collect())
    })
    .await
}

#[get("/distribution")]
pub(super) async fn distribution(call: Result<Call, Unclear>) -> Result<Answer<Vec<Channel>>, web::Error> {
    document(call, "events", |db, it| overview::channels(db, &it.period, metric(db, it)?.as_deref())).await
}

#[get("/top-segments")]
pub(super) async fn top_segments(call: Result<Call, Unclear>) -> Result<Answer<Vec<Segment>>, web::Error> {
    document(call, "segments", |db, it| Ok(segments::best(db, it, TOP)?.into_iter().map(Segment::from).collect())).await
}

#[get("/top-flows")]
pub(super) async fn top_flows(call: Result<Call, Unclear>) -> Result<Answer<Vec<Flow>>, web::Error> {
    document(call, "events", |db, it| {
        let sent = Sent::load(db, &it.period, metric(db, it)?.as_deref())?;
        Ok(sent.top_flows(TOP).into_iter().map(Flow::from).collect())
    })
    .await
}

#[get("/top-forms")]
pub(super) async fn top_forms(call: Result<Call, Unclear>) -> Result<Answer<Vec<Form>>, web::Error> {
    document(call, "events", |db, it| {
        Ok(overview::top_forms(db, &it.period, TOP)?.into_iter().map(Form::from).collect())
    })
    .await
}

/// The metric whose events are conversions.
fn metric(db: &Db<'_>, question: &Question) -> Result<Option<String>, store::Error> {
    Ok(Setting::load(db, &question.call.ask)?.metric)
}

impl From<RevenueDay> for Day {
    fn from(it: RevenueDay) -> Day {
        Day { date: it.date, campaigns: it.campaigns, flows: it.flows, other: it.other }
    }
}

impl From<segments::Segment> for Segment {
    fn from(it: segments::Segment) -> Segment {
        let segments::Segment { id, name, count, conversion_rate, revenue, .. } = it;
        Segment { id, name, count, conversion_rate, revenue }
    }
}

impl From<TopFlow> for Flow {
    fn from(it: TopFlow) -> Flow {
        Flow {
            id: it.id,
            name: it.name,
            recipients: it.recipients,
            conversion_rate: it.conversion_rate,
            revenue: it.revenue,
        }
    }
}

impl From<TopForm> for Form {
    fn from(it: TopForm) -> Form {
        Form {
            id: it.id,
            name: it.name,
            views: it.views,
            submissions: it.submissions,
            submission_rate: it.submission_rate,
        }
    }
}
