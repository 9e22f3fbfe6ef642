use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::endpoint::{Days, Endpoint, Unread};
use super::openapi::Schemas;
use super::parameters::{COMPARED, COUNTED, DAYS, Groups};
use super::question::Question;
use super::segments;
use crate::pages::overview::{self, Channel, Earned, RevenueDay, Sent, Setting, TOP, TopFlow, TopForm};
use crate::store::{self, Db};
use crate::web::Error;
use crate::web::cache::{Answered, Lifetime};

/// The revenue of a local day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChartRevenueDay)]
pub(super) struct Day {
    date: NaiveDate,
    campaigns: f64,
    flows: f64,
    other: f64,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ChartTopSegment)]
pub(super) struct Segment {
    id: String,
    name: String,
    count: Option<i64>,
    /// What its members did is unknown unless they are copied.
    conversion_rate: Option<f64>,
    revenue: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ChartTopFlow)]
pub(super) struct Flow {
    id: String,
    name: String,
    recipients: i64,
    conversion_rate: Option<f64>,
    revenue: f64,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ChartTopForm)]
pub(super) struct Form {
    id: String,
    name: String,
    views: i64,
    submissions: i64,
    submission_rate: Option<f64>,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    let counted = || vec![DAYS, COMPARED, COUNTED];
    vec![
        Endpoint {
            schema: |schemas, _| Schemas::list(schemas.of::<Day>()),
            ..chart("/charts/revenue", "Revenue a day, by what it is attributed to", counted(), |db, it| {
                let days = Earned::load(db, &it.period, metric(db, it)?.as_deref())?.days();
                Answered::of(&days.into_iter().map(Day::from).collect::<Vec<_>>())
            })
        },
        Endpoint {
            schema: |schemas, _| Schemas::list(schemas.of::<Channel>()),
            ..chart("/charts/distribution", "Revenue by channel, largest first", counted(), |db, it| {
                Answered::of(&overview::channels(db, &it.period, metric(db, it)?.as_deref())?)
            })
        },
        Endpoint {
            entity: "segments",
            unread: Unread::Fetch,
            schema: |schemas, _| Schemas::list(schemas.of::<Segment>()),
            ..chart("/charts/top-segments", "The segments that earned the most", counted(), |db, it| {
                let top = segments::best(db, it, TOP)?;
                Answered::of(&top.into_iter().map(Segment::from).collect::<Vec<_>>())
            })
        },
        Endpoint {
            schema: |schemas, _| Schemas::list(schemas.of::<Flow>()),
            ..chart("/charts/top-flows", "The flows that earned the most", counted(), |db, it| {
                let sent = Sent::load(db, &it.period, metric(db, it)?.as_deref())?;
                Answered::of(&sent.top_flows(TOP).into_iter().map(Flow::from).collect::<Vec<_>>())
            })
        },
        Endpoint {
            schema: |schemas, _| Schemas::list(schemas.of::<Form>()),
            ..chart("/charts/top-forms", "The forms with the most submissions", counted(), |db, it| {
                let top = overview::top_forms(db, &it.period, TOP)?;
                Answered::of(&top.into_iter().map(Form::from).collect::<Vec<_>>())
            })
        },
    ]
}

/// What all charts have in common: they rest on events.
fn chart(
    path: &'static str,
    about: &'static str,
    parameters: Groups,
    load: fn(&Db<'_>, &Question) -> Result<Answered, Error>,
) -> Endpoint {
    Endpoint {
        path: path.into(),
        about: about.into(),
        entity: "events",
        unread: Unread::Begin,
        parameters,
        sorts: Vec::new(),
        days: Days::Recent,
        lifetime: Lifetime::Overview,
        load,
        schema: |_, _| Schemas::anything(),
    }
}

/// The metric whose events are conversions.
fn metric(db: &Db<'_>, question: &Question) -> Result<Option<String>, store::Error> {
    Ok(Setting::load(db, &question.ask)?.metric)
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
