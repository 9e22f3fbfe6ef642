use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::endpoint::{Days, Endpoint, Unread};
use super::openapi::Schemas;
use super::parameters::{CHANGED_DAYS, NAMED, PART, UPDATED};
use super::question::{Question, time};
use crate::store::{self, Db, FromRow, Query, Row, RowResult};
use crate::web::Error;
use crate::web::cache::{Answered, Lifetime};
use crate::{params, query};

const PROFILES: Query = query!("profiles");

pub(super) const QUERIES: &[Query] = &[PROFILES];

const FIELDS: &[&str] = &["email", "name", "createdAt", "updatedAt"];

/// A person.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Profile {
    id: String,
    email: Option<String>,
    phone_number: Option<String>,
    external_id: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    country: Option<String>,
    can_receive_email: Option<bool>,
    can_receive_sms: Option<bool>,
    can_receive_push: Option<bool>,
    created_at: Option<DateTime<Utc>>,
    updated_at: Option<DateTime<Utc>>,
    last_event_at: Option<DateTime<Utc>>,
    #[serde(skip)]
    total: i64,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint {
        path: "/profiles".into(),
        about: "The people there are, and whether they can be written to; searched by e-mail address and name".into(),
        entity: "profiles",
        unread: Unread::Tell,
        parameters: vec![CHANGED_DAYS, PART, NAMED, UPDATED],
        sorts: FIELDS.iter().map(|it| (*it).to_owned()).collect(),
        days: Days::Recent,
        lifetime: Lifetime::Listing,
        load: list,
        schema: |schemas, _| Schemas::list(schemas.of::<Profile>()),
    }]
}

/// There are too many of them to sort them here, as other listings are.
fn list(db: &Db<'_>, it: &Question) -> Result<Answered, Error> {
    let sort = it.ask.sort(FIELDS)?.map_or_else(|| "-updatedAt".to_owned(), ToString::to_string);
    let updated = it.updated();
    let part = |count: usize, skip: usize| -> Result<Vec<Profile>, store::Error> {
        let (count, skip) = (i64::try_from(count).unwrap_or(i64::MAX), i64::try_from(skip).unwrap_or(i64::MAX));
        db.rows(
            PROFILES,
            params! {
                "since": updated.since, "before": updated.before, "search": it.ask.search, "sort": sort,
                "count": count, "skip": skip
            },
        )
    };
    let rows = part(it.ask.limit, it.ask.offset)?;
    // Every row says how many there are; beyond the last one only the first can tell.
    let total = if rows.is_empty() { part(1, 0)?.first().map(|it| it.total) } else { rows.first().map(|it| it.total) };
    Answered::part(&rows, total.and_then(|it| usize::try_from(it).ok()).unwrap_or_default())
}

impl FromRow for Profile {
    fn from_row(row: &Row<'_>) -> RowResult<Profile> {
        Ok(Profile {
            id: row.get("id")?,
            email: row.get("email")?,
            phone_number: row.get("phone_number")?,
            external_id: row.get("external_id")?,
            first_name: row.get("first_name")?,
            last_name: row.get("last_name")?,
            country: row.get("country")?,
            can_receive_email: row.get("can_receive_email")?,
            can_receive_sms: row.get("can_receive_sms")?,
            can_receive_push: row.get("can_receive_push")?,
            created_at: time(row, "created_at")?,
            updated_at: time(row, "updated_at")?,
            last_event_at: time(row, "last_event_at")?,
            total: row.get("total")?,
        })
    }
}
