use super::answer::{Answer, document};
use crate::pages::Call;
use crate::pages::overview::{Channel, Figure, Overview};
use crate::range::{DateRange, Unclear};
use crate::web;
use rocket::get;
use serde::Serialize;

/// How it is going, as programs read it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    date_range: DateRange,
    /// What `previous` is of.
    compared: Option<DateRange>,
    currency: String,
    revenue: Compared,
    attributed_revenue: Compared,
    subscribers: Compared,
    open_rate: Compared,
    click_rate: Compared,
    conversion_rate: Compared,
    form_submissions: Compared,
    channels: Vec<Channel>,
}

#[derive(Debug, Serialize)]
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

#[get("/overview")]
pub(super) async fn show(call: Result<Call, Unclear>) -> Result<Answer<Body>, web::Error> {
    document(call, "events", |db, it| Ok(Overview::load(db, &it.call.ask, &it.period)?.into())).await
}
