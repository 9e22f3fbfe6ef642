use super::answer::{Answer, listing, time};
use crate::pages::Call;
use crate::range::Unclear;
use crate::store::{self, FromRow, Query, Row, RowResult};
use crate::{params, query, web};
use chrono::{DateTime, Utc};
use rocket::get;
use serde::Serialize;

const PROFILES: Query = query!("profiles");

pub(super) const QUERIES: &[Query] = &[PROFILES];

const FIELDS: &[&str] = &["email", "name", "createdAt", "updatedAt"];

/// A person.
#[derive(Debug, Serialize)]
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

/// There are too many of them to sort them here, as other listings are.
#[get("/profiles")]
pub(super) async fn list(call: Result<Call, Unclear>) -> Result<Answer<Vec<Profile>>, web::Error> {
    listing(call, "profiles", |db, it| {
        let ask = &it.call.ask;
        let sort = match ask.sort(FIELDS) {
            Ok(sort) => sort.map_or_else(|| "-updatedAt".to_owned(), ToString::to_string),
            Err(unclear) => return Ok(Err(unclear)),
        };
        let (start, before) = it.updated(db)?;
        let part = |count: usize, skip: usize| -> Result<Vec<Profile>, store::Error> {
            let (count, skip) = (i64::try_from(count).unwrap_or(i64::MAX), i64::try_from(skip).unwrap_or(i64::MAX));
            db.rows(
                PROFILES,
                params! {
                    "start": start, "before": before, "search": ask.search, "sort": sort, "count": count, "skip": skip
                },
            )
        };
        let rows = part(ask.limit, ask.offset)?;
        // Every row says how many there are; beyond the last one only the first can tell.
        let total =
            if rows.is_empty() { part(1, 0)?.first().map(|it| it.total) } else { rows.first().map(|it| it.total) };
        Ok(Ok((rows, total.and_then(|it| usize::try_from(it).ok()).unwrap_or_default())))
    })
    .await
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
