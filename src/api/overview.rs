use serde::Serialize;
use utoipa::ToSchema;

use super::endpoint::{Days, Endpoint, Unread};
use super::parameters::{COMPARED, COUNTED, DAYS};
use crate::pages::overview::{Channel, Figure, Overview};
use crate::range::DateRange;
use crate::web::cache::{Answered, Lifetime};

/// How it is going, as programs read it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Overview)]
pub(super) struct Body {
    date_range: DateRange,
    /// What `previous` is of; nothing where nothing is compared.
    compared: Option<DateRange>,
    currency: String,
    revenue: Compared,
    attributed_revenue: Compared,
    subscribers: Compared,
    /// Of e-mails sent in the range, like the two rates below.
    open_rate: Compared,
    click_rate: Compared,
    conversion_rate: Compared,
    form_submissions: Compared,
    channels: Vec<Channel>,
}

/// A number, what it was in the period compared with, and by which fraction it changed.
#[derive(Debug, Serialize, ToSchema)]
struct Compared {
    current: Option<f64>,
    previous: Option<f64>,
    change: Option<f64>,
}

impl From<Figure> for Compared {
    fn from(figure: Figure) -> Compared {
        Compared { current: figure.current, previous: figure.previous, change: figure.change }
    }
}

impl From<Overview> for Body {
    fn from(it: Overview) -> Body {
        Body {
            date_range: it.period.range,
            compared: it.period.compared,
            currency: it.currency,
            revenue: it.revenue.into(),
            attributed_revenue: it.attributed_revenue.into(),
            subscribers: it.subscribers.into(),
            open_rate: it.open_rate.into(),
            click_rate: it.click_rate.into(),
            conversion_rate: it.conversion_rate.into(),
            form_submissions: it.form_submissions.into(),
            channels: it.channels,
        }
    }
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint {
        path: "/overview".into(),
        about: "Revenue, subscribers, rates of e-mail and form submissions, against the period before, and revenue by channel"
            .into(),
        entity: "events",
        unread: Unread::Begin,
        parameters: vec![DAYS, COMPARED, COUNTED],
        sorts: Vec::new(),
        days: Days::Recent,
        lifetime: Lifetime::Overview,
        load: |db, it| Answered::of(&Body::from(Overview::load(db, &it.ask, &it.period)?)),
        schema: |schemas, _| schemas.of::<Body>(),
    }]
}
