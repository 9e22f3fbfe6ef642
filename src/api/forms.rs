use super::answer::{Answer, listing};
use super::listing::{Key, Listed, select};
use crate::pages::Call;
use crate::pages::overview::Setting;
use crate::range::Unclear;
use crate::store::{FromRow, Query, Row, RowResult};
use crate::{params, query, web};
use rocket::get;
use serde::Serialize;

const FORMS: Query = query!("forms");

pub(super) const QUERIES: &[Query] = &[FORMS];

/// A sign-up form with what it brought in the range.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Form {
    id: String,
    name: String,
    status: Option<String>,
    /// Klaviyo has it no more; what it brought remains.
    deleted: bool,
    views: i64,
    submissions: i64,
    submission_rate: Option<f64>,
    /// Profiles that converted within five days after they submitted it; unknown without a conversion metric.
    conversions: Option<i64>,
}

#[get("/forms")]
pub(super) async fn list(call: Result<Call, Unclear>) -> Result<Answer<Vec<Form>>, web::Error> {
    listing(call, "forms", |db, it| {
        let (start, before) = (it.period.range.start(), it.period.range.before());
        let metric = Setting::load(db, &it.call.ask)?.metric;
        let rows = db.rows(FORMS, params! { "start": start, "before": before, "metric": metric })?;
        Ok(select::<Form>(rows, &it.call.ask))
    })
    .await
}

impl Listed for Form {
    const FIELDS: &'static [&'static str] = &["name", "views", "submissions", "submissionRate", "conversions"];

    fn name(&self) -> &str {
        &self.name
    }

    fn key(&self, field: &str) -> Key {
        match field {
            "views" => self.views.into(),
            "submissions" => self.submissions.into(),
            "submissionRate" => self.submission_rate.into(),
            "conversions" => self.conversions.into(),
            _ => self.name.as_str().into(),
        }
    }
}

impl FromRow for Form {
    fn from_row(row: &Row<'_>) -> RowResult<Form> {
        Ok(Form {
            id: row.get("id")?,
            name: row.get("name")?,
            status: row.get("status")?,
            deleted: row.get("deleted")?,
            views: row.get("views")?,
            submissions: row.get("submissions")?,
            submission_rate: row.get("submission_rate")?,
            conversions: row.get("conversions")?,
        })
    }
}
