use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::endpoint::{Days, Endpoint, Unread};
use super::listing::{self, Key, Listed, fields};
use super::openapi::Schemas;
use super::parameters::{ACTIVITY, CONVERTED, DAYS, DELETED, NAMED, PART, STATUS, UPDATED};
use super::question::{Question, time};
use super::results::{Of, Sender, others};
use crate::pages::overview::{Setting, share};
use crate::store::{self, Db, FromRow, Query, Row, RowResult};
use crate::web::Error;
use crate::web::cache::{Answered, Lifetime};
use crate::{params, query};

const FORMS: Query = query!("forms");

pub(super) const QUERIES: &[Query] = &[FORMS];

/// A sign-up form with what it brought in the range. What is not counted yet is null.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Form {
    id: String,
    name: String,
    status: Option<String>,
    /// Klaviyo has it no more; what it did remains.
    deleted: bool,
    views: Option<i64>,
    submissions: Option<i64>,
    submission_rate: Option<f64>,
    /// Profiles that converted within five days after they submitted it; unknown without a conversion metric.
    conversions: Option<i64>,
    /// When Klaviyo last changed it.
    updated_at: Option<DateTime<Utc>>,
}

/// What all forms of the range brought together: sums, and shares of sums. All of it is unknown where no event of the days
/// is copied.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FormTotals {
    total_forms: Option<usize>,
    total_views: Option<i64>,
    total_submissions: Option<i64>,
    total_conversions: Option<i64>,
    avg_submission_rate: Option<f64>,
    /// Profiles that converted, of the submissions.
    avg_conversion_rate: Option<f64>,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint {
            path: "/forms".into(),
            about: "Sign-up forms that were seen in the range, with what they brought; others if they are asked for"
                .into(),
            entity: "forms",
            unread: Unread::Fetch,
            parameters: vec![DAYS, CONVERTED, PART, NAMED, STATUS, ACTIVITY, UPDATED, DELETED],
            sorts: fields::<Form>(),
            days: Days::Recent,
            lifetime: Lifetime::Listing,
            load: |db, it| listing::part(listed(db, it)?, it),
            schema: |schemas, _| Schemas::list(schemas.of::<Form>()),
        },
        Endpoint {
            path: "/forms/metrics".into(),
            about: "What all sign-up forms of the range brought together".into(),
            entity: "events",
            unread: Unread::Begin,
            parameters: vec![DAYS, CONVERTED],
            sorts: Vec::new(),
            days: Days::Recent,
            lifetime: Lifetime::Listing,
            load: |db, it| {
                Answered::of(&if it.is_measured() { FormTotals::of(&forms(db, it)?) } else { FormTotals::default() })
            },
            schema: |schemas, _| schemas.of::<FormTotals>(),
        },
        Endpoint {
            path: "/forms/<id>".into(),
            about: "A sign-up form with what it brought, in all its time unless a range is named".into(),
            entity: "forms",
            unread: Unread::Fetch,
            parameters: vec![DAYS, CONVERTED, DELETED],
            sorts: Vec::new(),
            days: Days::All,
            lifetime: Lifetime::Record,
            load: |db, it| {
                let id = it.id.clone().unwrap_or_default();
                // Of a form that nobody saw everything is zero.
                let nothing = Form { id, ..Form::seen(it.is_complete()) };
                listing::record(db, it, forms(db, it)?.into_iter().chain([nothing]).collect())
            },
            schema: |schemas, entity| schemas.record_with::<Form>(entity),
        },
    ]
}

/// What a listing shows: what was seen in the range, then what else is asked for.
fn listed(db: &Db<'_>, it: &Question) -> Result<Vec<Form>, Error> {
    let mut forms = forms(db, it)?;
    let others = others(db, it, Of::Forms, |id| forms.iter().any(|it| it.id == id))?;
    forms.extend(others.into_iter().map(Form::from));
    Ok(forms)
}

/// What was seen in the range, deleted ones included: what they brought remains. None where no event of it is copied.
fn forms(db: &Db<'_>, it: &Question) -> Result<Vec<Form>, store::Error> {
    if !it.is_measured() {
        return Ok(Vec::new());
    }
    let (start, before) = (it.period.range.start(), it.period.range.before());
    let metric = Setting::load(db, &it.ask)?.metric;
    db.rows(FORMS, params! { "start": start, "before": before, "metric": metric })
}

impl Form {
    /// One that nobody saw; what is not measured is unknown.
    fn seen(is_measured: bool) -> Form {
        let zero = is_measured.then_some(0);
        Form { views: zero, submissions: zero, conversions: zero, ..Form::default() }
    }
}

impl FormTotals {
    fn of(forms: &[Form]) -> FormTotals {
        let sum = |of: fn(&Form) -> Option<i64>| forms.iter().filter_map(of).sum::<i64>();
        let (views, submissions) = (sum(|it| it.views), sum(|it| it.submissions));
        // The conversions of all forms are known, or of none.
        let knows = forms.iter().any(|it| it.conversions.is_some());
        let conversions = knows.then(|| sum(|it| it.conversions));
        FormTotals {
            total_forms: Some(forms.len()),
            total_views: Some(views),
            total_submissions: Some(submissions),
            total_conversions: conversions,
            avg_submission_rate: share(submissions, views),
            avg_conversion_rate: conversions.and_then(|it| share(it, submissions)),
        }
    }
}

impl From<Sender> for Form {
    fn from(it: Sender) -> Form {
        Form {
            id: it.id,
            name: it.name,
            status: it.status,
            updated_at: it.updated_at,
            deleted: it.is_deleted,
            ..Form::seen(it.results.is_some())
        }
    }
}

impl Listed for Form {
    const FIELDS: &'static [&'static str] =
        &["name", "views", "submissions", "submissionRate", "conversions", "updatedAt"];

    fn id(&self) -> &str {
        &self.id
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn status(&self) -> Option<&str> {
        self.status.as_deref()
    }

    fn updated_at(&self) -> Option<DateTime<Utc>> {
        self.updated_at
    }

    fn key(&self, field: &str) -> Key {
        match field {
            "views" => self.views.into(),
            "submissions" => self.submissions.into(),
            "submissionRate" => self.submission_rate.into(),
            "conversions" => self.conversions.into(),
            "updatedAt" => self.updated_at.into(),
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
            views: row.get("views")?,
            submissions: row.get("submissions")?,
            submission_rate: row.get("submission_rate")?,
            conversions: row.get("conversions")?,
            updated_at: time(row, "updated_at")?,
            deleted: row.get("deleted")?,
        })
    }
}
